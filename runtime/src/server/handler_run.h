/* Runs handlers. */
#ifndef CATGA_HANDLER_RUN_H
#define CATGA_HANDLER_RUN_H

#include "server/context.h"

/* Runs the handler in this thread, with the middleware around it. */
catga_status catga_handler_run(catga_context *context, catga_endpoint *endpoint,
                               const uint8_t *table);

#endif
