/*
 * The line of level debug that each message has. It costs one load and one branch where that level
 * is off.
 */
#ifndef CATGA_MESSAGE_LOG_H
#define CATGA_MESSAGE_LOG_H

#include "server/context.h"

/* Logs a message that was sent, and what became of it. */
void catga_message_log_sent(const catga_bus_state *state, const catga_message *message,
                            const catga_outgoing *outgoing, catga_status status);

/* Logs a message that came, and what became of it: "ok", or a reason. */
void catga_message_log_received(const catga_context *context, const char *handler,
                                const char *outcome);

#endif
