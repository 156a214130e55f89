/* viewer.h -- shared by the files view*.c only.
 *
 * view.c           the tables of names; one module: constants, enums, and the rest in order
 * view_data.c      structs, tables and their fields, and how these lie on the wire
 * view_messages.c  error sets, replies, messages, services
 */
#ifndef CATGAC_VIEWER_H
#define CATGAC_VIEWER_H

#include "view.h"

/* The slices of `...` one after another. */
#define VIEW_JOIN(memory, ...)                                                                     \
    view_join((memory), (const slice[]){__VA_ARGS__},                                              \
              sizeof((const slice[]){__VA_ARGS__}) / sizeof(slice))
slice view_join(arena *memory, const slice *pieces, size_t count);

/* Makes `count` records and a list of them; returns the first. */
#define VIEW_LIST(memory, count, type, list)                                                       \
    ((type *)view_list((memory), (count), sizeof(type), (list)))
void *view_list(arena *memory, size_t count, size_t size, record_list *list);

/* ---- Names ----------------------------------------------------------------------------------- */

/* shop.orders.CreateOrder */
slice view_full_name(arena *memory, const model_origin *origin);

/* shop_orders_create_order, SHOP_ORDERS_CREATE_ORDER */
slice view_type_name(arena *memory, const model_origin *origin);
slice view_macro_name(arena *memory, const model_origin *origin);

/* &shop_orders_create_order_descriptor */
slice view_descriptor(arena *memory, const model_origin *origin);

/* In FlatBuffers: as a declaration, and as seen from `module`. */
slice view_fbs_name(arena *memory, const model_origin *origin);
slice view_fbs_reference(arena *memory, const model_module *module, const model_origin *origin);
slice view_fbs_namespace(arena *memory, slice namespace);

/* uint32_t, uint */
slice view_c_scalar(scalar_kind scalar);
slice view_fbs_scalar(scalar_kind scalar);

text_list view_doc(const model_doc *doc);

/* ---- Parts of a module ----------------------------------------------------------------------- */

void view_structs(arena *memory, const model_module *module, view_module *made);
void view_tables(arena *memory, const model_module *module, view_module *made);

void view_error_sets(arena *memory, const model_module *module, view_module *made);
void view_messages(arena *memory, const model_module *module, view_module *made);
void view_services(arena *memory, const model_module *module, view_module *made);

#endif
