/* The log lines of the shop's services, on standard output. */
#ifndef SHOP_LOG_H
#define SHOP_LOG_H

#include <catga/catga.h>

/*
 * Writes "[INFO] [order-service-1] TEXT [MessageId=...]": the instance that handles the message,
 * and the message's id for tracing. A command has an id of its own. An event that may be lost has
 * none, so the line shows the id of the command that caused it, as CorrelationId. Control
 * characters in TEXT become spaces, so a customer cannot break the line.
 */
void shop_info(catga_context *context, const char *format, ...) CATGA_PRINTF(2, 3);
void shop_warn(catga_context *context, const char *format, ...) CATGA_PRINTF(2, 3);

/* Writes the same outside a handler, when a service starts or stops. */
void shop_notice(const catga_bus *bus, const char *format, ...) CATGA_PRINTF(2, 3);

#endif
