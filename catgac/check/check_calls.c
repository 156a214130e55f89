/* check_calls.c -- checks services that call each other.
 *
 * `calls` declares that handlers of a service wait for the answer to a command or query. A callee
 * must not have a longer timeout than its caller. A cycle of calls is an error, because a request
 * could wait for itself.
 */
#include "check/checker.h"

/* ---- Deadlines ------------------------------------------------------------------------------- */

/* Returns the handler with the longest timeout, or NULL if the service handles no calls. */
static const model_message *most_patient(const model_service *service)
{
    const model_message *most = NULL;

    for (size_t i = 0; i < service->handler_count; i++)
        if (most == NULL || service->handlers[i].message->timeout_ns > most->timeout_ns)
            most = service->handlers[i].message;
    return most;
}

static span timeout_place(const model_message *message)
{
    return message->annotations.timeout.source != 0 ? message->annotations.timeout
                                                    : message->origin.place;
}

static void check_deadlines(const checker *c, const model_service *service)
{
    const model_message *outer = most_patient(service);

    for (size_t i = 0; i < service->called_count && outer != NULL; i++) {
        const model_message *inner = service->called[i].message;
        if (inner->timeout_ns <= outer->timeout_ns)
            continue;
        buffer text = buffer_in(c->memory);
        buffer_printf(&text, "'%.*s' may take ", SLICE_PRINT(inner->origin.name));
        model_print_duration(inner->timeout_ns, &text);
        buffer_append_text(&text, ", and callers of this service give up after ");
        model_print_duration(outer->timeout_ns, &text);
        diag_report(c->diags, DIAG_INNER_DEADLINE, service->called[i].place, "%s", text.data);
        diag_note(c->diags, timeout_place(inner), "the timeout of the called message is here");
        diag_note(c->diags, timeout_place(outer),
                  "the longest timeout of the calling service is here");
    }
}

/* ---- Circles --------------------------------------------------------------------------------- */

/* A service on the current path of the search. */
typedef struct waiting {
    const model_service *service;
    size_t next; /* number of its calls that were followed */
} waiting;

/* The states of services, by address. */
typedef struct call_search {
    checker *c;
    text_table states;
    waiting *path;
    size_t length;
} call_search;

static slice key_of(const model_service *const *service)
{
    return (slice){(const char *)service, sizeof *service};
}

/* Services on the current path are IN_PROGRESS; services that are in no cycle are DONE. */
static symbol_state *state_of(call_search *search, const model_service *service)
{
    symbol_state *state = text_table_find(&search->states, key_of(&service));

    if (state != NULL)
        return state;
    const model_service **key = ARENA_NEW(search->c->memory, const model_service *);
    *key = service;
    state = ARENA_NEW(search->c->memory, symbol_state);
    text_table_insert(&search->states, key_of(key), state);
    return state;
}

static void report_circle(const call_search *search, const model_called *closing)
{
    const model_service *target = closing->message->handled_by;
    size_t begin = 0;

    while (search->path[begin].service != target)
        begin++;
    diag_report(search->c->diags, DIAG_CALL_CYCLE, closing->place,
                begin + 1 == search->length
                    ? "'%.*s' handles '%.*s' itself: it would wait for itself"
                    : "'%.*s' waits for '%.*s', whose handlers wait for it: the calls form a cycle",
                SLICE_PRINT(search->path[search->length - 1].service->origin.name),
                SLICE_PRINT(begin + 1 == search->length ? closing->message->origin.name
                                                        : target->origin.name));
    for (size_t i = begin; i + 1 < search->length; i++)
        diag_note(search->c->diags, search->path[i].service->called[search->path[i].next - 1].place,
                  "'%.*s' waits for '%.*s' here", SLICE_PRINT(search->path[i].service->origin.name),
                  SLICE_PRINT(search->path[i + 1].service->origin.name));
}

static void enter(call_search *search, const model_service *service)
{
    *state_of(search, service) = SYMBOL_IN_PROGRESS;
    search->path[search->length++] = (waiting){service, 0};
}

/* Follows the next call of the current path, or goes back one service. */
static void step(call_search *search)
{
    waiting *top = &search->path[search->length - 1];

    if (top->next == top->service->called_count) {
        *state_of(search, top->service) = SYMBOL_DONE;
        search->length--;
        return;
    }
    const model_called *called = &top->service->called[top->next++];
    const model_service *target = called->message->handled_by;
    if (target == NULL)
        return;
    symbol_state state = *state_of(search, target);
    if (state == SYMBOL_IN_PROGRESS)
        report_circle(search, called);
    else if (state == SYMBOL_UNTOUCHED)
        enter(search, target);
}

static size_t count_services(const checker *c)
{
    size_t count = 0;

    for (size_t i = 0; i < c->scope_count; i++)
        count += c->scopes[i].module->service_count;
    return count;
}

/* Depth-first search without recursion, because the number of services is not limited. */
void check_calls(checker *c)
{
    call_search search = {.c = c, .states = text_table_in(c->memory)};

    search.path = ARENA_ARRAY(c->memory, count_services(c), waiting);
    for (size_t i = 0; i < c->scope_count; i++) {
        const model_module *module = c->scopes[i].module;
        for (size_t j = 0; j < module->service_count; j++) {
            const model_service *service = &module->services[j];
            check_deadlines(c, service);
            if (*state_of(&search, service) == SYMBOL_UNTOUCHED)
                enter(&search, service);
            while (search.length > 0)
                step(&search);
        }
    }
}
