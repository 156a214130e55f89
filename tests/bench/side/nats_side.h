/*
 * nats_side.h: the other side of what goes over a server: a connection of nats.c itself, at the
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

/* Connects; with `send_asap` the caller of a publish writes it itself, at once. Ends the program on
 * failure. */
natsConnection *side_connect(bool send_asap);

/* Answers each message on `subject` with `answer`, which must live as long as the connection. */
void side_serve(natsConnection *connection, const char *subject, side_bytes *answer);

#endif
