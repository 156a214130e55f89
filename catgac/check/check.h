/* check.h -- from trees to facts: Ast -> Model.
 *
 * Input: the trees of all files, which may have had syntax errors. Output: the model, or NULL when
 * any error has been reported, now or before; warnings alone do not stop it. What is broken is
 * reported once, and what follows from it is not reported at all.
 */
#ifndef CATGAC_CHECK_H
#define CATGAC_CHECK_H

#include "syntax/ast.h"
#include "base/diag.h"
#include "model/model.h"

const model *check(arena *memory, interner *names, diagnostics *diags, const ast *tree);

/* The same for who only looks: what nothing is generated for yet is a fact like the others. */
const model *check_facts(arena *memory, interner *names, diagnostics *diags, const ast *tree);

#endif
