/* Ids that are unique without asking anyone: 128 bits that others cannot guess, as text. */
#ifndef CATGA_MESSAGE_ID_H
#define CATGA_MESSAGE_ID_H

#include <stdatomic.h>
#include <stdint.h>

/* 22 characters of A-Z a-z 0-9 - _ and the terminator. */
#define CATGA_MESSAGE_ID_SIZE 23

/*
 * A source of ids: a counter under a keyed hash (SipHash-2-4 with 128 bits of result) whose key is
 * random. It gives what a random generator gives, without its system call or lock on the path of a
 * message.
 */
typedef struct catga_message_ids {
    uint64_t key[2];
    atomic_uint_fast64_t count;
} catga_message_ids;

void catga_message_ids_begin(catga_message_ids *ids);

/* Writes a new id. Any thread. */
void catga_message_id_next(catga_message_ids *ids, char text[CATGA_MESSAGE_ID_SIZE]);

#endif
