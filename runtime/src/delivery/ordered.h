/* The order of a reader's messages: detects gaps, and the end of the messages that were stored when
 * reading began. Pure: reads no clock, sends nothing. */
#ifndef CATGA_ORDERED_H
#define CATGA_ORDERED_H

#include <stdbool.h>
#include <stdint.h>

typedef struct catga_ordered {
    uint64_t last;     /* number in the stream of the last message; 0: none */
    uint64_t received; /* messages of the current consumer */
    uint64_t awaited;  /* messages that waited when the current consumer was created */
    uint64_t newest;   /* number of the stream's last message by then; 0: unknown */
    uint64_t repeated; /* the current consumer repeats messages up to this one; 0: none */
    bool is_caught_up; /* also while later messages wait */
} catga_ordered;

/* Begins with a new consumer that has `pending` messages, in a stream whose last message is
 * `newest`. Returns true if the reader is caught up from now on. */
bool catga_ordered_begin(catga_ordered *ordered, uint64_t pending, uint64_t newest);

/* Returns true if the message is the next one of the consumer: `number` counts the consumer's
 * messages from 1, `sequence` is its number in the stream. False: messages are lost, so that a new
 * consumer must begin after `last`. */
bool catga_ordered_accept(catga_ordered *ordered, uint64_t number, uint64_t sequence);

/* Returns true if the message is the next one of the consumer, and was received before, from a
 * former consumer. */
bool catga_ordered_repeats(catga_ordered *ordered, uint64_t number, uint64_t sequence);

/* Notes that an accepted message, which `pending` others follow, was handled, or was repeated.
 * Returns true if the reader is caught up from now on. */
bool catga_ordered_handled(catga_ordered *ordered, uint64_t pending);

/* Notes that the server has nothing more to send now, and that all it has sent was received.
 * Returns true if the reader is caught up from now on. */
bool catga_ordered_idle(catga_ordered *ordered);

/* Returns true if all messages that the server has sent, `number` of them, were received. */
static inline bool catga_ordered_is_complete(const catga_ordered *ordered, uint64_t number)
{
    return number <= ordered->received;
}

#endif
