/* viewer.h -- shared by the files view*.c only.
 *
 * view.c           the tables of names; one module: constants, enums, and the rest in order
 * viewer.c         texts, lists of records, comments
 * view_paths.c     paths of generated files, and the names made of them
 * view_names.c     what declarations and scalars are called
 * view_types.c     what types are called, and what is said of them in words
 * view_fields.c    the fields of tables
 * view_unions.c    unions
 * view_data.c      structs and tables, and how they lie on the wire
 * view_messages.c  error sets, replies, messages, services
 */
#ifndef CATGAC_VIEWER_H
#define CATGAC_VIEWER_H

#include "generate/view.h"

/* Making the view of one module. */
typedef struct viewer {
    arena *memory;
    const model_module *module;
    bool small;     /* tables share the functions of the runtime */
    buffer scratch; /* for one text at a time: view_scratch(), append, view_keep() */
} viewer;

buffer *view_scratch(viewer *v);
slice view_keep(viewer *v);

/* The slices of `...` one after another. */
#define VIEW_JOIN(v, ...)                                                                          \
    view_join((v), (const slice[]){__VA_ARGS__},                                                   \
              sizeof((const slice[]){__VA_ARGS__}) / sizeof(slice))
slice view_join(viewer *v, const slice *pieces, size_t count);

/* Makes `count` records and a list of them; returns the first. */
#define VIEW_LIST(v, count, type, list) ((type *)view_list((v), (count), sizeof(type), (list)))
void *view_list(viewer *v, size_t count, size_t size, record_list *list);

text_list view_doc(const model_doc *doc);

/* ---- Paths ----------------------------------------------------------------------------------- */

/* shop/orders.catga -> CATGA_SHOP_ORDERS_CATGA_F6D4E8A0_H */
slice view_guard(viewer *v, const model_module *module);

/* Uuid_shop_orders: flatc reads many files together, so each has its own, in the namespace catga.
 */
slice view_fbs_uuid(viewer *v);

/* ---- Names ----------------------------------------------------------------------------------- */

/* shop.orders.CreateOrder */
slice view_full_name(viewer *v, const model_origin *origin);

/* shop_orders_create_order, SHOP_ORDERS_CREATE_ORDER */
slice view_type_name(viewer *v, const model_origin *origin);
slice view_macro_name(viewer *v, const model_origin *origin);

/* &shop_orders_create_order_descriptor */
slice view_descriptor(viewer *v, const model_origin *origin);

/* &shop_orders_payment_type_descriptor */
slice view_tag_descriptor(viewer *v, const model_union *alternatives);

/* In FlatBuffers: as a declaration, and as seen from the module. */
slice view_fbs_name(viewer *v, const model_origin *origin);
slice view_fbs_reference(viewer *v, const model_origin *origin);
slice view_fbs_namespace(viewer *v, slice namespace);

/* uint32_t, uint */
slice view_c_scalar(scalar_kind scalar);
slice view_fbs_scalar(scalar_kind scalar);

/* ---- Types ----------------------------------------------------------------------------------- */

/* Returns the element type of a vector or array, and any other type itself. */
const model_type *view_item(const model_type *type);

/* The declaration that a type, or what it holds, refers to; NULL for the others. */
const model_origin *view_declared(const model_type *type);

/* Its descriptor, or NULL: text. */
slice view_type_descriptor(viewer *v, const model_type *type);

/* Behind CATGA_KIND_ and CATGA_FORMAT_; the places of a decimal. */
slice view_kind(const model_type *type);
slice view_format(const model_type *type);
int64_t view_digits(const model_type *type);

/* Return the C name of an inline type, and the FlatBuffers name of any type. */
slice view_c_type(viewer *v, const model_type *type);
/* Whether getters return the named C enum: it holds every value of the type on the wire. */
bool view_is_read_as_enum(const model_enum *enumeration);
/* Whether every constant can be a constant of a C enum. */
bool view_fits_int(const model_enum *enumeration);
/* As a schema writes it. */
slice view_written_type(viewer *v, const model_type *type);

slice view_fbs_type(viewer *v, const model_type *type);

/* Returns the rules that C and FlatBuffers cannot express: "required, at most 64 bytes". */
slice view_note(viewer *v, const model_field *field);

/* A vtable begins with two sizes; an entry has two bytes. */
enum { VIEW_FIRST_SLOT = 4, VIEW_SLOT_SIZE = 2 };

/* Generated code notes in words of so many bits which fields are there. */
enum { VIEW_WORD_BITS = 64 };

/* Of the struct to fill, when it is nothing: {0, {NULL}} */
slice view_union_initial(const model_union *alternatives);

/* All but where it lies in its table. */
void view_field_of(viewer *v, const model_table *table, const model_field *field, view_field *made);

/* ---- Parts of a module ----------------------------------------------------------------------- */

void view_structs(viewer *v, view_module *made);
void view_unions(viewer *v, view_module *made);
void view_tables(viewer *v, view_module *made);

void view_error_sets(viewer *v, view_module *made);
void view_messages(viewer *v, view_module *made);
void view_services(viewer *v, view_module *made);

#endif
