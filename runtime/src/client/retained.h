/*
 * The payload of a call with a callback, copied for further tries. A slot keeps the buffer of a
 * small payload for its next call, so that small messages need no allocation; larger buffers are
 * freed when the call ends, and all of them together are limited.
 */
#ifndef CATGA_RETAINED_H
#define CATGA_RETAINED_H

#include <catga/catga.h>

#include <stdatomic.h>

enum {
    CATGA_RETAINED_SMALL = 4096, /* bytes; what is encoded on the stack is small */
    CATGA_RETAINED_SLOTS = 1024 /* slots, from the first, that keep a small buffer: 4 MiB at most */
};

/* The bytes of all larger payloads of a bus. */
typedef struct catga_retained_limit {
    atomic_size_t held;
    size_t most;
} catga_retained_limit;

/* The buffer of one slot; its owner's alone. All zero is none. */
typedef struct catga_retained {
    uint8_t *bytes;
    size_t capacity;
    size_t counted; /* bytes of it in the limit's `held` */
} catga_retained;

/* Copies a payload; to be ended. CATGA_OVERLOADED: beyond the limit; CATGA_NO_MEMORY. */
CATGA_CHECKED catga_status catga_retained_copy(catga_retained *retained,
                                               catga_retained_limit *limit, const uint8_t *data,
                                               size_t length);

/* Ends the use of the copy by the call in the slot of that index; allowed without a copy. */
void catga_retained_end(catga_retained *retained, catga_retained_limit *limit, uint32_t slot);

#endif
