/* breaking.h -- reports breaking changes of schemas as diagnostics at both positions.
 *
 * Input: two models of one compilation, the older one and the newer one, both valid. Declarations
 * are paired by namespace and name, fields and members by name, or by their number if the name was
 * removed. Declarations that a pair refers to are paired, too. A declaration of a given file
 * without a pair was removed.
 */
#ifndef CATGAC_BREAKING_H
#define CATGAC_BREAKING_H

#include "base/diag.h"
#include "breaking/rules.h"
#include "model/model.h"

void breaking_report(arena *memory, diagnostics *diags, const breaking_choice *choice,
                     const model *before, const model *after);

#endif
