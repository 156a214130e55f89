/* Verifies received messages. */
#ifndef CATGA_RECEIVED_H
#define CATGA_RECEIVED_H

#include "transport/transport.h"

#include <catga/gen.h>

/*
 * Verifies the payload of a message with keys, and that those of its subject are the same.
 * CATGA_BAD_MESSAGE: *problem says why. The table is valid as long as the payload.
 */
catga_status catga_received_verify(const catga_message *message, const catga_incoming *incoming,
                                   const uint8_t **table, catga_problem *problem);

#endif
