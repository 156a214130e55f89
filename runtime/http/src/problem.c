/* Makes error responses; see problem.h. */
#include "problem.h"

#include "text.h"

#include <stdio.h>

static void add_member(http_text *text, const char *name, catga_string value)
{
    http_text_print(text, ",\"%s\":", name);
    http_text_string(text, value);
}

static void add_part(http_text *text, const http_problem *problem)
{
    http_text_print(text, ",\"errors\":[{\"%s\":", problem->part.kind);
    http_text_string(text, catga_str(problem->part.where));
    if (problem->detail.length != 0)
        add_member(text, "detail", problem->detail);
    http_text_add(text, "}]", 2);
}

static void print(http_text *text, const http_problem *problem)
{
    http_text_print(text, "{\"type\":");
    http_text_string(text, catga_str(problem->type == NULL ? "about:blank" : problem->type));
    add_member(text, "title", catga_str(problem->title));
    http_text_print(text, ",\"status\":%u", problem->status);
    if (problem->detail.length != 0)
        add_member(text, "detail", problem->detail);
    if (problem->code != 0)
        http_text_print(text, ",\"code\":%u", problem->code);
    if (problem->part.kind != NULL)
        add_part(text, problem);
    http_text_add(text, "}", 1);
}

http_response http_problem_response(const http_problem *problem)
{
    http_text text = {0};
    http_response response = {.status = problem->status};

    print(&text, problem);
    if (text.failed) {
        http_text_free(&text);
        return response;
    }
    response.body = text.data;
    response.length = text.length;
    http_response_add(&response, "Content-Type", "application/problem+json");
    if (problem->retry_after != NULL)
        http_response_add(&response, "Retry-After", problem->retry_after);
    return response;
}

http_problem http_problem_of_status(catga_status status)
{
    static const http_problem problems[CATGA_STATUS_COUNT] = {
#define HTTP_STATUS(name, code, after, text)                                                       \
    [CATGA_##name] = {.status = (code), .retry_after = (after), .title = (text)},
#include "statuses.def"
#undef HTTP_STATUS
    };

    if (problems[status].status != 0)
        return problems[status];
    return (http_problem){.status = 500, .title = http_status_title(500)};
}

const char *http_status_title(unsigned status)
{
    switch (status) {
    case 400:
        return "Bad Request";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 406:
        return "Not Acceptable";
    case 411:
        return "Length Required";
    case 413:
        return "Content Too Large";
    case 415:
        return "Unsupported Media Type";
    case 503:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}
