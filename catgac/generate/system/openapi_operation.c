/* openapi_operation.c -- the operation of a message with @http. */
#include "generate/system/openapi_parts.h"
#include "model/mangle.h"

/* Returns shop_orders_create_order, the name of the message in C. */
static slice operation_id(arena *memory, const model_origin *origin)
{
    buffer id = buffer_in(memory);

    buffer_append(&id, mangle_prefix(memory, origin->module->namespace));
    buffer_append(&id, mangle_snake(memory, origin->name));
    return buffer_slice(&id);
}

/* Appends the first sentence of the comment as summary, and longer comments as description. */
static void put_comment(openapi_writer *w, const model_origin *origin)
{
    slice summary = openapi_summary(w->memory, &origin->doc);
    slice all = model_doc_text(w->memory, &origin->doc);

    json_put_text(&w->json, "summary", summary.length > 0 ? summary : origin->name);
    if (all.length > summary.length + 1)
        json_put_text(&w->json, "description", openapi_comment(w->memory, &origin->doc));
}

static void put_tags(openapi_writer *w, const model_module *module)
{
    json_open(&w->json, "tags", '[');
    json_put_text(&w->json, NULL, module->namespace);
    json_close(&w->json, ']');
}

/* Returns true if a request without a body is invalid. */
static bool needs_body(const model_message *message)
{
    const model_table *body = message->body;

    for (size_t i = 0; i < body->field_count; i++) {
        if (body->fields[i].required && !openapi_is_in_path(message->http, &body->fields[i]))
            return true;
    }
    return false;
}

/* Appends the body as JSON. Without fields in the path, it is the whole message. */
static void put_json(openapi_writer *w, const model_message *message)
{
    json_open(&w->json, "application/json", '{');
    if (message->http->field_count == 0)
        openapi_put_table_reference(w, "schema", message->body);
    else
        openapi_put_body(w, "schema", message);
    json_close(&w->json, '}');
}

static void put_request_body(openapi_writer *w, const model_message *message)
{
    if (!openapi_has_body(message))
        return;
    json_open(&w->json, "requestBody", '{');
    json_put_flag(&w->json, "required", needs_body(message));
    json_open(&w->json, "content", '{');
    put_json(w, message);
    openapi_put_binary(w, message->body);
    json_close(&w->json, '}');
    json_close(&w->json, '}');
}

void openapi_put_operation(openapi_writer *w, const char *key, const model_message *message)
{
    json_open(&w->json, key, '{');
    json_put_text(&w->json, "operationId", operation_id(w->memory, &message->origin));
    put_comment(w, &message->origin);
    put_tags(w, message->origin.module);
    openapi_put_parameters(w, message);
    put_request_body(w, message);
    openapi_put_responses(w, message);
    json_close(&w->json, '}');
}
