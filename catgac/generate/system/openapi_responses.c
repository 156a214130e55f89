/* openapi_responses.c -- the responses of an operation: the answer, declared errors, and the errors
 * of the gateway. */
#include "generate/system/openapi_parts.h"

enum { FIRST_ERROR = 400, LAST_ERROR = 599 };

static const char *status_text(arena *memory, uint32_t status)
{
    buffer text = buffer_in(memory);

    buffer_append_integer(&text, status);
    return text.data;
}

/* Opens a response and describes it. Close its bracket. */
static void open_response(openapi_writer *w, const char *status, slice description)
{
    json_open(&w->json, status, '{');
    json_put_text(&w->json, "description", description);
}

/* ---- Success --------------------------------------------------------------------------------- */

void openapi_put_binary(openapi_writer *w, const model_table *table)
{
    buffer text = buffer_in(w->memory);

    buffer_printf(&text, "FlatBuffers: a table %.*s with the file identifier `%s`.",
                  SLICE_PRINT(openapi_full_name(w->memory, &table->origin)), table->identifier);
    json_open(&w->json, "application/octet-stream", '{');
    json_open(&w->json, "schema", '{');
    json_put_text(&w->json, "description", buffer_slice(&text));
    json_close(&w->json, '}');
    json_close(&w->json, '}');
}

static void put_answer(openapi_writer *w, const model_message *message)
{
    json_open(&w->json, "content", '{');
    json_open(&w->json, "application/json", '{');
    openapi_put_table_reference(w, "schema", message->result);
    json_close(&w->json, '}');
    openapi_put_binary(w, message->result);
    json_close(&w->json, '}');
}

static void put_text_schema(openapi_writer *w, const char *key, const char *description)
{
    json_open(&w->json, key, '{');
    json_put_text(&w->json, "type", SLICE("string"));
    json_put_text(&w->json, "description", slice_of(description));
    json_close(&w->json, '}');
}

/* Appends an object with the fields of one server-sent event. */
static void put_stream_event(openapi_writer *w, const model_message *message)
{
    json_put_text(&w->json, "type", SLICE("object"));
    json_open(&w->json, "properties", '{');
    put_text_schema(w, "id", "The id of the event.");
    json_open(&w->json, "event", '{');
    json_put_text(&w->json, "const", message->origin.name);
    json_close(&w->json, '}');
    json_open(&w->json, "data", '{');
    json_put_text(&w->json, "type", SLICE("string"));
    json_put_text(&w->json, "contentMediaType", SLICE("application/json"));
    openapi_put_table_reference(w, "contentSchema", message->body);
    json_close(&w->json, '}');
    json_close(&w->json, '}');
}

/* Appends a stream of server-sent events, as an array. */
static void put_stream(openapi_writer *w, const model_message *message)
{
    json_open(&w->json, "content", '{');
    json_open(&w->json, "text/event-stream", '{');
    json_open(&w->json, "schema", '{');
    json_put_text(&w->json, "type", SLICE("array"));
    json_open(&w->json, "items", '{');
    put_stream_event(w, message);
    json_close(&w->json, '}');
    json_close(&w->json, '}');
    json_close(&w->json, '}');
    json_close(&w->json, '}');
}

static slice describe_success(arena *memory, const model_message *message)
{
    if (message->kind == MESSAGE_EVENT)
        return SLICE("A stream of server-sent events, which does not end. Each has an `id`, the "
                     "name of the event as `event`, and JSON as `data`. A comment is sent when "
                     "there is no event.");
    const model_origin *result = &message->result->origin;
    slice text = openapi_summary(memory, &result->doc);
    return openapi_markdown(memory, text.length > 0 ? text : result->name);
}

static void put_success(openapi_writer *w, const model_message *message)
{
    open_response(w, status_text(w->memory, message->http->status),
                  describe_success(w->memory, message));
    if (message->kind == MESSAGE_EVENT)
        put_stream(w, message);
    else
        put_answer(w, message);
    json_close(&w->json, '}');
}

/* ---- Errors of the gateway ------------------------------------------------------------------- */

static bool is_any(const model_message *message)
{
    return message->http != NULL;
}

static bool is_call(const model_message *message)
{
    return message->kind != MESSAGE_EVENT;
}

static bool is_idempotent(const model_message *message)
{
    return message->idempotency_ns > 0;
}

