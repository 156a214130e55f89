/* Reads and writes shared records; see kv.h. */
#include "bus/kv.h"

#include "bus/round_trip.h"

/* time limit of the server for an answer */
#define STORE_WAIT (500 * CATGA_MILLISECOND)

typedef struct write_question {
    catga_kv_key key;
    const catga_outgoing *record;
    uint64_t over;
} write_question;

static catga_status send_write(catga_bus_state *state, const void *question, uint64_t token)
{
    const write_question *write = question;

    return state->transport->kv->write(state->transport, write->key, write->record, write->over,
                                       token);
}

catga_status catga_kv_write(catga_bus_state *state, catga_kv_key key, const catga_outgoing *record,
                            uint64_t over, uint64_t *revision, catga_problem *problem)
{
    const write_question question = {key, record, over};
    catga_incoming answer;

    catga_status status =
        catga_round_trip(state, send_write, &question, catga_clock_now() + STORE_WAIT, &answer);

    if (status != CATGA_OK) /* too many pending calls do not mean that the bucket is full */
        return status == CATGA_OVERLOADED ? CATGA_TRANSPORT_FAILED : status;
    status = state->transport->kv->written(&answer, revision, problem);
    state->operations->release(&answer);
    return status;
}

static catga_status send_read(catga_bus_state *state, const void *question, uint64_t token)
{
    const catga_kv_key *key = question;

    return state->transport->kv->read(state->transport, *key, token);
}

catga_status catga_kv_read(catga_bus_state *state, catga_kv_key key, catga_incoming *record,
                           uint64_t *revision)
{
    catga_problem problem = {""};

    catga_status status =
        catga_round_trip(state, send_read, &key, catga_clock_now() + STORE_WAIT, record);

    if (status != CATGA_OK)
        return status;
    status = state->transport->kv->found(record, revision, &problem);
    if (status != CATGA_OK)
        state->operations->release(record);
    return status;
}

bool catga_kv_is_unchanged(catga_status status)
{
    return status == CATGA_OVERLOADED || status == CATGA_NO_RESPONDERS ||
           status == CATGA_NOT_PERMITTED || status == CATGA_TOO_LARGE ||
           status == CATGA_INVALID_ARGUMENT || status == CATGA_NO_MEMORY;
}
