/* check.h -- resolves and checks the syntax trees, and builds the model.
 *
 * Input: the trees of all files, also of files with syntax errors. Output: the model, or NULL if
 * any error was reported, now or before. Each error is reported once; errors that follow from it
 * are not reported.
 */
#ifndef CATGAC_CHECK_H
#define CATGAC_CHECK_H

#include "base/diag.h"
#include "model/model.h"
#include "syntax/ast.h"

const model *check(arena *memory, interner *names, diagnostics *diags, const ast *tree);

/* Does the same for schemas of the runtime: their namespace is accepted. */
const model *check_runtime(arena *memory, interner *names, diagnostics *diags, const ast *tree);

/* Does the same for tools that only read the model: features without generated code, and schemas
 * of the runtime, are accepted. */
const model *check_facts(arena *memory, interner *names, diagnostics *diags, const ast *tree);

#endif
