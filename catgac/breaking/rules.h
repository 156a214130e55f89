/* rules.h -- the levels of the rules of `catgac breaking`, and the user's choice of rules. */
#ifndef CATGAC_RULES_H
#define CATGAC_RULES_H

#include <stdbool.h>
#include <stddef.h>

/* The effect of a change: on the bytes and subjects that programs of both versions exchange; on
 * names in code and JSON; or on the delivery and the receivers of a message. */
typedef enum breaking_level {
    LEVEL_WIRE,
    LEVEL_SOURCE,
    LEVEL_DELIVERY,
    LEVEL_COUNT
} breaking_level;

typedef struct breaking_choice {
    bool levels[LEVEL_COUNT];
    const char **allowed; /* codes of changes that are allowed */
    size_t allowed_count;
} breaking_choice;

/* Returns true if a rule has this code. */
bool breaking_has_rule(const char *code);

#endif
