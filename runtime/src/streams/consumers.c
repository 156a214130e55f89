/* Creates consumers and subscribes to them; see consumers.h. */
#include "streams/consumers.h"

#include "bus/status.h"
#include "claims/claim_buckets.h"
#include "streams/attempts.h"
#include "streams/consume.h"
#include "streams/replay.h"
#include "streams/settling.h"
#include "streams/stream_names.h"
#include "streams/streams.h"

/* The server removes the consumer of a broadcast whose replica is absent for this long. */
#define UNUSED (24 * 3600 * CATGA_SECOND)

enum { REPLAYS = 64 };

typedef struct names {
    char stream[CATGA_STREAM_NAME];
    char consumer[CATGA_CONSUMER_NAME];
    catga_envelope envelope; /* holds the subject of another prefix */
} names;

static bool is_broadcast(const catga_endpoint *endpoint)
{
    return endpoint->handler->sharing == CATGA_BROADCAST;
}

static bool put_names(const catga_bus_state *state, const catga_endpoint *endpoint, names *to)
{
    const catga_message *message = endpoint->handler->message;

    return catga_names_stream(state, message->delivery->stream, to->stream) &&
           catga_names_consumer(state, endpoint->service_instance->service, endpoint->handler,
                                to->consumer) &&
           catga_envelope_begin(&to->envelope, state->prefix,
                                catga_handler_subject(endpoint->handler));
}

/* Takes the instance name for the service, which the upkeep thread then announces. */
static catga_status take_instance(catga_bus_state *state, catga_service_instance *service_instance)
{
    catga_status status =
        catga_instance_take(&service_instance->instance, state, service_instance->service->name);

    return status == CATGA_OK && !catga_upkeep_start(state) ? CATGA_NO_MEMORY : status;
}

/* Creates or verifies the handler's streams, buckets and threads. */
static catga_status prepare(catga_bus_state *state, catga_endpoint *endpoint,
                            catga_problem *problem)
{
    const catga_message *message = endpoint->handler->message;
    const catga_stream *stream = message->delivery->stream;
    catga_status status = catga_streams_prepare(state, stream, problem);

    if (status == CATGA_OK)
        status = catga_streams_prepare_dead_letters(state, stream);
    if (status == CATGA_OK)
        status = catga_claims_prepare(state, message);
    if (status == CATGA_OK && is_broadcast(endpoint))
        status = take_instance(state, endpoint->service_instance);
    if (status == CATGA_OK)
        status = catga_attempts_prepare(state, stream);
    return status == CATGA_OK && !catga_settling_start(state) ? CATGA_NO_MEMORY : status;
}

static catga_status consume(catga_bus_state *state, catga_endpoint *endpoint, const names *of,
                            catga_problem *problem)
{
    const catga_receiver *receiver = endpoint->receiver;
    bool broadcast = is_broadcast(endpoint);
    const catga_consumer_settings settings = {
        .stream = of->stream,
        .name = of->consumer,
        .subject = of->envelope.outgoing.subject,
        .joins = catga_handler_group(endpoint->handler) != NULL,
        .only_new = broadcast,
        .unused_ns = broadcast ? UNUSED : 0,
        .ack_wait_ns = state->settings.ack_wait_ms * CATGA_MILLISECOND,
        .unacknowledged = (unsigned)state->settings.unacknowledged,
        .workers = endpoint->workers,
        .pending_bytes = (size_t)state->settings.pending_bytes,
        .wanted = receiver == NULL ? NULL : receiver->wanted,
        .receive = receiver == NULL ? catga_consume : receiver->receive,
        .user = endpoint,
    };

    return state->transport->streams->consume(state->transport, &settings, &endpoint->subscription,
                                              problem);
}

/* Subscribes to requests to replay dead letters; the handler's workers run them. */
static catga_status subscribe_replays(catga_bus_state *state, catga_endpoint *endpoint,
                                      const char *consumer)
{
    char subject[CATGA_STORED_SUBJECT];
    const catga_subscription_options options = {.subject = subject,
                                                .queue_group = consumer,
                                                .pending = REPLAYS,
                                                .receive = catga_replay_receive,
                                                .user = endpoint,
                                                .beside = endpoint->subscription};

    if (!catga_names_replay_subject(state, endpoint->handler->message->delivery->stream, consumer,
                                    subject))
        return CATGA_INVALID_ARGUMENT;
    return state->operations->subscribe(state->transport, &options, &endpoint->replays);
}

static void report(const catga_bus_state *state, const catga_endpoint *endpoint, const names *of,
                   catga_status status, const catga_problem *problem)
{
    const catga_logger *logger = &state->settings.logger;
    const char *service = endpoint->service_instance->service->name;

    if (status == CATGA_OK)
        catga_log(logger, CATGA_LOG_INFO,
                  "service: serve %s.%s (subject=%s, stream=%s, consumer=%s)", service,
                  endpoint->handler->name, of->envelope.outgoing.subject, of->stream, of->consumer);
    else if (!catga_status_is_transient(status))
        catga_log(logger, CATGA_LOG_ERROR, "service: cannot serve %s: consumer %s: " CATGA_REASON,
                  service, of->consumer, CATGA_REASON_OF(status, *problem));
}

catga_status catga_consumers_subscribe(catga_bus_state *state, catga_endpoint *endpoint)
{
    catga_problem problem = {""};
    names of;

    if (!put_names(state, endpoint, &of))
        return CATGA_INVALID_ARGUMENT;
    catga_status status = prepare(state, endpoint, &problem);
    if (status != CATGA_OK)
        return status;
    status = consume(state, endpoint, &of, &problem);
    if (status == CATGA_OK && endpoint->receiver == NULL)
        status = subscribe_replays(state, endpoint, of.consumer);
    report(state, endpoint, &of, status, &problem);
    return status;
}
