/*
 * W3C Trace Context: the one place that validates values of the headers traceparent and tracestate.
 * All functions are pure. Texts of peers may be absent.
 */
#ifndef CATGA_TRACE_CONTEXT_H
#define CATGA_TRACE_CONTEXT_H

#include <catga/catga.h>

/* 55 characters and the terminator. */
#define CATGA_TRACEPARENT_SIZE 56

/* Limits of a tracestate that is passed on. */
enum { CATGA_TRACESTATE_MAX = 512, CATGA_TRACESTATE_MEMBERS = 32 };

/* Bits of the flags: the only ones that are defined. */
enum { CATGA_TRACE_SAMPLED = 1, CATGA_TRACE_RANDOM = 2 };

typedef struct catga_trace_context {
    uint8_t trace_id[16];
    uint8_t span_id[8];
    uint8_t flags;
} catga_trace_context;

/*
 * Returns the part of a traceparent that version 00 defines: 55 characters. Returns an absent text
 * if the traceparent is invalid: version ff, an id of zeros, upper case or a wrong length. A higher
 * version may be longer.
 */
catga_string catga_traceparent_of(catga_string text);

/* Copies a valid traceparent as version 00. Returns false, and an empty copy, for any other. */
bool catga_traceparent_copy(char copy[CATGA_TRACEPARENT_SIZE], catga_string text);

/* Writes a traceparent of version 00. */
void catga_trace_context_write(const catga_trace_context *context,
                               char traceparent[CATGA_TRACEPARENT_SIZE]);

/* ---- A valid traceparent, as catga_traceparent_copy and catga_trace_context_write make it ---- */

void catga_trace_context_read(catga_trace_context *context,
                              const char traceparent[CATGA_TRACEPARENT_SIZE]);

/* Replaces the span, which is faster than reading and writing the whole. */
void catga_traceparent_set_span(char traceparent[CATGA_TRACEPARENT_SIZE], const uint8_t span_id[8],
                                uint8_t flags);

/* ---- tracestate ---- */

/*
 * Returns the first members of a tracestate that fit into the limits, as a part of `text`. Returns
 * an absent text if one of them is invalid.
 */
catga_string catga_tracestate_of(catga_string text);

#endif
