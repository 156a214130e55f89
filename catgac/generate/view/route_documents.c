/* route_documents.c -- the OpenAPI parts of route tables. */
#include "generate/system/openapi.h"
#include "generate/view/parts.h"

text_list view_operation(viewer *v, const model_message *message)
{
    return v->with_documents ? openapi_operation(v->memory, message) : (text_list){0};
}

void view_route_schemas(viewer *v, view_module *made)
{
    if (!v->with_documents)
        return;
    openapi_schema_list schemas = openapi_schemas(v->memory, v->module);
    view_route_schema *list = VIEW_LIST(v, schemas.count, view_route_schema, &made->route_schemas);

    for (size_t i = 0; i < schemas.count; i++)
        list[i] = (view_route_schema){(int64_t)i, schemas.items[i].name, schemas.items[i].lines};
    made->route_schema_count = (int64_t)schemas.count;
}
