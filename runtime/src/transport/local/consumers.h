/* Consumers: which stored messages were delivered, when, and how they were settled. */
#ifndef CATGA_LOCAL_CONSUMERS_H
#define CATGA_LOCAL_CONSUMERS_H

#include "transport/local/message.h"
#include "transport/local/routes.h"

/* size of the internal subject of a consumer's subscriptions */
enum { CATGA_LOCAL_CONSUMER_SUBJECT = 640 };

/* Writes the internal subject of a consumer's subscriptions; nobody can publish to it. */
void catga_local_consumer_subject(char subject[CATGA_LOCAL_CONSUMER_SUBJECT], const char *stream,
                                  const char *name);

/* Creates a consumer that is absent, and compares an existing one. *ack_wait_ns is that of the
 * consumer. Called under the lock. */
catga_status catga_local_ensure_consumer(catga_local_store *store,
                                         const catga_consumer_settings *settings,
                                         int64_t *ack_wait_ns, catga_problem *problem);

/* Returns a due message, and the member that gets it, which is entered. Returns NULL if no message
 * is due: *next_ns is the next time, on the monotonic clock. */
catga_local_message *catga_local_take_due(catga_local *broker, catga_subscription **member,
                                          int64_t *next_ns);

/* Deletes consumers that have had no members for long enough. Called under the lock. */
void catga_local_forget_unused(catga_local *broker, int64_t now);

/* Operation of transport.h. */
catga_status catga_local_settle(catga_transport *transport, const catga_incoming *message,
                                catga_settlement settlement, int64_t delay_ns);

/* Operation of transport.h. */
void catga_local_backlogs(catga_transport *transport, catga_backlog_function *show, void *user);

/* Operation of transport.h. */
catga_status catga_local_remove_stream(catga_transport *transport, const char *stream,
                                       catga_problem *problem);

/* Returns true if no consumer has a message to deliver now, or a delivered one that is not settled.
 * A message that waits for its next attempt, or whose consumer has no member, does not count. */
bool catga_local_consumers_idle(catga_local *broker);

void catga_local_consumers_end(catga_local_store *store);

#endif
