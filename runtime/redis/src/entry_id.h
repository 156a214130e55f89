/* Ids of stream entries: the number of a message in its stream, and "-0". */
#ifndef CATGA_REDIS_ENTRY_ID_H
#define CATGA_REDIS_ENTRY_ID_H

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CATGA_REDIS_ID_SIZE = 24 };

/* Reads an id. Returns false for an entry of another program. */
static inline bool catga_redis_id_read(const char *text, uint64_t *number)
{
    char *end;

    *number = *text >= '1' && *text <= '9' ? strtoull(text, &end, 10) : 0;
    return *number != 0 && strcmp(end, "-0") == 0;
}

static inline void catga_redis_id_write(char text[CATGA_REDIS_ID_SIZE], uint64_t number)
{
    snprintf(text, CATGA_REDIS_ID_SIZE, "%" PRIu64 "-0", number);
}

#endif
