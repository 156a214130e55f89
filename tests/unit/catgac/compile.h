/* compile.h -- compiles a text in memory up to the model, for the tests of this folder. */
#ifndef TESTS_COMPILE_H
#define TESTS_COMPILE_H

#include "check/check.h"
#include "syntax/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

typedef struct compilation {
    arena memory;
    source_set sources;
    diagnostics diags;
    interner names;
    ast_file *file;
    ast tree;
    const model *facts;
    const char *said; /* printed diagnostics */
} compilation;

static inline void compilation_open(compilation *c)
{
    arena_open(&c->memory, (size_t)256 << 20);
    source_set_open(&c->sources, &c->memory, NULL, 0);
    diagnostics_open(&c->diags, &c->sources);
    c->names = interner_in(&c->memory);
}

static inline void compilation_close(compilation *c)
{
    arena_close(&c->memory);
}

static inline const char *compilation_said(compilation *c)
{
    buffer out = buffer_in(&c->memory);

    diag_print(&c->diags, &out);
    return out.length == 0 ? "" : out.data;
}

/* Compiles `text` as t.catga. */
static inline void compile(compilation *c, slice text)
{
    compilation_open(c);
    c->file = parse_source(&c->memory, &c->names, &c->diags,
                           source_from_text(&c->sources, "t.catga", text));
    c->file->is_input = true;
    c->tree = (ast){&c->file, 1};
    c->facts = check(&c->memory, &c->names, &c->diags, &c->tree);
    c->said = compilation_said(c);
}

static inline void assert_says(const char *said, const char *piece)
{
    if (strstr(said, piece) == NULL)
        fail_msg("expected \"%s\" in:\n%s", piece, said);
}

#endif
