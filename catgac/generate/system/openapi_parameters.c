/* openapi_parameters.c -- the parameters of an operation: of the path, the query and headers. */
#include "generate/system/openapi_parts.h"

enum { NANOSECONDS_PER_MILLISECOND = 1000000 };

/* Begins a parameter. Close its bracket. */
static void open_parameter(openapi_writer *w, slice name, const char *in, bool required,
                           slice description)
{
    json_open(&w->json, NULL, '{');
    json_put_text(&w->json, "name", name);
    json_put_text(&w->json, "in", slice_of(in));
    openapi_put_description(w, description);
    if (required)
        json_put_flag(&w->json, "required", true);
}

/* Appends the fields of the path. Its names are those of the first message with this path. */
static void put_path(openapi_writer *w, const model_message *message)
{
    const model_http *first = openapi_first_at_path(message)->http;

    for (size_t i = 0; i < message->http->field_count; i++) {
        const model_field *field = message->http->fields[i];
        open_parameter(w, openapi_parameter_name(w->memory, first, i), "path", true,
                       openapi_field_description(w->memory, field));
        json_open(&w->json, "schema", '{');
        openapi_put_type(w, field);
        json_close(&w->json, '}');
        json_close(&w->json, '}');
    }
}

/* Appends a field in the query. An array repeats its key. */
static void put_query_field(openapi_writer *w, const model_field *field)
{
    open_parameter(w, model_http_name(w->memory, &field->origin), "query", field->required,
                   openapi_field_description(w->memory, field));
    if (field->type.kind == TYPE_VECTOR) {
        json_put_text(&w->json, "style", SLICE("form"));
        json_put_flag(&w->json, "explode", true);
    }
    json_open(&w->json, "schema", '{');
    openapi_put_type(w, field);
    openapi_put_default(w, field);
    json_close(&w->json, '}');
    json_close(&w->json, '}');
}

/* Appends the fields of a query that are not in its path. Clients omit deprecated fields. */
static void put_query(openapi_writer *w, const model_message *message)
{
    const model_table *body = message->body;

    if (message->kind != MESSAGE_QUERY)
        return;
    for (size_t i = 0; i < body->field_count; i++) {
        const model_field *field = &body->fields[i];
        if (!field->deprecated && !openapi_is_in_path(message->http, field))
            put_query_field(w, field);
    }
}

static void put_idempotency_key(openapi_writer *w, const model_message *message)
{
    if (message->idempotency_ns == 0)
        return;
    open_parameter(w, SLICE("Idempotency-Key"), "header", false,
                   SLICE("1 to 255 printable ASCII characters, with or without quotes around "
                         "them. A repeated request with the same key and body gets the first "
                         "answer."));
    json_open(&w->json, "schema", '{');
    json_put_text(&w->json, "type", SLICE("string"));
    json_put_number(&w->json, "minLength", 1);
    json_close(&w->json, '}');
    json_close(&w->json, '}');
}

static void put_timeout(openapi_writer *w, const model_message *message)
{
    open_parameter(w, SLICE("Catga-Timeout"), "header", false,
                   SLICE("Milliseconds until the client gives up."));
    json_open(&w->json, "schema", '{');
    json_put_text(&w->json, "type", SLICE("integer"));
    json_put_number(&w->json, "minimum", 1);
    json_put_number(&w->json, "maximum",
                    (message->timeout_ns + NANOSECONDS_PER_MILLISECOND - 1) /
                        NANOSECONDS_PER_MILLISECOND);
    json_close(&w->json, '}');
    json_close(&w->json, '}');
}

void openapi_put_parameters(openapi_writer *w, const model_message *message)
{
    if (message->kind == MESSAGE_EVENT)
        return;
    json_open(&w->json, "parameters", '[');
    put_path(w, message);
    put_query(w, message);
    put_idempotency_key(w, message);
    put_timeout(w, message);
    json_close(&w->json, ']');
}
