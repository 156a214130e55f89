/* Runs handlers for dead letters; see replay.h. */
#include "streams/replay.h"

#include "bus/status.h"
#include "claims/claims.h"
#include "observe/hooks.h"
#include "server/answer.h"
#include "streams/dead_letter_store.h"
#include "streams/stored_run.h"

#include <stdlib.h>

/* Runs the handler. The event stays a dead letter if that fails. */
static catga_status run(catga_context *context, catga_endpoint *endpoint, const uint8_t *table)
{
    return catga_stored_run(context, endpoint, table) == CATGA_OK ? CATGA_OK : CATGA_HANDLER_FAILED;
}

/* Runs the handler, and marks the claim as done after a success. */
static catga_status run_claimed(catga_context *context, catga_endpoint *endpoint,
                                const uint8_t *table)
{
    catga_status status = run(context, endpoint, table);

    if (status == CATGA_OK)
        return catga_claims_done(context->claimed) ? CATGA_OK : CATGA_IN_PROGRESS;
    catga_claims_release(context->claimed);
    return status;
}

static catga_status run_once(catga_context *context, catga_endpoint *endpoint, const uint8_t *table)
{
    catga_claimed claimed;
    catga_status status = catga_claims_reopen(&claimed, context);

    if (status == CATGA_OK)
        status = run_claimed(context, endpoint, table);
    catga_claims_end(&claimed, context);
    return status;
}

static catga_status handle(catga_context *context, catga_endpoint *endpoint)
{
    const uint8_t *table;
    catga_status status = catga_context_open(context, &table, &context->problem);

    if (status != CATGA_OK)
        return status;
    return context->message->delivery->once ? run_once(context, endpoint, table)
                                            : run(context, endpoint, table);
}

static void answer(catga_context *context, catga_status status)
{
    if (status == CATGA_OK)
        catga_answer_empty(context);
    else
        catga_answer_status(context, status);
}

/*
 * The claim of an event without an id needs its sequence number, and a handler the subject of the
 * event: both are in headers.
 */
void catga_replay_receive(void *user, catga_incoming *incoming)
{
    catga_endpoint *endpoint = user;
    const catga_transport_operations *operations = endpoint->service_instance->state->operations;
    const char *sequence = operations->header(incoming, CATGA_HEADER_SEQUENCE);
    const char *subject = operations->header(incoming, CATGA_HEADER_SUBJECT);
    catga_context context;

    if (sequence != NULL)
        incoming->sequence = strtoull(sequence, NULL, 10);
    if (subject != NULL)
        incoming->subject = catga_str(subject);
    catga_context_begin(&context, endpoint, incoming);
    context.has_other_subject = subject == NULL;
    catga_hook_handling_begins(&context);
    context.outcome = handle(&context, endpoint);
    catga_hook_handling_ends(&context);
    answer(&context, context.outcome);
    catga_context_end(&context);
    operations->release(incoming);
}
