/* Runs handlers. */
#ifndef CATGA_HANDLER_RUN_H
#define CATGA_HANDLER_RUN_H

#include "server/context.h"

/* Runs the handler in this thread; functions that would wait for it refuse to do so meanwhile. */
catga_status catga_handler_run(catga_context *context, catga_endpoint *endpoint,
                               const uint8_t *table);

#endif
