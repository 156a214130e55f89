/* Runs the handler of a stored event: of a delivery, or of a dead letter that is replayed. */
#ifndef CATGA_STORED_RUN_H
#define CATGA_STORED_RUN_H

#include "server/context.h"

/*
 * Runs the handler and sets the verdict. Logs a failure; the problem of the context then is not
 * empty.
 */
catga_status catga_stored_run(catga_context *context, catga_endpoint *endpoint,
                              const uint8_t *table);

#endif
