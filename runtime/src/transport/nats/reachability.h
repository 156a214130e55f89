/* Explains why servers cannot be reached. */
#ifndef CATGA_NATS_REACHABILITY_H
#define CATGA_NATS_REACHABILITY_H

#include <stddef.h>

/* Tries each address of a list that catga_nats_servers_show wrote. Writes "HOST:PORT: REASON; ..."
 * for all of them. Waits a third of a second per address, and for name look-ups. */
void catga_nats_explain_unreachable(const char *list, char *text, size_t size);

#endif
