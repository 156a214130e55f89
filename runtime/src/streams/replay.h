/* Replays dead letters: the side of the handler. dead_letters.c sends the requests. */
#ifndef CATGA_REPLAY_H
#define CATGA_REPLAY_H

#include "server/service.h"

/*
 * Receives a request with the bytes of a dead letter, runs the handler, and answers with the
 * outcome; `user` is the catga_endpoint of its consumer. Releases the request.
 */
void catga_replay_receive(void *user, catga_incoming *incoming);

#endif
