/* Makes messages; see message.h. */
#include "message.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 4096 };

/* A native struct, and the arena that holds its parts. */
typedef struct draft {
    const http_message_input *input;
    const catga_table *table;
    void *native;
    catga_arena arena;
    bool lacks_room; /* the arena did not suffice */
    http_message *made;
} draft;

/* ---- Problems ---- */

static bool refuse(draft *d, unsigned status, const char *kind)
{
    http_message *made = d->made;

    made->problem = (http_problem){.status = status,
                                   .title = http_status_title(status),
                                   .detail = catga_str(made->reason.text),
                                   .part = {kind, made->where}};
    return false;
}

/* Notes that the arena did not suffice. Returns false. */
static bool lack_room(draft *d)
{
    d->lacks_room = true;
    return false;
}

static bool refuse_memory(draft *d)
{
    d->made->problem = (http_problem){.status = 503, .title = http_status_title(503)};
    return false;
}

/* Names the wrong part of a body by a JSON pointer, that of a query by its parameter. */
static bool refuse_field(draft *d)
{
    char *where = d->made->where;

    catga_json_pointer(d->table, CATGA_CAMEL_NAMES, d->made->reason.text, where,
                       sizeof d->made->where);
    if (strcmp(d->input->route->route->method, "GET") != 0)
        return refuse(d, 400, "pointer");
    memmove(where, where + (where[0] == '/'), strlen(where) + (where[0] != '/'));
    return refuse(d, 400, "parameter");
}

static bool refuse_parameter(draft *d, catga_string name, const char *reason)
{
    snprintf(d->made->reason.text, sizeof d->made->reason.text, "%s", reason);
    snprintf(d->made->where, sizeof d->made->where, "%.*s", CATGA_PRINT(name));
    return refuse(d, 400, "parameter");
}

/* ---- The body ---- */

/* Reads a body of JSON. No body is an empty object. */
static catga_status read_json(draft *d)
{
    const char *text = d->input->length == 0 ? "{}" : d->input->body;
    size_t length = d->input->length == 0 ? 2 : d->input->length;

    return catga_json_read_as(d->table, CATGA_CAMEL_NAMES, text, length, CATGA_REFUSE_UNKNOWN,
                              d->native, &d->arena, &d->made->reason);
}

/* Reads a body of FlatBuffers. */
static catga_status read_flatbuffers(draft *d)
{
    const uint8_t *root;

    catga_status status =
        catga_verify(d->table, d->input->body, d->input->length, &root, &d->made->reason);

    return status == CATGA_OK ? catga_unpack(d->table, root, d->native, &d->arena) : status;
}

static catga_status read_body(draft *d)
{
    d->arena.used = 0;
    d->made->reason.text[0] = '\0';
    return d->input->media == HTTP_MEDIA_FLATBUFFERS && d->input->length != 0 ? read_flatbuffers(d)
                                                                              : read_json(d);
}

static bool take_body(draft *d)
{
    catga_status status = read_body(d);

    return status == CATGA_OK || (status == CATGA_TOO_LARGE ? lack_room(d) : refuse_field(d));
}

/* ---- The path and the query ---- */

static bool set_field(draft *d, const catga_field *field, const catga_string *values, size_t count)
{
    catga_status status =
        catga_text_read(field, values, count, d->native, &d->arena, &d->made->reason);

    if (status == CATGA_OK)
        return true;
    if (status == CATGA_TOO_LARGE)
        return lack_room(d);
    catga_json_name(field->name, (field->flags & CATGA_OWN_NAME) != 0, d->made->where,
                    sizeof d->made->where);
    return refuse(d, 400, "parameter");
}

static bool take_path(draft *d)
{
    const http_route *route = d->input->route;

    for (size_t i = 0; i < route->segment_count; i++) {
        const catga_field *field = route->fields[i];
        if (field != NULL && !set_field(d, field, &d->input->path->segments[i], 1))
            return false;
    }
    return true;
}

static bool is_in_path(const http_route *route, const catga_field *field)
{
    for (size_t i = 0; i < route->segment_count; i++)
        if (route->fields[i] == field)
            return true;
    return false;
}

/* Sets the field of a parameter, from all parameters of its name. */
static bool take_parameter(draft *d, size_t number)
{
    const http_path *path = d->input->path;
    const http_parameter *parameter = &path->parameters[number];

    const catga_field *field = catga_find_named_field(d->table, CATGA_CAMEL_NAMES, parameter->name);
    catga_string values[HTTP_PARAMETERS];
    size_t count = 0;

    if (field == NULL)
        return refuse_parameter(d, parameter->name, "unknown parameter");
    if (is_in_path(d->input->route, field))
        return refuse_parameter(d, parameter->name, "the path has this field");
    for (size_t i = 0; i < path->parameter_count; i++) {
        const http_parameter *other = &path->parameters[i];
        if (catga_find_named_field(d->table, CATGA_CAMEL_NAMES, other->name) != field)
            continue;
        if (i < number)
            return true; /* the first one of the name has set the field */
        values[count++] = other->value;
    }
    return set_field(d, field, values, count);
}

static bool take_query(draft *d)
{
    const http_path *path = d->input->path;

    if (path->parameter_count != 0 && strcmp(d->input->route->route->method, "GET") != 0)
        return refuse_parameter(d, path->parameters[0].name, "this method takes no query");
    for (size_t i = 0; i < path->parameter_count; i++)
        if (!take_parameter(d, i))
            return false;
    return true;
}

/* ---- The whole message ---- */

static bool fill_once(draft *d)
{
    d->lacks_room = false;
    return take_body(d) && take_path(d) && take_query(d);
}

static bool make_room(draft *d)
{
    catga_status status = catga_arena_grow(&d->arena, HTTP_MESSAGE_MEMORY);

    if (status == CATGA_TOO_LARGE)
        return refuse(d, 413, NULL);
    return status == CATGA_OK || refuse_memory(d);
}

/* Fills the native struct, with a larger arena while it does not suffice. */
static bool fill(draft *d)
{
    bool is_filled = false;

    d->lacks_room = true;
    while (!is_filled && d->lacks_room && make_room(d))
        is_filled = fill_once(d);
    return is_filled;
}

static bool encode(draft *d)
{
    size_t capacity = catga_size_bound(d->table, d->native);

    d->made->bytes = malloc(capacity);
    if (d->made->bytes == NULL)
        return refuse_memory(d);
    catga_status status = catga_encode(d->table, d->native, d->made->bytes, capacity,
                                       &d->made->length, &d->made->reason);
    return status == CATGA_OK || refuse_field(d);
}

bool http_message_make(const http_message_input *input, http_message *made)
{
    const catga_table *table = input->route->route->message->table;
    draft d = {.input = input, .table = table, .made = made};

    made->bytes = NULL;
    made->where[0] = '\0';
    made->reason.text[0] = '\0';
    d.native = malloc(table->native_size);
    d.arena.used = ROOM + 2 * (input->length + input->path->length);
    bool is_made = d.native != NULL ? fill(&d) && encode(&d) : refuse_memory(&d);
    free(d.arena.data);
    free(d.native);
    return is_made;
}
