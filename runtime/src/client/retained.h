/*
 * Copies of payloads of calls with a callback, for retries. A slot keeps its buffer of a small
 * payload for its next call, so small messages need no allocation. Larger buffers are freed with
 * the call, and their sum is limited.
 */
#ifndef CATGA_RETAINED_H
#define CATGA_RETAINED_H

#include <catga/catga.h>

#include <stdatomic.h>

enum {
    CATGA_RETAINED_SMALL = 4096, /* bytes; a payload that is encoded on the stack is small */
    CATGA_RETAINED_SLOTS =
        1024 /* number of slots, from the first, that keep a small buffer: 4 MiB */
};

/* The sum of all larger payloads of a bus, in bytes. */
typedef struct catga_retained_limit {
    atomic_size_t held;
    size_t most;
} catga_retained_limit;

/* The buffer of one slot, which belongs to the slot's owner. All zero is no buffer. */
typedef struct catga_retained {
    uint8_t *bytes;
    size_t capacity;
    size_t counted; /* bytes that are part of the limit's `held` */
} catga_retained;

/*
 * Makes room for `length` bytes in retained->bytes, until catga_retained_end. CATGA_OVERLOADED: the
 * limit is reached. CATGA_NO_MEMORY.
 */
CATGA_CHECKED catga_status catga_retained_reserve(catga_retained *retained,
                                                  catga_retained_limit *limit, size_t length);

/* Ends the copies of the call in slot `slot`. Allowed without a copy. */
void catga_retained_end(catga_retained *retained, catga_retained_limit *limit, uint32_t slot);

#endif
