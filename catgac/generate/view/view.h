/* view.h -- the names and values that a template may use.
 *
 * view_of() turns the model of one module into records: everything that a generated file needs,
 * spelt as in the output. Logic is here, shape is in templates/. The list of names is view.def.
 * Texts come from the author of the schema; identifiers consist of checked names and numbers.
 */
#ifndef CATGAC_VIEW_H
#define CATGAC_VIEW_H

#include "base/arena.h"
#include "model/model.h"
#include "template/record.h"

/* The ABI of the runtime that generated code needs. Compiler and runtime both state it. */
#define CATGAC_ABI 1

/* clang-format off */
#define MEMBER_IDENTIFIER slice
#define MEMBER_TEXT slice
#define MEMBER_NUMBER int64_t
#define MEMBER_FLAG bool
#define MEMBER_TEXTS text_list
#define MEMBER_CHILD(type) const struct view_##type *
#define MEMBER_LIST(type) record_list

#define RECORD(type) typedef struct view_##type {
#define VALUE(record, name, kind) MEMBER_##kind name;
#define NESTED(record, name, kind, type) MEMBER_##kind(type) name;
#define END(type) } view_##type;
#include "generate/view/view.def"
/* clang-format on */

/* The type of view_root: the names that a template can begin a path with. */
extern const record_type *const view_root_type;

/* Returns the view of a module, in `memory`. With `small`, tables have no functions of their own,
 * as in every module of more than 50 tables. Without `with_documents`, the OpenAPI parts of routes
 * are empty: making them takes longer than everything else. */
const view_root *view_of(arena *memory, const model_module *module, bool small,
                         bool with_documents);

#endif
