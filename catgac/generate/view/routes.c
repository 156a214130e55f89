/* routes.c -- the views of HTTP routes. */
#include "generate/c/c.h"
#include "generate/output_path.h"
#include "generate/system/openapi.h"
#include "generate/view/parts.h"
#include "model/mangle.h"

static void view_route_fields(viewer *v, const model_http *http, view_route *made)
{
    view_route_field *fields = VIEW_LIST(v, http->field_count, view_route_field, &made->fields);

    for (size_t i = 0; i < http->field_count; i++)
        fields[i] = (view_route_field){http->fields[i]->origin.name, http->fields[i]->id};
}

static void view_route_of(viewer *v, const model_message *message, view_route *made)
{
    made->message = view_full_name(v, &message->origin);
    made->type = c_type_name(v, &message->origin);
    made->method = message->http->method;
    made->path = openapi_path(v->memory, message);
    made->status = message->http->status;
    made->operation = view_operation(v, message);
    view_route_fields(v, message->http, made);
    if (message->errors != NULL)
        view_errors_of(v, message->errors, &made->errors);
}

static void view_route_list(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_route *routes = VIEW_LIST(v, module->message_count, view_route, &made->routes);

    made->routes.count = 0;
    for (size_t i = 0; i < module->message_count; i++) {
        if (module->messages[i].http == NULL)
            continue;
        view_route *route = &routes[made->routes.count];
        route->index = (int64_t)made->routes.count++;
        view_route_of(v, &module->messages[i], route);
    }
    made->route_count = (int64_t)made->routes.count;
}

void view_routes(viewer *v, view_module *made)
{
    const model_module *module = v->module;

    made->routes_table = VIEW_JOIN(v, mangle_prefix(v->memory, module->namespace), SLICE("routes"));
    made->routes_header = output_path(v->memory, module->path, SLICE(".routes.h"));
    made->routes_guard = c_routes_guard(v, module);
    made->title = module->doc.line_count > 0 ? module->doc.lines[0] : SLICE("");
    view_route_list(v, made);
    view_route_schemas(v, made);
}
