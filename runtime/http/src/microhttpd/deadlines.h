/*
 * Deadlines of connections. A timer that each byte resets does not stop a client that sends one
 * byte a second, so each phase of a request has an absolute deadline. A thread looks at all
 * connections four times a second, and shuts down the sockets of the late ones; the server then
 * closes these connections.
 */
#ifndef CATGA_HTTP_DEADLINES_H
#define CATGA_HTTP_DEADLINES_H

#include <catga/catga.h>

#include <pthread.h>
#include <stdatomic.h>

typedef struct http_deadlines http_deadlines;

/* The deadline of one connection. The server's thread owns it, and changes it without a lock. */
typedef struct http_deadline http_deadline;

/* Starts the thread; `head_ms` is the time from the first byte of a request to its body. Returns
 * NULL without memory. */
http_deadlines *http_deadlines_start(unsigned head_ms);

/* Ends the thread and frees the rest. Every connection has been removed. NULL is allowed. */
void http_deadlines_stop(http_deadlines *deadlines);

/*
 * Adds a connection, which waits for a request. With TLS, the bytes of the handshake that arrive
 * until the next look are no request. Returns NULL without memory.
 */
http_deadline *http_deadlines_add(http_deadlines *deadlines, int fd, bool is_secure);

/* Removes a connection before its socket is closed. NULL is allowed. */
void http_deadlines_remove(http_deadlines *deadlines, http_deadline *connection);

/* Gives a connection `milliseconds` from now. NULL is allowed, here and below. */
void http_deadline_set(http_deadline *connection, unsigned milliseconds);

/* Gives a connection as long as it wants: a handler works, or a stream is open. */
void http_deadline_clear(http_deadline *connection);

/* Lets a connection wait for its next request; its time begins with the first byte. */
void http_deadline_wait(http_deadline *connection);

#endif
