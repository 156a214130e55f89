/* Unique message ids without coordination: 128 unpredictable bits as text. */
#ifndef CATGA_MESSAGE_ID_H
#define CATGA_MESSAGE_ID_H

#include <stdatomic.h>
#include <stdint.h>

/* 22 characters of A-Z a-z 0-9 - _ and the terminator. */
#define CATGA_MESSAGE_ID_SIZE 23

/*
 * A source of ids: a counter under a keyed hash (SipHash-2-4, 128 bits of result) with a random
 * key. It is as good as a random generator, without a system call or lock for each message.
 */
typedef struct catga_message_ids {
    uint64_t key[2];
    atomic_uint_fast64_t count;
} catga_message_ids;

void catga_message_ids_begin(catga_message_ids *ids);

/* Makes 128 bits that are unique and unpredictable. Any thread. */
void catga_message_id_bits(catga_message_ids *ids, uint64_t bits[2]);

/* Writes a new id. Any thread. */
void catga_message_id_next(catga_message_ids *ids, char text[CATGA_MESSAGE_ID_SIZE]);

#endif
