/* Makes responses of outcomes; see answer.h. */
#include "answer.h"

#include "json.h"
#include "message.h"
#include "problem.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- Results ---- */

/* Encodes a native struct. */
static void encode(http_text *text, const catga_table *type, const void *native)
{
    size_t capacity = catga_size_bound(type, native);
    char *at = http_text_reserve(text, capacity);
    size_t length;

    if (at == NULL)
        return;
    text->failed = catga_encode(type, native, (uint8_t *)at, capacity, &length, NULL) != CATGA_OK;
    text->length += text->failed ? 0 : length;
}

static catga_status unpack(const catga_table *type, const uint8_t *table, void *native,
                           catga_arena *arena)
{
    catga_status status;

    do {
        status = catga_arena_grow(arena, HTTP_MESSAGE_MEMORY);
        if (status != CATGA_OK)
            return status;
        status = catga_unpack(type, table, native, arena);
    } while (status == CATGA_TOO_LARGE);
    return status;
}

/* Writes a table as the root of a buffer of its own. */
static void write_flatbuffers(http_text *text, const catga_table *type, const uint8_t *table)
{
    void *native = malloc(type->native_size);
    catga_arena arena = {0};

    catga_status status = native == NULL ? CATGA_NO_MEMORY : unpack(type, table, native, &arena);

    if (status == CATGA_OK)
        encode(text, type, native);
    text->failed = text->failed || status != CATGA_OK;
    free(arena.data);
    free(native);
}

static http_response result_response(const catga_route *route, http_media media,
                                     const uint8_t *table)
{
    const catga_table *type = route->message->result;
    http_text text = {0};
    http_response response = {.status = route->status};

    if (media == HTTP_MEDIA_JSON)
        http_json_write(&text, type, table);
    else
        write_flatbuffers(&text, type, table);
    if (text.failed) {
        http_text_free(&text);
        const http_problem problem = {.status = 503, .title = http_status_title(503)};
        return http_problem_response(&problem);
    }
    response.body = text.data;
    response.length = text.length;
    http_response_add(&response, "Content-Type", http_media_name(media));
    return response;
}

/* ---- Errors ---- */

/* Returns the status of a declared error; 0 if the schema of this program does not declare it. */
static unsigned declared_status(const catga_route *route, const catga_error *error)
{
    const catga_error_set *set = route->message->errors;

    for (size_t i = 0; set != NULL && i < set->count; i++)
        if (set->errors[i].code == error->code)
            return route->error_statuses[i];
    return 0;
}

/* Returns the last part of a name: "ProductNotFound". */
static const char *short_name(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot == NULL ? name : dot + 1;
}

static http_response declared_response(const catga_route *route, const catga_error *error)
{
    char name[256];
    char type[320];
    unsigned status = declared_status(route, error);

    snprintf(name, sizeof name, "%.*s", CATGA_PRINT(error->name));
    snprintf(type, sizeof type, "urn:catga:error:%s", name);
    const http_problem problem = {.status = status == 0 ? 409 : status,
                                  .type = type,
                                  .title = short_name(name),
                                  .detail = error->text,
                                  .code = error->code};
    return http_problem_response(&problem);
}

/* Returns whether the service denied the request. A server of NATS that refuses the call has no
 * code: the gateway lacks a right, not its client. */
static bool is_denied(catga_status status, const catga_error *error)
{
    return status == CATGA_NOT_PERMITTED && error->code == 403;
}

static http_response denied_response(const catga_error *error)
{
    const http_problem problem = {
        .status = 403, .title = "The service does not permit this request", .detail = error->text};

    return http_problem_response(&problem);
}

http_response http_answer_make(const catga_route *route, http_media media, catga_status status,
                               const uint8_t *table, const catga_error *error)
{
    if (status == CATGA_OK)
        return result_response(route, media, table);
    if (status == CATGA_DECLARED_ERROR)
        return declared_response(route, error);
    if (is_denied(status, error))
        return denied_response(error);
    const http_problem problem = http_problem_of_status(status);
    return http_problem_response(&problem);
}
