/*
 * One direction of a connection: bytes arrive, are split into frames, wait for their time, and go
 * out. Bytes that do not fit stay in the sender's socket, as in a network.
 */
#ifndef FLOW_H
#define FLOW_H

#include "frames.h"

typedef struct piece piece; /* bytes that go out together, and their time */

typedef struct flow {
    int from, to, direction;
    fault_plan *faults;
    uint8_t *input; /* an incomplete frame */
    size_t input_length, input_capacity;
    piece *first, **last;
    size_t waiting;    /* number of bytes in pieces */
    int64_t credit_ns; /* time since which the rate is counted */
    double credit;     /* bytes that may go out now, if there is a rate */
    bool quiet;        /* nothing more goes out; see faults.stall */
    bool ended;        /* nothing more comes in */
    bool closed;       /* the other end has been shut down */
} flow;

/* Results: the flow and its connection can continue, or not. */
typedef enum flow_state { FLOWS, FLOW_BROKEN } flow_state;

void flow_open(flow *self, int from, int to, int direction, fault_plan *faults);
void flow_free(flow *self);

/* Reads the available bytes. */
flow_state flow_read(flow *self);

/* Writes the pieces that are due at `now`. */
flow_state flow_write(flow *self, int64_t now);

/* Inserts a line of the proxy. */
void flow_put(flow *self, const uint8_t *data, size_t length, int64_t now);

/* Return whether the flow wants to read, and when it wants to write (INT64_MAX if unknown). */
bool flow_wants(const flow *self);
int64_t flow_due(const flow *self, int64_t now);

#endif
