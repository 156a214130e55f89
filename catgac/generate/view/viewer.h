/* viewer.h -- text, lists and types for the files that build a view.
 *
 * view/ builds the records of view.def. It calls c/ and fbs/ for everything that is spelt in a
 * target language. All memory comes from the arena of the viewer and is never freed by itself.
 */
#ifndef CATGAC_VIEWER_H
#define CATGAC_VIEWER_H

#include "generate/view/view.h"

/* The state of building the view of one module. */
typedef struct viewer {
    arena *memory;
    const model_module *module;
    bool small;          /* tables have no functions of their own */
    bool with_documents; /* routes have their OpenAPI parts */
    buffer scratch;      /* one text at a time: view_scratch(), append, view_keep() */
} viewer;

/* ---- Text ------------------------------------------------------------------------------------ */

/* Returns the scratch buffer, emptied. */
buffer *view_scratch(viewer *v);

/* Returns a copy of the scratch buffer. */
slice view_keep(viewer *v);

/* Returns a hash as the end of a name: _F6D4E8A0. */
slice view_hash_suffix(viewer *v, uint32_t hash);

/* Returns the slices of `...`, joined. */
#define VIEW_JOIN(v, ...)                                                                          \
    view_join((v), (const slice[]){__VA_ARGS__},                                                   \
              sizeof((const slice[]){__VA_ARGS__}) / sizeof(slice))
slice view_join(viewer *v, const slice *pieces, size_t count);

/* Returns the lines of a documentation comment. */
text_list view_doc(const model_doc *doc);

/* Returns the name in the schema, with its namespace: shop.orders.CreateOrder */
slice view_full_name(viewer *v, const model_origin *origin);

/* ---- Lists ----------------------------------------------------------------------------------- */

/* Makes `count` zeroed records and a list of them; returns the first. */
#define VIEW_LIST(v, count, type, list) ((type *)view_list((v), (count), sizeof(type), (list)))
void *view_list(viewer *v, size_t count, size_t size, record_list *list);

/* ---- Types ----------------------------------------------------------------------------------- */

/* Returns the element type of a vector or array, and any other type itself. */
const model_type *view_item(const model_type *type);

/* Returns the declaration that a type or its elements refer to; NULL if there is none. */
const model_origin *view_declared(const model_type *type);

/* Returns the decimal places of a decimal, else 0. */
int64_t view_digits(const model_type *type);

/* Returns the type as a schema writes it. */
slice view_written_type(viewer *v, const model_type *type);

#endif
