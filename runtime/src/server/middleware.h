/* Runs the middleware of a bus around a handler. */
#ifndef CATGA_MIDDLEWARE_H
#define CATGA_MIDDLEWARE_H

#include "server/context.h"

/* Runs the first middleware, which runs the rest. Has the type of catga_handler.run. */
catga_status catga_middleware_run(const void *handlers, catga_context *context,
                                  const uint8_t *table);

#endif
