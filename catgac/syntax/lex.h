/* lex.h -- from text to tokens, one at a time, in one pass over the bytes.
 *
 * A token is a kind (a TOKEN_ of the grammar) and a place; its text is the source's. Comments are
 * skipped, but `///` comments are kept and given to the token that follows them. What is wrong is
 * reported here, and a token comes all the same, marked `broken`, so that no one reports it again.
 */
#ifndef CATGAC_LEX_H
#define CATGAC_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/diag.h"
#include "base/source.h"
#include "base/text.h"

enum {
    LEX_NAME_LIMIT = 64,
    LEX_TOKEN_LIMIT = 1000000,
    TOKEN_END = 0 /* the end of the file, as the parser wants it */
};

typedef struct doc_comment {
    const slice *lines; /* without slashes and one blank */
    size_t line_count;
    span place; /* of the first line */
    bool used;  /* by a declaration */
    struct doc_comment *next;
} doc_comment;

typedef struct token {
    uint32_t begin;
    uint32_t end;
    uint16_t kind;
    bool broken;
    doc_comment *doc; /* or NULL */
} token;

typedef struct lexer {
    arena *memory;
    diagnostics *diags;
    const source *file;
    const char *at;
    const char *end;
    size_t token_count;
    doc_comment *docs; /* all of the file, in order */
    doc_comment *last_doc;
    doc_comment *pending_doc;
} lexer;

/* Reports a byte that stands in no text: no UTF-8, or a control character. Returns false then. */
bool lex_check_text(diagnostics *diags, const source *file);

void lex_open(lexer *input, arena *memory, diagnostics *diags, const source *file);
token lex_next(lexer *input);

span lex_span(const lexer *input, token piece);
slice lex_text(const lexer *input, token piece);

/* Returns the bytes that a string token stands for. */
slice lex_string_value(const lexer *input, token piece);

/* How a message names a kind: "';'", "a name", "'table'". */
const char *token_name(int kind);
bool token_begins_declaration(int kind);
bool token_is_word(int kind);

/* Appends one line per token, for --dump=tokens. */
void lex_dump(lexer *input, buffer *out);

#endif
