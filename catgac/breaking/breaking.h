/* breaking.h -- what breaks when schemas change, as diagnostics at both places.
 *
 * Input: two models of one compilation, the older one and the newer one, both valid. Declarations
 * are paired by namespace and name, fields and members by name, and where that is gone by their
 * number; what a pair refers to is a pair again. What is not paired is gone if a given file
 * declared it.
 */
#ifndef CATGAC_BREAKING_H
#define CATGAC_BREAKING_H

#include "base/diag.h"
#include "breaking/rules.h"
#include "model/model.h"

void breaking_report(arena *memory, diagnostics *diags, const breaking_choice *choice,
                     const model *before, const model *after);

#endif
