/* One question to a server or another bus, by a thread that waits for the answer. */
#ifndef CATGA_ASK_H
#define CATGA_ASK_H

#include "bus/core.h"

/* Sends the question; the answer is to come with `token`. */
typedef catga_status catga_ask_function(catga_core *core, const void *question, uint64_t token);

/*
 * CATGA_OK: *answer is the caller's, to be released. CATGA_TIMEOUT: none came by `until`;
 * CATGA_DISCONNECTED: the connection was lost meanwhile; else what `send` returned, or CATGA_OVERLOADED:
 * `in_flight` calls are under way.
 */
catga_status catga_ask(catga_core *core, catga_ask_function *send, const void *question,
                       int64_t until, catga_incoming *answer);

#endif
