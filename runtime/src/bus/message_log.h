/*
 * One log line of level debug for each message. Costs one load and one branch if that level is off.
 */
#ifndef CATGA_MESSAGE_LOG_H
#define CATGA_MESSAGE_LOG_H

#include "server/context.h"

/* Logs a sent message and its outcome. */
void catga_message_log_sent(const catga_bus_state *state, const catga_message *message,
                            const catga_outgoing *outgoing, catga_status status);

/* Logs a received message and its outcome. */
void catga_message_log_received(const catga_context *context, const char *handler,
                                const char *outcome);

#endif
