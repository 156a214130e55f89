/* fbs_lex.h -- splits the text of a FlatBuffers schema into tokens, one at a time. An error is
 * reported and ends the text: the next token is the end of the file. */
#ifndef CATGAC_FBS_LEX_H
#define CATGAC_FBS_LEX_H

#include "base/diag.h"
#include "import/fbs.h"

/* A sign is its own character. */
typedef enum fbs_token_kind { FBS_END = 0, FBS_WORD = 256, FBS_NUMBER, FBS_STRING } fbs_token_kind;

typedef struct fbs_token {
    int kind;
    slice text; /* the source; the value of a string */
    span place;
    fbs_doc doc; /* the `///` lines before it */
} fbs_token;

typedef struct fbs_lexer {
    arena *memory;
    diagnostics *diags;
    const source *file;
    const char *at;
    const char *end;
    bool failed;
} fbs_lexer;

void fbs_lex_open(fbs_lexer *input, arena *memory, diagnostics *diags, const source *file);
fbs_token fbs_lex_next(fbs_lexer *input);

#endif
