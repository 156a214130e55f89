/* Addresses messages of a schema. */
#ifndef CATGA_ADDRESS_H
#define CATGA_ADDRESS_H

#include "server/context.h"

/*
 * Begins the envelope of a message that is sent through `bus`: its subject, and the correlation id
 * of the message on whose behalf it is sent; also the trace context, unless it `has_trace` of its
 * own.
 */
static inline catga_status catga_address(catga_envelope *envelope, const catga_bus *bus,
                                         const catga_message *message, bool has_trace)
{
    if (!catga_envelope_begin(envelope, bus->state->prefix, message->subject))
        return CATGA_INVALID_ARGUMENT;
    if (bus->context == NULL)
        return CATGA_OK;
    catga_envelope_add_correlation(envelope, catga_context_correlation_id(bus->context));
    if (!has_trace)
        catga_envelope_add_trace(envelope, catga_context_traceparent(bus->context),
                                 catga_context_header(bus->context, CATGA_HEADER_TRACESTATE));
    return CATGA_OK;
}

#endif
