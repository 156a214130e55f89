/* Runs handlers; see handler_run.h. */
#include "server/handler_run.h"

catga_status catga_handler_run(catga_context *context, catga_endpoint *endpoint,
                               const uint8_t *table)
{
    context->outcome = endpoint->run(endpoint->service_instance->handlers, context, table);
    return context->outcome;
}
