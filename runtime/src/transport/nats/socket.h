/* The socket of a connection of nats.c. */
#ifndef CATGA_NATS_SOCKET_H
#define CATGA_NATS_SOCKET_H

#include <nats/nats.h>
#include <stdbool.h>

/* milliseconds that a write may take before the connection counts as lost */
#define CATGA_NATS_WRITE_DEADLINE_MS 2000

/* Makes the connection's socket close-on-exec, which nats.c does not. Returns false if the socket
 * has the number of a standard stream, 0 to 2: the connection must not be used then. */
bool catga_nats_own_socket(natsConnection *connection);

/* Returns true if the kernel can enforce the write deadline of a connection. */
bool catga_nats_has_kernel_deadline(void);

/* Enables the kernel's write deadline. Returns false where unsupported: nats.c's own deadline is
 * needed then. */
bool catga_nats_set_kernel_deadline(natsConnection *connection);

#endif
