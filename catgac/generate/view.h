/* view.h -- the names and values that a template may use.
 *
 * view_of() turns the facts of one module into records: everything that a generated file needs,
 * spelt as it will stand there. Logic is here, shape is in templates/. The list is view.def. Texts
 * are what a schema's author wrote; identifiers are made of checked names and numbers.
 */
#ifndef CATGAC_VIEW_H
#define CATGAC_VIEW_H

#include "base/arena.h"
#include "model/model.h"
#include "template/record.h"

/* What generated code asks of the runtime: the one number that both sides know. */
#define CATGAC_ABI 1

/* clang-format off */
#define RECORD(type) typedef struct view_##type {
#define IDENTIFIER(record, name) slice name;
#define TEXT(record, name) slice name;
#define NUMBER(record, name) int64_t name;
#define FLAG(record, name) bool name;
#define CHILD(record, name, type) const struct view_##type *name;
#define LIST(record, name, type) record_list name;
#define TEXTS(record, name) text_list name;
#define END(type) } view_##type;
#include "generate/view.def"
#undef RECORD
#undef IDENTIFIER
#undef TEXT
#undef NUMBER
#undef FLAG
#undef CHILD
#undef LIST
#undef TEXTS
#undef END
/* clang-format on */

/* The type of view_root: what a template is parsed for. */
extern const record_type *const view_root_type;

/* `small`: tables have no functions of their own, as in every module of more than 50 tables. */
const view_root *view_of(arena *memory, const model_module *module, bool small);

/* Where what is made of a schema goes: its path with `suffix` in place of ".catga". */
slice view_output_path(arena *memory, slice schema_path, slice suffix);

#endif