/* An error that the gateway itself returns. */
static const struct gateway_error {
    uint32_t status;
    bool (*can_happen)(const model_message *message);
    const char *description;
} gateway_errors[] = {
    {400, is_any, "The request is invalid. `detail` and `errors` name the field and the reason."},
    {406, is_any, "The client accepts no media type of the response."},
    {409, is_idempotent, "The first request with this `Idempotency-Key` is still running."},
    {413, openapi_has_body, "The body is too large."},
    {415, openapi_has_body, "The media type of the body is not one of this operation."},
    {422, is_idempotent, "An earlier request with this `Idempotency-Key` had other content."},
    {429, is_call, "Too many requests. `Retry-After` has the seconds to wait."},
    {503, is_any, "The service is not available. `Retry-After` has the seconds to wait."},
    {504, is_call, "The service did not answer in time. The request may have had its effect."},
};

/* Returns the description of the gateway's own error with a status, or NULL. */
static const char *find_gateway_error(const model_message *message, uint32_t status)
{
    for (size_t i = 0; i < sizeof gateway_errors / sizeof gateway_errors[0]; i++) {
        const struct gateway_error *error = &gateway_errors[i];
        if (error->status == status && error->can_happen(message))
            return error->description;
    }
    return NULL;
}

/* ---- Declared errors ------------------------------------------------------------------------- */

/* Returns the next error with a status, from the index on; NULL at the end. */
static const model_error_code *next_error(const model_message *message, uint32_t status,
                                          size_t *index)
{
    while (message->errors != NULL && *index < message->errors->code_count) {
        const model_error_code *code = &message->errors->codes[(*index)++];
        if (code->http_status == status)
            return code;
    }
    return NULL;
}

/* Returns true if an error has this status. */
static bool has_error(const model_message *message, uint32_t status)
{
    size_t index = 0;

    return find_gateway_error(message, status) != NULL ||
           next_error(message, status, &index) != NULL;
}

/* Describes the gateway's own error, and lists the declared ones. */
static slice describe_error(arena *memory, const model_message *message, uint32_t status)
{
    const char *own = find_gateway_error(message, status);
    buffer text = buffer_in(memory);
    size_t index = 0;

    if (own != NULL)
        buffer_append_text(&text, own);
    for (const model_error_code *code = next_error(message, status, &index); code != NULL;
         code = next_error(message, status, &index)) {
        if (text.length > 0)
            buffer_append_text(&text, text.data[0] == '-' ? "\n" : "\n\n");
        openapi_append_item(&text, code->origin.name, &code->origin.doc);
    }
    return buffer_slice(&text);
}

static void put_example(openapi_writer *w, const model_error_set *set, const model_error_code *code)
{
    buffer type = buffer_in(w->memory);

    buffer_printf(&type, "urn:catga:error:%.*s.%.*s",
                  SLICE_PRINT(openapi_full_name(w->memory, &set->origin)),
                  SLICE_PRINT(code->origin.name));
    json_open(&w->json, code->origin.name.data, '{');
    json_open(&w->json, "value", '{');
    json_put_text(&w->json, "type", buffer_slice(&type));
    json_put_text(&w->json, "title", code->origin.name);
    json_put_number(&w->json, "status", code->http_status);
    json_put_number(&w->json, "code", code->code);
    json_close(&w->json, '}');
    json_close(&w->json, '}');
}

/* Appends an example of each declared error with a status. */
static void put_examples(openapi_writer *w, const model_message *message, uint32_t status)
{
    size_t index = 0;
    const model_error_code *code = next_error(message, status, &index);

    if (code == NULL)
        return;
    json_open(&w->json, "examples", '{');
    for (; code != NULL; code = next_error(message, status, &index))
        put_example(w, message->errors, code);
    json_close(&w->json, '}');
}

static void put_problem_content(openapi_writer *w, const model_message *message, uint32_t status)
{
    json_open(&w->json, "content", '{');
    json_open(&w->json, "application/problem+json", '{');
    openapi_put_problem_reference(w, "schema");
    put_examples(w, message, status);
    json_close(&w->json, '}');
    json_close(&w->json, '}');
}

static void put_error(openapi_writer *w, const model_message *message, uint32_t status)
{
    if (!has_error(message, status))
        return;
    open_response(w, status_text(w->memory, status), describe_error(w->memory, message, status));
    put_problem_content(w, message, status);
    json_close(&w->json, '}');
}

void openapi_put_responses(openapi_writer *w, const model_message *message)
{
    json_open(&w->json, "responses", '{');
    put_success(w, message);
    for (uint32_t status = FIRST_ERROR; status <= LAST_ERROR; status++)
        put_error(w, message, status);
    open_response(w, "default", SLICE("Another error."));
    put_problem_content(w, message, 0);
    json_close(&w->json, '}');
    json_close(&w->json, '}');
}
