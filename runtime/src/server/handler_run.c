/* Runs handlers; see handler_run.h. */
#include "server/handler_run.h"

#include "base/running.h"

catga_status catga_handler_run(catga_context *context, catga_endpoint *endpoint,
                               const uint8_t *table)
{
    catga_running running;

    catga_running_add(&running, context->state, endpoint);
    context->outcome = endpoint->handler->run(endpoint->service_instance->handlers, context, table);
    catga_running_remove(&running);
    return context->outcome;
}
