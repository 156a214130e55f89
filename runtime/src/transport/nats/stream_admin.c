/* Ensures streams, buckets and consumers, registers them to be recreated, and shows backlogs. */
#include "transport/nats/stream_admin.h"

#include "transport/nats/probe.h"
#include "transport/nats/reconcile.h"
#include "transport/nats/subscription.h"

#include <stdio.h>

static catga_status ensure_and_reconcile(catga_nats *nats, const catga_nats_desired *desired,
                                         catga_problem *problem)
{
    catga_nats_observed observed;
    catga_status status = catga_nats_ensure(nats, desired, &observed, problem);

    if (status != CATGA_OK)
        return status;
    return catga_nats_reconcile(nats, desired, &observed) != NULL ? CATGA_OK : CATGA_NO_MEMORY;
}

catga_status catga_nats_ensure_stream(catga_transport *transport,
                                      const catga_stream_settings *stream, catga_problem *problem)
{
    catga_nats_desired desired = catga_nats_desired_stream(stream);

    return ensure_and_reconcile(catga_nats_of(transport), &desired, problem);
}

/* Checks the permissions that every claim needs. Reads a record that does not exist, and writes a
 * record on the condition that it has a revision that it cannot have. */
static catga_status probe_bucket(catga_nats *nats, const catga_bucket_settings *bucket,
                                 catga_problem *problem)
{
    static const catga_header impossible[] = {
        {"Nats-Expected-Last-Subject-Sequence", "9007199254740991"}};
    char subject[CATGA_NATS_API_SUBJECT];
    char right[CATGA_NATS_API_SUBJECT];
    catga_outgoing probe = {.subject = subject};

    snprintf(subject, sizeof subject, "$JS.API.DIRECT.GET.KV_%s.$KV.%s.probe", bucket->name,
             bucket->name);
    snprintf(right, sizeof right, "$JS.API.DIRECT.GET.KV_%s.>", bucket->name);
    catga_status status = catga_nats_probe(nats, &probe, right, problem);
    if (status != CATGA_OK)
        return status;
    snprintf(subject, sizeof subject, "$KV.%s.probe", bucket->name);
    snprintf(right, sizeof right, "$KV.%s.>", bucket->name);
    probe.headers = impossible;
    probe.header_count = 1;
    return catga_nats_probe(nats, &probe, right, problem);
}

catga_status catga_nats_ensure_bucket(catga_transport *transport,
                                      const catga_bucket_settings *bucket, catga_problem *problem)
{
    catga_nats *nats = catga_nats_of(transport);
    catga_nats_desired desired = catga_nats_desired_bucket(bucket);
    catga_status status = ensure_and_reconcile(nats, &desired, problem);

    return status == CATGA_OK ? probe_bucket(nats, bucket, problem) : status;
}

/* Checks the permission to settle messages: without it every event would be redelivered forever.
 * The server ignores the body "probe". */
static catga_status probe_acks(catga_nats *nats, const catga_consumer_settings *consumer,
                               catga_problem *problem)
{
    static const char body[] = "probe";
    char subject[CATGA_NATS_API_SUBJECT];
    char right[CATGA_NATS_API_SUBJECT];
    const catga_outgoing probe = {
        .subject = subject, .data = (const uint8_t *)body, .length = strlen(body)};

    snprintf(subject, sizeof subject, "$JS.ACK.%s.%s.0.0.0.0.0", consumer->stream, consumer->name);
    snprintf(right, sizeof right, "$JS.ACK.%s.%s.>", consumer->stream, consumer->name);
    return catga_nats_probe(nats, &probe, right, problem);
}

/* Notes whether a consumer that `joins` needs a filter. */
static catga_status compare_subjects(catga_nats *nats, catga_consumer_settings *consumer,
                                     catga_problem *problem)
{
    char subject[CATGA_NATS_API_SUBJECT];
    catga_nats_api_answer info;

    if (!consumer->joins)
        return CATGA_OK;
    snprintf(subject, sizeof subject, CATGA_NATS_STREAM_INFO "%s", consumer->stream);
    catga_status status =
        catga_nats_api_request(nats, subject, "", CATGA_NATS_API_WAIT_MS, &info, problem);
    catga_nats_json config = catga_nats_json_get(info.object, "config");
    consumer->covers_stream =
        status == CATGA_OK &&
        catga_nats_json_is_within(catga_nats_json_get(config, "subjects"), consumer->subject);
    catga_nats_api_free(&info);
    return status;
}

/* Subscribes to a consumer that exists. That of another program keeps its ack_wait. */
static catga_status subscribe(catga_nats *nats, const catga_consumer_settings *consumer,
                              const catga_nats_observed *observed,
                              catga_subscription **subscription)
{
    catga_consumer_settings used = *consumer;

    if (consumer->joins && observed->ack_wait_ns > 0)
        used.ack_wait_ns = observed->ack_wait_ns;
    return catga_nats_subscribe_consumer(nats, &used, subscription);
}

catga_status catga_nats_consume(catga_transport *transport, const catga_consumer_settings *settings,
                                catga_subscription **subscription, catga_problem *problem)
{
    catga_nats *nats = catga_nats_of(transport);
    catga_consumer_settings consumer = *settings;
    catga_nats_observed observed = {0};

    *subscription = NULL;
    catga_status status = compare_subjects(nats, &consumer, problem);
    catga_nats_desired desired = catga_nats_desired_consumer(&consumer);
    if (status == CATGA_OK)
        status = catga_nats_ensure(nats, &desired, &observed, problem);
    if (status == CATGA_OK)
        status = probe_acks(nats, &consumer, problem);
    if (status == CATGA_OK)
        status = subscribe(nats, &consumer, &observed, subscription);
    if (status != CATGA_OK)
        return status;
    desired.never_created = consumer.joins && !observed.made;
    catga_nats_reconciled *item = catga_nats_reconcile(nats, &desired, &observed);
    pthread_mutex_lock(&nats->lock);
    (*subscription)->reconciled = item;
    pthread_mutex_unlock(&nats->lock);
    return item != NULL ? CATGA_OK : CATGA_NO_MEMORY;
}

void catga_nats_backlogs(catga_transport *transport, catga_backlog_function *show, void *user)
{
    catga_nats *nats = catga_nats_of(transport);
    const catga_subscription *subscription;

    pthread_mutex_lock(&nats->lock);
    TAILQ_FOREACH(subscription, &nats->subscriptions, entry)
    {
        catga_consumer_backlog backlog = {.user = subscription->user};
        if (subscription->reconciled != NULL && !subscription->draining &&
            catga_nats_reconcile_backlog(nats, subscription->reconciled, &backlog))
            show(user, &backlog);
    }
    pthread_mutex_unlock(&nats->lock);
}
