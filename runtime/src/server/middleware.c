/* Runs middleware around handlers; see middleware.h. */
#include "server/middleware.h"

#include <stdio.h>

/* The rest of the chain, on the stack of the middleware that gets it. */
struct catga_next {
    catga_context *context;
    const uint8_t *table;
    size_t index; /* of the middleware that gets it, from 0 */
    bool ran;
    bool was_allowed; /* it ran, and was not denied */
};

static void explain(const catga_next *next, const char *mistake)
{
    catga_problem *problem = &next->context->problem;

    snprintf(problem->text, sizeof problem->text, "middleware %zu %s", next->index + 1, mistake);
}

/* ---- Mistakes of a middleware ---- */

/* Returns whether a middleware reports success of a message that nobody has handled. */
static bool has_done_nothing(const catga_next *next, catga_status status)
{
    return status == CATGA_OK && !next->ran && !next->context->answered;
}

static catga_status refuse_nothing(const catga_next *next)
{
    explain(next, "neither answered nor ran the next");
    return CATGA_HANDLER_FAILED;
}

/* The caller of a denied message may repeat it, although it may have had its effect. */
static bool denies_too_late(const catga_next *next)
{
    return next->was_allowed && next->context->refusal != CATGA_OK;
}

static catga_status refuse_late_denial(const catga_next *next)
{
    next->context->refusal = CATGA_OK;
    explain(next, "denied a message that had run");
    return CATGA_HANDLER_FAILED;
}

/* Logs the mistake, because the outcome of the first run may hide it. */
static catga_status refuse_second_run(const catga_next *next)
{
    catga_context *context = next->context;
    catga_endpoint *endpoint = context->endpoint;

    explain(next, "ran the next twice");
    catga_log_limited(&context->state->settings.logger, &endpoint->failed, CATGA_LOG_ERROR,
                      "service: run %s.%s: %s", endpoint->service_instance->service->name,
                      endpoint->handler->name, context->problem.text);
    return CATGA_INVALID_ARGUMENT;
}

/* ---- The chain ---- */

static catga_status run_handler(catga_context *context, const uint8_t *table)
{
    const catga_endpoint *endpoint = context->endpoint;

    return endpoint->handler->run(endpoint->service_instance->handlers, context, table);
}

/* Runs the middleware with that index, or behind the last one the handler. */
static catga_status run_from(catga_context *context, const uint8_t *table, size_t index)
{
    const catga_settings *settings = &context->state->settings;
    catga_next next = {.context = context, .table = table, .index = index};

    if (index == settings->middleware_count)
        return run_handler(context, table);
    const catga_middleware *middleware = &settings->middleware[index];
    catga_status status = middleware->run(context, &next, middleware->user);
    if (denies_too_late(&next))
        return refuse_late_denial(&next);
    return has_done_nothing(&next, status) ? refuse_nothing(&next) : status;
}

catga_status catga_run_next(catga_next *next)
{
    if (next->ran)
        return refuse_second_run(next);
    next->ran = true;
    catga_status status = run_from(next->context, next->table, next->index + 1);
    next->was_allowed = next->context->refusal == CATGA_OK;
    return status;
}

catga_status catga_middleware_run(const void *handlers, catga_context *context,
                                  const uint8_t *table)
{
    (void)handlers;
    return run_from(context, table, 0);
}
