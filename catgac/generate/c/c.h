/* c.h -- declarations, types and fields as generated C spells them. */
#ifndef CATGAC_GENERATE_C_H
#define CATGAC_GENERATE_C_H

#include "generate/view/viewer.h"

/* ---- Names ----------------------------------------------------------------------------------- */

/* shop_orders_create_order, SHOP_ORDERS_CREATE_ORDER */
slice c_type_name(viewer *v, const model_origin *origin);
slice c_macro_name(viewer *v, const model_origin *origin);

/* &shop_orders_create_order_descriptor */
slice c_descriptor(viewer *v, const model_origin *origin);

/* &shop_orders_payment_type_descriptor */
slice c_tag_descriptor(viewer *v, const model_union *alternatives);

/* uint32_t */
slice c_scalar(scalar_kind scalar);

/* true, false */
slice c_bool(bool value);

/* 'A', 'b', '-', '_' */
slice c_identifier_bytes(viewer *v, const char identifier[5]);

/* Returns the include guard of a module: CATGA_SHOP_ORDERS_CATGA_F6D4E8A0_H */
slice c_guard(viewer *v, const model_module *module);

/* Returns the include guard of its routes: CATGA_SHOP_ORDERS_CATGA_F6D4E8A0_ROUTES_H */
slice c_routes_guard(viewer *v, const model_module *module);

/* ---- Types ----------------------------------------------------------------------------------- */

/* Returns the descriptor of a type or its elements: &shop_geo_point_descriptor, or NULL. */
slice c_type_descriptor(viewer *v, const model_type *type);

/* Return the ends of CATGA_KIND_... and CATGA_FORMAT_... */
slice c_kind(const model_type *type);
slice c_format(const model_type *type);

/* Returns the C type of a scalar, and of a declared type its struct. */
slice c_type(viewer *v, const model_type *type);

/* Returns the initializer of an absent union: {0, {NULL}} */
slice c_union_initial(const model_union *alternatives);

/* Returns true if all values of an enum are possible in a C enum. */
bool c_fits_int(const model_enum *enumeration);

/* Returns true if getters return the C enum: it holds every value of the type on the wire. */
bool c_reads_as_enum(const model_enum *enumeration);

/* ---- Tables ---------------------------------------------------------------------------------- */

/* A vtable begins with two sizes; an entry has two bytes. */
enum { C_FIRST_SLOT = 4, C_SLOT_SIZE = 2 };

/* Generated code keeps the presence of fields in words of this many bits. */
enum { C_WORD_BITS = 64 };

/* A table of at most this many fields is small. */
enum { C_SMALL_FIELDS = 8 };

/* Sets the types, calls, flags and limits of a field. */
void c_spell_field(viewer *v, const model_table *table, const model_field *field, view_field *made);

/* Sets the offsets of fields in a table with every field, and the lists of the table's fields. */
void c_layout(viewer *v, view_field *fields, size_t count, view_table *made);

/* Sets the conditions on the inline fields of a table. */
void c_make_rules(viewer *v, view_table *made);

/* Returns true if a required field is inline, and can be absent in the struct to encode. */
bool c_is_required_inline(const view_field *field);

/* Sets the functions that write and verify a table. */
void c_name_functions(viewer *v, const model_table *table, view_table *made);

/* The tables in a vector: their C type, and the functions for one. Empty for other vectors. */
typedef struct c_element {
    slice type;
    slice put;
    slice verify;
} c_element;

/* Sets the calls that write and verify a field whose layout is known. */
void c_spell_calls(viewer *v, const c_element *element, view_field *made);

#endif
