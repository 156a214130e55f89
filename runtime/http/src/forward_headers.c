/* Passes headers of requests to the service; see forward_headers.h. */
#include "forward_headers.h"

#include <stdio.h>
#include <strings.h>

/* ---- The option ---- */

static const char BLANKS[] = " \t";

static bool is_repeated(const http_forward_headers *forward, const char *name)
{
    for (size_t i = 0; i < forward->count; i++)
        if (strcasecmp(forward->names[i], name) == 0)
            return true;
    return false;
}

/* Adds a name. Returns false if it is not accepted. */
static bool add_name(http_forward_headers *forward, const char *text, size_t length)
{
    char *name = forward->names[forward->count];

    if (forward->count == CATGA_HEADERS_MAX || length >= sizeof forward->names[0])
        return false;
    snprintf(name, sizeof forward->names[0], "%.*s", (int)length, text);
    if (catga_header_problem(name, "value") != NULL || is_repeated(forward, name))
        return false;
    forward->count++;
    return true;
}

/* Returns the length of a text without the blanks at its end. */
static size_t trimmed(const char *text, size_t length)
{
    while (length > 0 && strchr(BLANKS, text[length - 1]) != NULL)
        length--;
    return length;
}

/* Adds the names of a list, which may have blanks around them; no name is empty. */
static bool add_names(http_forward_headers *forward, const char *list)
{
    for (;;) {
        list += strspn(list, BLANKS);
        size_t length = strcspn(list, ",");
        if (!add_name(forward, list, trimmed(list, length)))
            return false;
        if (list[length] == '\0')
            return true;
        list += length + 1;
    }
}

static void list_allowed(http_forward_headers *forward)
{
    char *text = forward->allowed;

    snprintf(text, HTTP_ALLOWED_HEADERS,
             "Content-Type, Accept, Idempotency-Key, Catga-Timeout, traceparent, tracestate");
    for (size_t i = 0; i < forward->count; i++) {
        size_t length = strlen(text);
        snprintf(text + length, HTTP_ALLOWED_HEADERS - length, ", %s", forward->names[i]);
    }
}

catga_status http_forward_headers_read(http_forward_headers *forward, const char *list,
                                       catga_problem *problem)
{
    forward->count = 0;
    if (list != NULL && !add_names(forward, list)) {
        snprintf(problem->text, sizeof problem->text,
                 "forward_headers: accepted is: at most 8 names of headers, separated by commas, "
                 "none reserved (value=\"%.40s\")",
                 list);
        return CATGA_INVALID_ARGUMENT;
    }
    list_allowed(forward);
    return CATGA_OK;
}

/* ---- A request ---- */

static bool refuse(http_problem *problem, const char *name, const char *detail)
{
    *problem = (http_problem){.status = 400,
                              .title = http_status_title(400),
                              .detail = catga_str(detail),
                              .part = {"header", name}};
    return false;
}

/* A header that occurs twice has two meanings. */
static bool is_ambiguous(const http_exchange *exchange, const char *name)
{
    char none[1];

    return http_exchange_list(exchange, name, none, sizeof none) > 1;
}

bool http_forward_headers_find(const http_forward_headers *forward, const http_exchange *exchange,
                               catga_header headers[CATGA_HEADERS_MAX], size_t *count,
                               http_problem *problem)
{
    *count = 0;
    for (size_t i = 0; i < forward->count; i++) {
        const char *name = forward->names[i];
        const char *value = http_exchange_header(exchange, name);
        if (value == NULL)
            continue;
        if (is_ambiguous(exchange, name))
            return refuse(problem, name, "the header occurs twice");
        const char *reason = catga_header_problem(name, value);
        if (reason != NULL)
            return refuse(problem, name, reason);
        headers[(*count)++] = (catga_header){name, value};
    }
    return true;
}
