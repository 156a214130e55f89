/* openapi.h -- OpenAPI 3.1 of the messages with @http.
 *
 * A document is made of a module. Its operations and its schemas are also available one by one, as
 * lines of JSON, for the route tables of a gateway. All memory comes from the arena.
 */
#ifndef CATGAC_OPENAPI_H
#define CATGAC_OPENAPI_H

#include "model/model.h"
#include "template/record.h"

typedef struct openapi_schema {
    slice name; /* "shop.orders.Order" */
    text_list lines;
} openapi_schema;

typedef struct openapi_schema_list {
    const openapi_schema *items;
    size_t count;
} openapi_schema_list;

/* Returns the path of a message with @http, with the fields in lowerCamelCase: "/orders/{orderId}".
 * Messages of a module whose paths differ only in the names of fields have one path, that of the
 * first of them. It consists of checked characters, and ends in NUL. */
slice openapi_path(arena *memory, const model_message *message);

/* Returns the operation object of a message with @http. References lead to the schemas below. */
text_list openapi_operation(arena *memory, const model_message *message);

/* Returns the schemas that the operations of a module refer to, also of imported modules. The list
 * is empty if no message has @http. */
openapi_schema_list openapi_schemas(arena *memory, const model_module *module);

/* Appends the document of a module. */
void openapi_document(const model_module *module, buffer *out);

#endif
