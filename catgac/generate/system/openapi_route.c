/* openapi_route.c -- the path of a message with @http, and the fields outside of it. */
#include "generate/system/openapi_parts.h"
#include "model/mangle.h"

/* Returns the rest of a text after the first `mark`; all of it if there is none. */
static slice text_after(slice text, char mark)
{
    for (size_t i = 0; i < text.length; i++) {
        if (text.data[i] == mark)
            return (slice){text.data + i + 1, text.length - i - 1};
    }
    return text;
}

bool openapi_is_same_path(const model_http *one, const model_http *other)
{
    slice left = one->path, right = other->path;

    while (left.length > 0 && right.length > 0 && left.data[0] == right.data[0]) {
        char mark = left.data[0] == '{' ? '}' : left.data[0];
        left = text_after(left, mark);
        right = text_after(right, mark);
    }
    return left.length == 0 && right.length == 0;
}

const model_message *openapi_first_at_path(const model_message *message)
{
    const model_message *found = message->origin.module->messages;

    while (found->http == NULL || !openapi_is_same_path(found->http, message->http))
        found++;
    return found;
}

slice openapi_parameter_name(arena *memory, const model_http *http, size_t index)
{
    return mangle_camel(memory, http->fields[index]->origin.name);
}

bool openapi_is_in_path(const model_http *http, const model_field *field)
{
    for (size_t i = 0; i < http->field_count; i++) {
        if (http->fields[i] == field)
            return true;
    }
    return false;
}

bool openapi_has_body(const model_message *message)
{
    return message->kind == MESSAGE_COMMAND &&
           message->body->field_count > message->http->field_count;
}
