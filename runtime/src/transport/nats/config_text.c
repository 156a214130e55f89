#include "transport/nats/config_text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

/* ---- Writing ---- */

void catga_nats_text_put(catga_nats_text *out, const char *format, ...)
{
    size_t room = CATGA_NATS_TEXT - out->length;
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(out->text + out->length, room, format, arguments);
    va_end(arguments);
    out->full |= length < 0 || (size_t)length >= room;
    if (!out->full)
        out->length += (size_t)length;
}

char *catga_nats_description(const catga_nats_desired *desired)
{
    catga_nats_text description = {.length = 0};

    desired->kind->put(&description, desired);
    return strdup(description.text);
}

/* ---- Comparing ---- */

catga_nats_comparison catga_nats_compare(const char *kind, const char *name,
                                         const catga_nats_api_answer *info, catga_problem *problem)
{
    return (catga_nats_comparison){.config = catga_nats_json_get(info->object, "config"),
                                   .kind = kind,
                                   .name = name,
                                   .problem = problem};
}

void catga_nats_drift(catga_nats_comparison *comparison, const char *field, const char *how,
                      const char *desired)
{
    catga_nats_json found = catga_nats_json_get(comparison->config, field);
    catga_problem *problem = comparison->problem;
    size_t length = comparison->drifted ? strlen(problem->text) : 0;
    char *end = problem->text + length;
    size_t room = sizeof problem->text - length;

    if (!comparison->drifted)
        snprintf(end, room, "%s %s: ", comparison->kind, comparison->name);
    else
        snprintf(end, room, "; ");
    comparison->drifted = true;
    length = strlen(problem->text);
    snprintf(problem->text + length, sizeof problem->text - length, "%s is %.*s, and must be %s%s",
             field, found.data == NULL ? 7 : (int)found.length,
             found.data == NULL ? "not set" : found.data, how, desired);
}

void catga_nats_same_text(catga_nats_comparison *comparison, const char *field, const char *desired)
{
    if (!catga_nats_json_is(catga_nats_json_get(comparison->config, field), desired))
        catga_nats_drift(comparison, field, "", desired);
}

void catga_nats_same_number(catga_nats_comparison *comparison, const char *field, int64_t desired,
                            int64_t absent)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRId64, desired);
    if (catga_nats_json_number(catga_nats_json_get(comparison->config, field), absent) != desired)
        catga_nats_drift(comparison, field, "", text);
}

void catga_nats_same_flag(catga_nats_comparison *comparison, const char *field, bool desired)
{
    bool found = catga_nats_json_get(comparison->config, field).length == strlen("true");

    if (found != desired)
        catga_nats_drift(comparison, field, "", desired ? "true" : "false");
}

void catga_nats_at_least(catga_nats_comparison *comparison, const char *field, int64_t desired)
{
    char text[40];

    snprintf(text, sizeof text, "at least %" PRId64, desired);
    if (catga_nats_json_number(catga_nats_json_get(comparison->config, field), 0) < desired)
        catga_nats_drift(comparison, field, "", text);
}

/* ---- Copying ---- */

size_t catga_nats_size_of(const char *text)
{
    return strlen(text) + 1;
}

const char *catga_nats_copy_text(char **at, const char *text)
{
    char *copy = memcpy(*at, text, catga_nats_size_of(text));

    *at += catga_nats_size_of(text);
    return copy;
}
