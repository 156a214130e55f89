/* Addresses messages of a schema. */
#ifndef CATGA_ADDRESS_H
#define CATGA_ADDRESS_H

#include "bus/encode_buffer.h"
#include "client/call_headers.h"
#include "observe/span.h"
#include "server/context.h"

/*
 * Begins the envelope of a message that is sent through `bus`: its subject, and the correlation id
 * and trace context of the message or span on whose behalf it is sent, and the headers of the bus.
 * `payload` has the keys of the subject; NULL for a message that is not sent.
 * CATGA_INVALID_MESSAGE: *problem names the key. CATGA_INVALID_ARGUMENT: *problem names the header,
 * or is unchanged if the subject is too long.
 */
static inline catga_status catga_address(catga_envelope *envelope, const catga_bus *bus,
                                         const catga_message *message,
                                         const catga_encode_buffer *payload, catga_problem *problem)
{
    if (!catga_envelope_begin(envelope, bus->state->prefix, message->subject))
        return CATGA_INVALID_ARGUMENT;
    if (payload != NULL) {
        envelope->outgoing.data = payload->data;
        envelope->outgoing.length = payload->length;
        catga_status status = catga_envelope_add_keys(envelope, message, payload->data, problem);
        if (status != CATGA_OK)
            return status;
    }
    if (CATGA_UNLIKELY(bus->header_count != 0) &&
        !catga_call_headers_add(envelope, bus, message, problem))
        return CATGA_INVALID_ARGUMENT;
    if (bus->context != NULL)
        catga_envelope_add_correlation(envelope, catga_context_correlation_id(bus->context));
    if (bus->context == NULL && bus->span == NULL)
        return CATGA_OK;
    catga_span_inherit(&envelope->span, bus);
    catga_envelope_add_trace(envelope);
    return CATGA_OK;
}

#endif
