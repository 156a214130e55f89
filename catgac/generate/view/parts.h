/* parts.h -- the parts of a module's view: one file each. */
#ifndef CATGAC_VIEW_PARTS_H
#define CATGAC_VIEW_PARTS_H

#include "generate/view/viewer.h"

/* Each builds the records of some declarations of the module. */
void view_constants(viewer *v, view_module *made);
void view_enums(viewer *v, view_module *made);
void view_structs(viewer *v, view_module *made);
void view_unions(viewer *v, view_module *made);
void view_tables(viewer *v, view_module *made);
void view_error_sets(viewer *v, view_module *made);
void view_buckets(viewer *v, view_module *made);
void view_object_stores(viewer *v, view_module *made);
void view_messages(viewer *v, view_module *made);
void view_services(viewer *v, view_module *made);
void view_routes(viewer *v, view_module *made);

/* Lists the errors of a set, in its order. */
void view_errors_of(viewer *v, const model_error_set *set, record_list *list);

/* Returns the OpenAPI operation of a message with @http, as lines of JSON. */
text_list view_operation(viewer *v, const model_message *message);

/* Lists the OpenAPI schemas to which the operations of the module refer. */
void view_route_schemas(viewer *v, view_module *made);

/* Builds the record of a field, except its place in the table. */
void view_field_of(viewer *v, const model_table *table, const model_field *field, view_field *made);

/* Returns the rules that C and FlatBuffers cannot express: "required, at most 64 bytes". */
slice view_note(viewer *v, const model_field *field);

/* Returns the word of a kind of message: command, query, event. */
slice view_message_word(model_message_kind kind);

/* Returns a time in milliseconds, rounded up: no deadline becomes 0. */
int64_t view_milliseconds(uint64_t nanoseconds);

#endif
