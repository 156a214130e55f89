/* Checks the subject of an answer. */
#ifndef CATGA_NATS_VALIDATE_H
#define CATGA_NATS_VALIDATE_H

#include <stdbool.h>

/* Returns true if an answer may be sent to `reply`, the reply subject of a request. A service
 * publishes to it with its own permissions, so the requester must not choose any subject. The first
 * token must begin with an underscore, as in inboxes (_INBOX) and between accounts and clusters
 * (_R_, _GR_). */
bool catga_nats_reply_valid(const char *reply);

#endif
