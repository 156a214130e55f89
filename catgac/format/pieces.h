/* pieces.h -- the input of the formatter: the tokens of a file, each with the comments before it.
 *
 * The source must have no syntax errors. Of the blanks between two items only the line ends are
 * kept: none, one, or more.
 */
#ifndef CATGAC_PIECES_H
#define CATGAC_PIECES_H

#include "base/diag.h"
#include "base/source.h"
#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum line_ends { SAME_LINE, NEXT_LINE, BLANK_LINE } line_ends;

typedef struct comment {
    slice text; /* with its slashes, without blanks at the end */
    bool is_block;
    line_ends before;
} comment;

typedef struct piece {
    uint16_t kind; /* of the token; TOKEN_END after the last */
    slice text;
    const comment *comments; /* between the previous token and this one */
    size_t comment_count;
    line_ends before; /* between the last comment or previous token and this one */
} piece;

typedef struct piece_list {
    const piece *items;
    size_t count; /* with the final TOKEN_END */
} piece_list;

piece_list pieces_of(arena *memory, diagnostics *diags, const source *file);

#endif
