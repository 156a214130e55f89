/* The context of one message and its handler: one thread owns it, on its stack. */
#ifndef CATGA_CONTEXT_H
#define CATGA_CONTEXT_H

#include "base/running.h"
#include "bus/decode_buffer.h"
#include "server/received.h"
#include "server/service.h"

/* The longest delay of a requested retry. */
enum { CATGA_LONGEST_DELAY_MS = 86400000 };

struct catga_context {
    catga_running running;
    catga_bus bus; /* for calls on behalf of this message; its span is that of the handling */
    catga_bus_state *state;
    catga_endpoint *endpoint;
    const catga_message *message;
    void *user;
    const catga_incoming *incoming;
    catga_decoded *decoded; /* the message, if its payload is no FlatBuffers; else NULL */
    int64_t deadline;       /* monotonic; CATGA_FOREVER for an event */
    bool has_other_subject; /* a replay without the subject of its event: keys are not compared */
    bool answered;
    bool too_large;                /* the answer exceeds a limit and was neither sent nor kept */
    struct catga_claimed *claimed; /* keeps the answer; NULL without a claim */
    catga_status outcome;          /* of the handler, or why it did not run */
    catga_status refusal;          /* requested by catga_deny; else CATGA_OK */
    catga_counter verdict;         /* counter of messages that end this way, or CATGA_UNCOUNTED */
    uint32_t attempt;
    int64_t retry_after_ms;          /* requested by the handler; negative: the schema's pause */
    catga_problem problem;           /* why an answer could not be made; else empty */
    struct catga_metrics_cell *cell; /* counts of this message; NULL unless it is measured */
    int64_t began_ns;                /* of a measured message: begin of its handling, monotonic */
    catga_span_state span;           /* of a traced message: see bus.span */
};

/*
 * Initialises the context of a received message, without a deadline. Until catga_context_end, which
 * precedes the release of the message, lines that this thread logs carry the ids of the message.
 */
void catga_context_begin(catga_context *context, catga_endpoint *endpoint,
                         const catga_incoming *incoming);
static inline void catga_context_end(const catga_context *context)
{
    catga_running_remove(&context->running);
    if (CATGA_UNLIKELY(context->decoded != NULL))
        catga_decoded_free(context->state, context->decoded);
}

/* Decodes the message, whose memory ends with the context: see catga_context_open. */
catga_status catga_context_decode(catga_context *context, const uint8_t **table,
                                  catga_problem *problem);

/*
 * Verifies the message, and returns its root, which is valid until catga_context_end.
 * CATGA_BAD_MESSAGE with *problem; CATGA_NO_MEMORY.
 */
static inline catga_status catga_context_open(catga_context *context, const uint8_t **table,
                                              catga_problem *problem)
{
    const catga_incoming *incoming = context->incoming;

    if (CATGA_UNLIKELY(context->message->encoding != NULL))
        return catga_context_decode(context, table, problem);
    if (CATGA_UNLIKELY(context->message->keys != NULL && !context->has_other_subject))
        return catga_received_verify(context->message, incoming, table, problem);
    return catga_verify(context->message->table, incoming->data, incoming->length, table, problem);
}

/* Returns the delay of a requested retry within its limits; -1: the schema's pause. */
static inline int64_t catga_retry_delay(int64_t delay_ms)
{
    if (delay_ms < 0)
        return -1;
    return delay_ms < CATGA_LONGEST_DELAY_MS ? delay_ms : CATGA_LONGEST_DELAY_MS;
}

/* Returns whether `status` is the refusal of a request that has no other answer. */
bool catga_context_is_refused(const catga_context *context, catga_status status);

#endif
