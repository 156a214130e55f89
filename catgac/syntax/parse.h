/* parse.h -- from files to trees: drives the lexer and the grammar, follows imports.
 *
 * Input: the files of the command line. Output: the trees of these and of all that they import, a
 * file after those that it imports. Syntax errors are reported, several per file, and what could
 * be read is in the tree all the same; ast_file.has_errors says that it may be incomplete.
 */
#ifndef CATGAC_PARSE_H
#define CATGAC_PARSE_H

#include <stddef.h>

#include "syntax/ast.h"
#include "base/diag.h"
#include "base/source.h"
#include "base/text.h"

enum { PARSE_IMPORT_DEPTH_LIMIT = 16 };

/* Parses one file, without its imports. */
ast_file *parse_source(arena *memory, interner *names, diagnostics *diags, const source *file);

/* Parses the files at `paths` and everything that they import. */
const ast *parse_files(arena *memory, interner *names, diagnostics *diags, source_set *sources,
                       const char *const *paths, size_t path_count);

#endif
