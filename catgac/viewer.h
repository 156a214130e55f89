/* viewer.h -- shared by the files view*.c only.
 *
 * view.c           the tables of names; one module: constants, enums, and the rest in order
 * view_data.c      structs, tables and their fields, and how these lie on the wire
 * view_messages.c  error sets, replies, messages, services
 */
#ifndef CATGAC_VIEWER_H
#define CATGAC_VIEWER_H

#include "view.h"

/* Making the view of one module. */
typedef struct viewer {
    arena *memory;
    const model_module *module;
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

/* ---- Names ----------------------------------------------------------------------------------- */

/* shop.orders.CreateOrder */
slice view_full_name(viewer *v, const model_origin *origin);

/* shop_orders_create_order, SHOP_ORDERS_CREATE_ORDER */
slice view_type_name(viewer *v, const model_origin *origin);
slice view_macro_name(viewer *v, const model_origin *origin);

/* &shop_orders_create_order_descriptor */
slice view_descriptor(viewer *v, const model_origin *origin);

/* In FlatBuffers: as a declaration, and as seen from the module. */
slice view_fbs_name(viewer *v, const model_origin *origin);
slice view_fbs_reference(viewer *v, const model_origin *origin);
slice view_fbs_namespace(viewer *v, slice namespace);

/* uint32_t, uint */
slice view_c_scalar(scalar_kind scalar);
slice view_fbs_scalar(scalar_kind scalar);

text_list view_doc(const model_doc *doc);

/* ---- Parts of a module ----------------------------------------------------------------------- */

void view_structs(viewer *v, view_module *made);
void view_tables(viewer *v, view_module *made);

void view_error_sets(viewer *v, view_module *made);
void view_messages(viewer *v, view_module *made);
void view_services(viewer *v, view_module *made);

#endif
