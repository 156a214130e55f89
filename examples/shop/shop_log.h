/* The lines that the shop's services write to standard output. */
#ifndef SHOP_LOG_H
#define SHOP_LOG_H

#include <catga/catga.h>

/*
 * Writes "[INFO] [order-service-1] TEXT [MessageId=...]": the instance that handles the message and
 * the id that it can be traced by. A command has an id of its own; an event that may be lost has
 * none, and shows the id of the command that caused it, as CorrelationId. Whatever a customer put
 * into the text, the line stays one line.
 */
void shop_info(catga_context *context, const char *format, ...) CATGA_PRINTF(2, 3);
void shop_warn(catga_context *context, const char *format, ...) CATGA_PRINTF(2, 3);

/* The same outside of a handler: a service that starts or stops. */
void shop_notice(const catga_bus *bus, const char *format, ...) CATGA_PRINTF(2, 3);

#endif
