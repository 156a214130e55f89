/* Runs the handler of a stored event; see stored_run.h. */
#include "streams/stored_run.h"

#include "bus/status.h"
#include "server/handler_run.h"

#include <inttypes.h>
#include <stdio.h>

static void report_failure(catga_context *context, catga_endpoint *endpoint, catga_status status)
{
    catga_problem *problem = &context->problem;

    catga_log_limited(&context->state->settings.logger, &endpoint->failed, CATGA_LOG_WARNING,
                      "service: run %s.%s: attempt %" PRIu32 " failed: " CATGA_REASON,
                      endpoint->service_instance->service->name, endpoint->handler->name,
                      context->attempt, CATGA_REASON_OF(status, *problem));
    if (problem->text[0] == '\0')
        snprintf(problem->text, sizeof problem->text, "%s", catga_status_text(status));
}

catga_status catga_stored_run(catga_context *context, catga_endpoint *endpoint,
                              const uint8_t *table)
{
    catga_status status = catga_handler_run(context, endpoint, table);

    context->verdict = status == CATGA_OK ? CATGA_COUNTER_handled : CATGA_COUNTER_handlers_failed;
    if (status != CATGA_OK)
        report_failure(context, endpoint, status);
    return status;
}
