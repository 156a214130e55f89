/*
 * The protocol of NATS, split into frames: a line, with its payload if it has one. So the proxy can
 * drop a whole message, or insert one between two others.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include "faults.h"

typedef struct frame {
    const uint8_t *data;
    size_t length;
    size_t line; /* length of the line with its end; the rest is payload and a line end */
} frame;

/* Finds the frame at the start of `data`. Returns false while it is incomplete. */
bool frame_read(const uint8_t *data, size_t length, frame *found);

/* Returns whether a frame in this direction is of the kind to drop. */
bool frame_is_dropped(const frame *self, int direction, fault_plan *faults);

#endif
