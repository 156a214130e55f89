/* Reads answers and keeps them for callers; see outcome.h. */
#include "client/outcome.h"

#include "bus/decode_buffer.h"
#include "bus/status.h"

#include <stdlib.h>

/* An answer, or a problem, that a caller keeps. */
typedef struct received {
    catga_bus_state *state;
    catga_incoming answer;
    catga_decoded *decoded;
    bool answered;
    catga_problem problem;
} received;

size_t catga_received_size(void)
{
    return sizeof(received);
}

/* ---- Reading an answer ---- */

static catga_status read_error(catga_outcome *outcome, const char *code,
                               const catga_transport_operations *operations)
{
    const char *error = NULL;

    outcome->error.code = (uint32_t)strtonum(code, 0, UINT32_MAX, &error);
    outcome->error.text = catga_str(operations->header(&outcome->answer, CATGA_HEADER_ERROR_TEXT));
    outcome->error.name = catga_str(operations->header(&outcome->answer, CATGA_HEADER_ERROR));
    if (outcome->error.name.length != 0 && error == NULL)
        return CATGA_DECLARED_ERROR;
    return catga_status_of_code(outcome->error.code);
}

static catga_status decode_result(catga_outcome *outcome, catga_bus_state *state,
                                  const catga_message *message)
{
    const catga_bytes payload = {outcome->answer.data, outcome->answer.length};
    catga_status status = catga_decode(state, message->encoding, message->result, payload,
                                       &outcome->decoded, &outcome->problem);

    if (status == CATGA_OK)
        outcome->table = catga_decoded_root(outcome->decoded);
    return status;
}

/* Verifies the result in an answer. A bad result has an error text, and no code of a peer. */
static catga_status read_result(catga_outcome *outcome, catga_bus_state *state,
                                const catga_message *message)
{
    catga_status status =
        CATGA_UNLIKELY(message->encoding != NULL)
            ? decode_result(outcome, state, message)
            : catga_verify(message->result, outcome->answer.data, outcome->answer.length,
                           &outcome->table, &outcome->problem);

    if (status == CATGA_BAD_MESSAGE) {
        outcome->bad_reply = true;
        outcome->error.text = catga_str(outcome->problem.text);
    }
    return status;
}

/* The runtime's own messages have no result: an empty answer is their success. */
static catga_status read_answer(catga_outcome *outcome, catga_bus_state *state,
                                const catga_message *message)
{
    const catga_transport_operations *operations = state->operations;

    if (message->delivery != NULL)
        return state->transport->streams->published(&outcome->answer, &outcome->placed,
                                                    &outcome->problem);
    if (outcome->answer.no_responders)
        return CATGA_NO_RESPONDERS;
    const char *code = operations->header(&outcome->answer, CATGA_HEADER_ERROR_CODE);
    if (code != NULL)
        return read_error(outcome, code, operations);
    if (message->result != NULL)
        return read_result(outcome, state, message);
    return outcome->answer.length == 0 ? CATGA_OK : CATGA_BAD_MESSAGE;
}

void catga_outcome_read(catga_outcome *outcome, catga_bus_state *state,
                        const catga_message *message, const catga_call_event *event)
{
    outcome->status = event->status;
    outcome->table = NULL;
    outcome->decoded = NULL;
    outcome->bad_reply = false;
    outcome->placed = (catga_placed){0};
    outcome->error = (catga_error){0};
    outcome->problem.text[0] = '\0';
    outcome->answered = event->answered;
    if (!event->answered)
        return;
    outcome->answer = event->answer;
    outcome->status = read_answer(outcome, state, message);
}

void catga_outcome_release(catga_outcome *outcome, catga_bus_state *state)
{
    if (outcome->answered)
        state->operations->release(&outcome->answer);
    catga_decoded_free(state, outcome->decoded);
    outcome->answered = false;
    outcome->decoded = NULL;
}

void catga_outcome_explain(catga_outcome *outcome)
{
    bool is_explained =
        outcome->status == CATGA_OK || outcome->error.code != 0 || outcome->error.text.length != 0;

    if (is_explained)
        return;
    if (outcome->status != CATGA_NOT_PERMITTED) /* 403 is a refusal of the service only */
        outcome->error.code = catga_status_code(outcome->status);
    outcome->error.text = catga_str(catga_status_reason(outcome->status, &outcome->problem));
}

/* ---- The end of a call ---- */

catga_status catga_outcome_conclude(catga_outcome *outcome, catga_bus_state *state,
                                    catga_pending *call, catga_problem *problem)
{
    catga_calls_free(&state->calls, call);
    if (outcome->problem.text[0] != '\0')
        *problem = outcome->problem;
    catga_outcome_release(outcome, state);
    return outcome->status;
}

/* ---- Keeping an answer ---- */

/* Moves the answer or problem to a block that the caller frees. Returns NULL without memory. */
static received *keep(catga_outcome *outcome, catga_bus_state *state)
{
    received *kept = catga_pool_take(&state->received);

    if (kept == NULL)
        return NULL;
    kept->state = state;
    kept->answered = outcome->answered;
    kept->answer = outcome->answer;
    kept->decoded = outcome->decoded;
    if (outcome->problem.text[0] != '\0')
        kept->problem = outcome->problem;
    return kept;
}

catga_status catga_outcome_keep(catga_outcome *outcome, catga_bus_state *state, catga_reply *reply)
{
    received *kept = NULL;

    *reply = (catga_reply){0};
    if (outcome->answered || outcome->problem.text[0] != '\0') {
        kept = keep(outcome, state);
        if (kept == NULL) {
            catga_outcome_release(outcome, state);
            reply->error = (catga_error){.text = catga_str(catga_status_text(CATGA_NO_MEMORY))};
            return CATGA_NO_MEMORY;
        }
    }
    catga_outcome_explain(outcome);
    reply->table = outcome->table;
    reply->error = outcome->error;
    if (kept != NULL && outcome->error.text.data == outcome->problem.text)
        reply->error.text.data = kept->problem.text;
    reply->received = kept;
    return outcome->status;
}

void catga_received_free(void *memory)
{
    received *kept = memory;

    if (kept == NULL)
        return;
    if (kept->answered)
        kept->state->operations->release(&kept->answer);
    catga_decoded_free(kept->state, kept->decoded);
    catga_pool_give(&kept->state->received, kept);
}
