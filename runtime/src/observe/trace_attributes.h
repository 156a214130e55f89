/* The attributes of spans, by OpenTelemetry's semantic conventions for messaging. */
#ifndef CATGA_TRACE_ATTRIBUTES_H
#define CATGA_TRACE_ATTRIBUTES_H

#include "observe/observer.h"
#include "streams/stream_names.h"

#include <catga/trace.h>

enum { CATGA_TRACE_ATTRIBUTES = 12 };

/* The attributes of a message, with the memory of their texts; one thread owns them. */
typedef struct catga_trace_attributes {
    catga_span_attribute all[CATGA_TRACE_ATTRIBUTES];
    size_t count;
    char subject[CATGA_SUBJECT_MAX + 1];  /* of a handled message */
    char subjects[CATGA_SUBJECT_MAX + 1]; /* of every key */
    char group[CATGA_CONSUMER_NAME];
    char id[CATGA_TOKEN_MAX + 1];
    char conversation[CATGA_CORRELATION_MAX + 1];
    char error[32];
} catga_trace_attributes;

/* Collect the attributes of a sent message, which points into the envelope, and of a handled one.
 * `failure` is CATGA_OK for a success. */
void catga_trace_attributes_sent(catga_trace_attributes *attributes, const catga_sending *sending,
                                 const catga_envelope *envelope);
void catga_trace_attributes_handled(catga_trace_attributes *attributes,
                                    const catga_context *context, catga_status failure);

#endif
