/*
 * One direction of a connection: bytes come in, are cut into frames, wait for their time, and go
 * out. What does not fit is left where it comes from, as in a network.
 */
#ifndef FLOW_H
#define FLOW_H

#include "frames.h"

typedef struct piece piece; /* bytes that go out together, and when */

typedef struct flow {
    int from, to, direction;
    fault_plan *faults;
    uint8_t *input; /* not a whole frame yet */
    size_t input_length, input_capacity;
    piece *first, **last;
    size_t waiting;    /* bytes in pieces */
    int64_t credit_ns; /* since when the rate has been counted */
    double credit;     /* bytes that may go out now, when there is a rate */
    bool quiet;        /* nothing more goes out: see faults.stall */
    bool ended;        /* nothing more comes in */
    bool closed;       /* the other end has been told so */
} flow;

/* Whether the flow, and its connection, can go on. */
typedef enum flow_state { FLOWS, FLOW_BROKEN } flow_state;

void flow_open(flow *self, int from, int to, int direction, fault_plan *faults);
void flow_free(flow *self);

/* Reads what is there. */
flow_state flow_read(flow *self);

/* Writes what is due at `now`. */
flow_state flow_write(flow *self, int64_t now);

/* Puts in a line of our own. */
void flow_put(flow *self, const uint8_t *data, size_t length, int64_t now);

/* Does it want to read; when does it want to write (INT64_MAX: it does not know)? */
bool flow_wants(const flow *self);
int64_t flow_due(const flow *self, int64_t now);

#endif
