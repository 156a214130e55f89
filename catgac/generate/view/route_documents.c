/* route_documents.c -- the OpenAPI parts of route tables. They have no lines: the documents of
 * OpenAPI are not generated. */
#include "generate/view/parts.h"

text_list view_operation(viewer *v, const model_message *message)
{
    (void)v;
    (void)message;
    return (text_list){NULL, 0};
}

void view_route_schemas(viewer *v, view_module *made)
{
    VIEW_LIST(v, 0, view_route_schema, &made->route_schemas);
    made->route_schema_count = 0;
}
