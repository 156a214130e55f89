/* One connection of nats.c, from the attempt to its end.
 *
 * Each attempt has its own thread, because it can stall. A name look-up has no deadline. nats.c
 * before 3.8.0 waits for the server's PONG without a deadline (#706); it then spins, and leaks a
 * byte of memory per iteration. Such a thread cannot be ended: it ends when its peer does. The
 * reconnect thread starts another attempt, limits their number, and reports when all are stalled.
 */
#ifndef CATGA_NATS_SESSION_H
#define CATGA_NATS_SESSION_H

#include "transport/nats/socket.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

typedef struct catga_nats_link catga_nats_link;

typedef struct catga_nats_session {
    pthread_mutex_t lock;
    catga_nats_link *link; /* under `lock`; NULL: the session is abandoned, and calls nobody */
    natsOptions *options;
    catga_nats_socket socket;
    natsConnection *connection; /* set by the attempt before `finished` */
    natsStatus status;          /* of the attempt */
    char reason[256];           /* of its failure */
    char servers[256];          /* addresses, without credentials */
    atomic_bool finished;       /* the attempt has ended */
    atomic_bool closed;         /* the connection has ended */
    atomic_int references;      /* of the link, the attempt, and nats.c until on_closed */
    int64_t started_ns;
} catga_nats_session;

/* Starts an attempt for `link`. Returns NULL without memory or a thread. */
catga_nats_session *catga_nats_session_start(catga_nats_link *link);

/* Ends the session in any state, and releases the link's reference. Its callbacks are not called
 * any more when this returns. */
void catga_nats_session_end(catga_nats_session *session);

#endif
