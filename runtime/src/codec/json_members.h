/* The members of a JSON object that is read: their names, and which of them were read. */
#ifndef CATGA_JSON_MEMBERS_H
#define CATGA_JSON_MEMBERS_H

#include "codec/json_parser.h"

/* Reads the name of a member; `text` is room for a name with escapes. */
static inline bool member_name(json_parser *p, char text[JSON_NAME_TEXT], catga_string *name)
{
    catga_string raw;
    bool escaped;

    if (!json_name(&p->in, &raw, &escaped))
        return false;
    *name = escaped ? json_resolve(raw, text) : raw;
    return true;
}

/*
 * Skips or refuses an unknown member. The error shows the beginning of its name, in whole
 * characters.
 */
bool member_unknown(json_parser *p, catga_string name);

/* Notes that a member was read. Returns false if it was read before. `seen` has a bit for each. */
static inline bool member_note(uint64_t *seen, size_t index)
{
    uint64_t bit = (uint64_t)1 << index % 64;
    bool before = (seen[index / 64] & bit) != 0;

    seen[index / 64] |= bit;
    return !before;
}

#endif
