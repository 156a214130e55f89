/* The outcome of a call: what its answer says, and where the caller reads that. */
#ifndef CATGA_OUTCOME_H
#define CATGA_OUTCOME_H

#include "bus/bus_state.h"

/* The outcome of a call, or of one try; one thread owns it, on its stack. */
typedef struct catga_outcome {
    catga_status status;
    const uint8_t *table;
    catga_error error;
    bool answered; /* `answer` is to be released; table and error may point into it */
    catga_incoming answer;
    catga_placed placed;           /* of a stored message */
    struct catga_decoded *decoded; /* an answer that is no FlatBuffers; else NULL */
    bool bad_reply;                /* the answer was not a valid result */
    catga_problem problem; /* why the message was not sent, or its answer is no answer; or empty */
} catga_outcome;

/* Takes over the event's answer, reads it, and sets the outcome. */
void catga_outcome_read(catga_outcome *outcome, catga_bus_state *state,
                        const catga_message *message, const catga_call_event *event);

/* Releases the answer, if there is one. */
void catga_outcome_release(catga_outcome *outcome, catga_bus_state *state);

/* Completes the error of an outcome that no answer explains. */
void catga_outcome_explain(catga_outcome *outcome);

/* Frees the call and releases the answer. Copies the problem, if there is one. Returns the status.
 */
catga_status catga_outcome_conclude(catga_outcome *outcome, catga_bus_state *state,
                                    catga_pending *call, catga_problem *problem);

/*
 * Moves the outcome to *reply, which keeps the answer until catga_received_free. Returns the status
 * of the outcome, or CATGA_NO_MEMORY.
 */
catga_status catga_outcome_keep(catga_outcome *outcome, catga_bus_state *state, catga_reply *reply);

/* Returns the size of a block of state->received. */
size_t catga_received_size(void);

#endif
