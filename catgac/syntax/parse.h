/* parse.h -- parses schema files and their imports into syntax trees.
 *
 * Input: the files of the command line. Output: the trees of these and of all imported files; a
 * file follows the files that it imports. Several syntax errors per file are reported. A tree with
 * ast_file.has_errors may be incomplete.
 */
#ifndef CATGAC_PARSE_H
#define CATGAC_PARSE_H

#include "base/diag.h"
#include "base/source.h"
#include "base/text.h"
#include "syntax/ast.h"

#include <stddef.h>

enum { PARSE_IMPORT_DEPTH_LIMIT = 16 };

/* Parses one file, without its imports. */
ast_file *parse_source(arena *memory, interner *names, diagnostics *diags, const source *file);

/* Parses the files at `paths` and everything that they import. */
const ast *parse_files(arena *memory, interner *names, diagnostics *diags, source_set *sources,
                       const char *const *paths, size_t path_count);

#endif
