/*
 * The protocol of NATS, cut into frames: a line, with its payload where it has one. So that a whole
 * message can be left out, and something be put in between two.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include "faults.h"

typedef struct frame {
    const uint8_t *data;
    size_t length;
    size_t line; /* the length of its line, with the line end; the rest is payload and a line end */
} frame;

/* The frame that `data` begins with; false when it is not whole yet. */
bool frame_read(const uint8_t *data, size_t length, frame *found);

/* Is the frame, on its way in this direction, one of those that are to be dropped? */
bool frame_is_dropped(const frame *self, int direction, fault_plan *faults);

#endif
