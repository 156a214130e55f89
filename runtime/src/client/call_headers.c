/* Checks headers of callers; see call_headers.h. */
#include "client/call_headers.h"

#include <stdio.h>
#include <strings.h>

/* ---- Names ---- */

/* Returns whether the runtime or NATS gives a meaning to the name. A client in another language
 * may compare names without regard to case. */
static bool is_reserved(const char *name)
{
    static const char *const names[] = {CATGA_HEADER_TRACEPARENT, CATGA_HEADER_TRACESTATE, "Status",
                                        "Description"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return strncasecmp(name, "Nats-", 5) == 0 || strncasecmp(name, "Catga-", 6) == 0;
}

/* Returns whether an earlier header of the list has the name. */
static bool is_repeated(const catga_header *headers, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcasecmp(headers[i].name, headers[index].name) == 0)
            return true;
    return false;
}

/* ---- Values ---- */

/* Returns whether a server passes the value on as it is: blanks at its ends would be lost. */
static bool is_value(const char *value)
{
    catga_string text = catga_str(value);

    return text.length != 0 && text.length <= CATGA_HEADER_VALUE_CAP && text.data[0] != ' ' &&
           text.data[text.length - 1] != ' ' && !catga_has_controls(text);
}

/* ---- Headers ---- */

const char *catga_header_problem(const char *name, const char *value)
{
    if (name == NULL || !catga_is_token(catga_str(name)))
        return "its name is not 1 to 64 of A-Z a-z 0-9 _ -";
    if (is_reserved(name))
        return "its name is reserved";
    if (!is_value(value))
        return "its value is not 1 to 4096 bytes without control characters or blanks at its ends";
    return NULL;
}

static const char *find_problem(const catga_header *headers, size_t index)
{
    const char *problem = catga_header_problem(headers[index].name, headers[index].value);

    return problem == NULL && is_repeated(headers, index) ? "its name is given twice" : problem;
}

static bool refuse(catga_problem *problem, const char *name, const char *reason)
{
    snprintf(problem->text, sizeof problem->text, "header %.64s: %s", name == NULL ? "NULL" : name,
             reason);
    return false;
}

bool catga_call_headers_add(catga_envelope *envelope, const catga_bus *bus,
                            const catga_message *message, catga_problem *problem)
{
    if (message->kind == CATGA_EVENT)
        return refuse(problem, bus->headers[0].name,
                      "an event carries no headers of its publisher");
    if (bus->header_count > CATGA_HEADERS_MAX)
        return refuse(problem, bus->headers[0].name, "a call carries at most 8 headers");
    for (size_t i = 0; i < bus->header_count; i++) {
        const char *reason = find_problem(bus->headers, i);
        if (reason != NULL)
            return refuse(problem, bus->headers[i].name, reason);
        catga_envelope_borrow(envelope, &bus->headers[i]);
    }
    return true;
}
