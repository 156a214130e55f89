/* openapi.c -- see openapi.h. */
#include "generate/system/openapi.h"

#include "generate/system/openapi_parts.h"

slice openapi_path(arena *memory, const model_message *message)
{
    const model_http *http = openapi_first_at_path(message)->http;
    buffer path = buffer_in(memory);
    size_t field = 0;

    for (size_t i = 0; i < http->path.length; i++) {
        buffer_append_char(&path, http->path.data[i]);
        if (http->path.data[i] != '{')
            continue;
        buffer_append(&path, openapi_parameter_name(memory, http, field));
        i += http->fields[field++]->origin.name.length;
    }
    return buffer_slice(&path);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

static size_t line_count(slice text)
{
    size_t count = 1;

    for (size_t i = 0; i < text.length; i++)
        count += text.data[i] == '\n';
    return count;
}

static text_list lines_of(arena *memory, slice text)
{
    slice *lines = ARENA_ARRAY(memory, line_count(text), slice);
    text_list list = {lines, 0};
    size_t begin = 0;

    for (size_t i = 0; i <= text.length; i++) {
        if (i < text.length && text.data[i] != '\n')
            continue;
        lines[list.count++] = (slice){text.data + begin, i - begin};
        begin = i + 1;
    }
    return list;
}

text_list openapi_operation(arena *memory, const model_message *message)
{
    buffer text = buffer_in(memory);
    openapi_writer w = openapi_writer_on(&text);

    openapi_put_operation(&w, NULL, message);
    return lines_of(memory, buffer_slice(&text));
}

/* ---- Schemas --------------------------------------------------------------------------------- */

/* Writes the operations of a module, so that the writer lists their schemas. */
static void list_schemas(openapi_writer *w, const model_module *module)
{
    for (size_t i = 0; i < module->message_count; i++) {
        if (module->messages[i].http != NULL)
            openapi_put_operation(w, NULL, &module->messages[i]);
    }
}

/* Makes the lines of a schema. The writer lists the schemas that it refers to. */
static void make_lines(openapi_writer *w, openapi_declared *declared)
{
    buffer *text = w->json.out;

    buffer_clear(text);
    w->json = (json_writer){.out = text};
    openapi_put_schema(w, NULL, declared);
    declared->schema.lines = lines_of(w->memory, slice_copy(w->memory, buffer_slice(text)));
}

openapi_schema_list openapi_schemas(arena *memory, const model_module *module)
{
    buffer text = buffer_in(memory);
    openapi_writer w = openapi_writer_on(&text);

    list_schemas(&w, module);
    for (openapi_declared *d = w.first; d != NULL; d = d->next)
        make_lines(&w, d);
    openapi_schema *items = ARENA_ARRAY(memory, w.declared_count, openapi_schema);
    openapi_schema_list list = {items, 0};
    for (const openapi_declared *d = w.first; d != NULL; d = d->next)
        items[list.count++] = d->schema;
    return list;
}

/* ---- Document -------------------------------------------------------------------------------- */

static slice describe_document(arena *memory, const model_module *module)
{
    buffer text = buffer_in(memory);

    buffer_append(&text, openapi_comment(memory, &module->doc));
    if (text.length > 0)
        buffer_append_text(&text, "\n\n");
    buffer_append_text(
        &text, "The limit of a text in bytes of UTF-8 is the number in `maxLength`, which counts "
               "characters. A request must not have members that its schema does not have. It may "
               "have 64-bit integers and decimals as strings. The values NaN, Infinity and "
               "-Infinity of a number are the strings `NaN`, `Infinity` and `-Infinity`.");
    return buffer_slice(&text);
}

static void put_info(openapi_writer *w, const model_module *module)
{
    slice title = openapi_summary(w->memory, &module->doc);
    buffer version = buffer_in(w->memory);

    buffer_append_integer(&version, module->version);
    buffer_append_text(&version, ".0.0");
    json_open(&w->json, "info", '{');
    json_put_text(&w->json, "title", title.length > 0 ? title : module->namespace);
    json_put_text(&w->json, "description", describe_document(w->memory, module));
    json_put_text(&w->json, "version", buffer_slice(&version));
    json_close(&w->json, '}');
}

static void put_servers(openapi_writer *w)
{
    json_open(&w->json, "servers", '[');
    json_open(&w->json, NULL, '{');
    json_put_text(&w->json, "url", SLICE("/"));
    json_close(&w->json, '}');
    json_close(&w->json, ']');
}

static void put_tags(openapi_writer *w, const model_module *module)
{
    json_open(&w->json, "tags", '[');
    json_open(&w->json, NULL, '{');
    json_put_text(&w->json, "name", module->namespace);
    json_put_text(&w->json, "description",
                  module->doc.line_count > 0 ? openapi_comment(w->memory, &module->doc)
                                             : SLICE("The messages of this namespace."));
    json_close(&w->json, '}');
    json_close(&w->json, ']');
}

/* Returns the name of a method in a document: post. */
static const char *method_key(arena *memory, slice method)
{
    buffer key = buffer_in(memory);

    for (size_t i = 0; i < method.length; i++)
        buffer_append_char(&key, (char)(method.data[i] | 0x20));
    return key.data;
}

/* Appends the operations of all messages with the path of the first of them. */
static void put_path(openapi_writer *w, const model_message *first)
{
    const model_module *module = first->origin.module;

    json_open(&w->json, openapi_path(w->memory, first).data, '{');
    for (size_t i = 0; i < module->message_count; i++) {
        const model_message *message = &module->messages[i];
        if (message->http != NULL && openapi_is_same_path(message->http, first->http))
            openapi_put_operation(w, method_key(w->memory, message->http->method), message);
    }
    json_close(&w->json, '}');
}

static void put_paths(openapi_writer *w, const model_module *module)
{
    json_open(&w->json, "paths", '{');
    for (size_t i = 0; i < module->message_count; i++) {
        const model_message *message = &module->messages[i];
        if (message->http != NULL && openapi_first_at_path(message) == message)
            put_path(w, message);
    }
    json_close(&w->json, '}');
}

/* Appends the schemas that were referred to, and those to which they refer. */
static void put_components(openapi_writer *w)
{
    json_open(&w->json, "components", '{');
    json_open(&w->json, "schemas", '{');
    for (const openapi_declared *d = w->first; d != NULL; d = d->next)
        openapi_put_schema(w, d->schema.name.data, d);
    json_close(&w->json, '}');
    json_close(&w->json, '}');
}

void openapi_document(const model_module *module, buffer *out)
{
    openapi_writer w = openapi_writer_on(out);

    json_open(&w.json, NULL, '{');
    json_put_text(&w.json, "openapi", SLICE("3.1.0"));
    put_info(&w, module);
    put_servers(&w);
    json_open(&w.json, "security", '[');
    json_close(&w.json, ']');
    put_tags(&w, module);
    put_paths(&w, module);
    put_components(&w);
    json_close(&w.json, '}');
    buffer_append_char(out, '\n');
}
