/* One message on its way through a handler. */
#ifndef CATGA_CONTEXT_H
#define CATGA_CONTEXT_H

#include "bus/bus_state.h"

struct catga_context {
    catga_bus bus; /* for calls on behalf of this message */
    catga_bus_state *state;
    const catga_message *message;
    void *user;
    const catga_incoming *incoming;
    int64_t deadline; /* monotonic; CATGA_FOREVER for an event */
    bool answered;
    bool too_large; /* an answer was not sent, nor kept, because it is larger than may be sent */
    struct catga_claimed
        *claimed;         /* the claim under which it is handled, or NULL; keeps the answer */
    catga_status outcome; /* of the handler, or why it did not run */
    uint32_t attempt;
    int64_t retry_after_ms; /* that the handler asked for; negative: the schema's pause */
    catga_problem problem;  /* why an answer could not be made; else empty */
};

/* A header of the message; absent when it has none of that name. */
catga_string catga_context_header(const catga_context *context, const char *name);

/*
 * Answers with an error, `name` only for a declared one (else NULL). A message that wants no answer
 * gets none.
 */
catga_status catga_context_refuse(catga_context *context, uint32_t code, const char *name,
                                  catga_string text);

/* Answers that the answer is too large to send. */
catga_status catga_context_refuse_too_large(catga_context *context);

/* Answers as a claim that is done says. */
catga_status catga_context_repeat(catga_context *context, const catga_claim *claim);

#endif
