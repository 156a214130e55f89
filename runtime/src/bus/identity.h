/* Ids that are unique without asking anyone: 128 bits that others cannot guess, as text. */
#ifndef CATGA_IDENTITY_H
#define CATGA_IDENTITY_H

#include <stdatomic.h>
#include <stdint.h>

/* 22 characters of A-Z a-z 0-9 - _ and the terminator. */
#define CATGA_ID_TEXT 23

/*
 * A source of ids: a counter under a keyed hash (SipHash-2-4 with 128 bits of result) whose key is
 * random. It gives what a random generator gives, without its system call or lock on the path of a
 * message.
 */
typedef struct catga_identity {
    uint64_t key[2];
    atomic_uint_fast64_t count;
} catga_identity;

void catga_identity_begin(catga_identity *identity);

/* Writes a new id. Any thread. */
void catga_identity_next(catga_identity *identity, char text[CATGA_ID_TEXT]);

#endif
