/* lex.h -- reads tokens from the text, one at a time, in one pass.
 *
 * A token is a kind (a TOKEN_ of the grammar) and a span of the source. Comments are skipped, but a
 * `///` comment is attached to the token that follows it. Lexical errors are reported here; the
 * token is then marked `broken`, so that no error is reported twice.
 */
#ifndef CATGAC_LEX_H
#define CATGAC_LEX_H

#include "base/diag.h"
#include "base/source.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LEX_NAME_LIMIT = 64,
    LEX_TOKEN_LIMIT = 1000000,
    TOKEN_END = 0 /* the end of the file; 0 for lemon */
};

typedef struct doc_comment {
    const slice *lines; /* without the slashes and one blank */
    size_t line_count;
    span place; /* of the first line */
    bool used;  /* attached to a declaration */
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
    doc_comment *docs; /* all doc comments of the file, in order */
    doc_comment *last_doc;
    doc_comment *pending_doc;
} lexer;

/* Reports invalid UTF-8 or a control character and returns false. */
bool lex_check_text(diagnostics *diags, const source *file);

void lex_open(lexer *input, arena *memory, diagnostics *diags, const source *file);
token lex_next(lexer *input);

span lex_span(const lexer *input, token piece);
slice lex_text(const lexer *input, token piece);

/* Returns the value of a string token, without quotes and escapes. */
slice lex_string_value(const lexer *input, token piece);

/* Returns the name of a kind for messages: "';'", "a name", "'table'". */
const char *token_name(int kind);
bool token_begins_declaration(int kind);
bool token_is_word(int kind);

/* Appends one line per token, for --dump=tokens. */
void lex_dump(lexer *input, buffer *out);

#endif
