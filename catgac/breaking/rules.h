/* rules.h -- what `catgac breaking` looks for, and which of it the user wants to hear of. */
#ifndef CATGAC_RULES_H
#define CATGAC_RULES_H

#include <stdbool.h>
#include <stddef.h>

/* What a change is about: the bytes and subjects that programs of both versions exchange; the names
 * that code and JSON use; how surely, and by whom, a message is received. */
typedef enum breaking_level {
    LEVEL_WIRE,
    LEVEL_SOURCE,
    LEVEL_DELIVERY,
    LEVEL_COUNT
} breaking_level;

typedef struct breaking_choice {
    bool levels[LEVEL_COUNT];
    const char **allowed; /* codes of changes that pass */
    size_t allowed_count;
} breaking_choice;

/* Whether some rule has this code. */
bool breaking_has_rule(const char *code);

#endif
