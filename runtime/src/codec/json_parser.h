/*
 * A parser reads one JSON text into a native struct; this header has its state and its errors. The
 * files json_read*.c share it. A parser belongs to one call of catga_json_read.
 */
#ifndef CATGA_JSON_PARSER_H
#define CATGA_JSON_PARSER_H

#include "codec/json.h"

#include <catga/gen.h>

typedef struct json_parser {
    json_reader in;
    const char *text; /* beginning of the text */
    catga_arena *arena;
    catga_unknown unknown;
    catga_json_names names;
    catga_problem *problem;
} json_parser;

/* Stops the parser. Returns false. */
static inline bool parser_refuse(json_parser *p, const char *reason)
{
    return json_refuse(&p->in, reason);
}

/* Sets the reason and position of the error, unless they are set. */
void parser_explain(json_parser *p);

/* Prepend the name of a field or the index of an element to the error. Return false. */
bool parser_failed_in(json_parser *p, const char *name);
bool parser_failed_at(json_parser *p, size_t index);

#endif
