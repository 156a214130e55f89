/*
 * nats_side.h: the other side of benchmarks with a server: a plain connection of nats.c to the
 * address in NATS_URL, and a service that answers every request with the same bytes.
 */
#ifndef SIDE_NATS_SIDE_H
#define SIDE_NATS_SIDE_H

#include <nats/nats.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct side_bytes {
    const uint8_t *data;
    size_t length;
} side_bytes;

/* Connects. With `send_asap` the publisher's thread writes to the socket at once. Ends the program
 * on failure. */
natsConnection *side_connect(bool send_asap);

/* Answers each message on `subject` with `answer`, which must live as long as the connection. */
void side_serve(natsConnection *connection, const char *subject, side_bytes *answer);

#endif
