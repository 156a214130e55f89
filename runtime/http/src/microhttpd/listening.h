/* The end of a listening socket, without a lost connection. */
#ifndef CATGA_HTTP_LISTENING_H
#define CATGA_HTTP_LISTENING_H

#include <stdbool.h>

/*
 * Makes the kernel ignore attempts to connect; those that have begun are completed. A client
 * repeats its attempt after a second, and is refused if the socket has been closed. Closing a
 * socket at once would reset connections that nobody has accepted yet, with their requests. Without
 * support of the kernel nothing changes.
 */
void http_listening_ignore_new(int fd);

/* Returns whether connections wait to be accepted. */
bool http_listening_has_new(int fd);

#endif
