/* The clock of stored messages, which tests can advance, and injected faults. */
#ifndef CATGA_LOCAL_STORE_H
#define CATGA_LOCAL_STORE_H

#include "transport/local/broker.h"

/* Has the broker's thread and all readers look for due messages. */
void catga_local_store_wake(catga_local *broker);

/* Returns the time. Called under the store's lock. */
int64_t catga_local_store_now(const catga_local_store *store);

/* Reads the date, once. */
void catga_local_store_set_date(catga_local_store *store);

/* Returns a time of the store as nanoseconds since 1970. Called under the lock. */
int64_t catga_local_store_date(const catga_local_store *store, int64_t time_ns);

/* Returns true if the fault happens to this message. Called under the store's lock. */
bool catga_local_store_fails(catga_local_store *store, catga_local_fault fault);

/* The same without the lock, which it takes if a fault has ever been injected. */
bool catga_local_fails(catga_local *broker, catga_local_fault fault);

#endif
