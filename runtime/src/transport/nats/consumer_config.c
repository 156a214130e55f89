/* Configurations of consumers. */
#include "transport/nats/config_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NO_CONSUMER = 10014 };

/* of a joined consumer; the option ack_wait_ms has the same limit */
#define LEAST_ACK_WAIT (100 * CATGA_MILLISECOND)

/* The deliver_policy of a recreated consumer. */
static const char resumed[] = "by_start_sequence";

static void put_consumer(catga_nats_text *out, const catga_nats_desired *desired)
{
    const catga_consumer_settings *consumer = desired->settings;
    const char *begins = consumer->only_new ? "new" : "all";

    catga_nats_text_put(out,
                        "{\"stream_name\":\"%s\",\"config\":{\"durable_name\":\"%s\","
                        "\"filter_subject\":\"%s\",\"deliver_policy\":\"%s\","
                        "\"ack_policy\":\"explicit\",\"replay_policy\":\"instant\","
                        "\"max_deliver\":-1,\"ack_wait\":%" PRId64 ",\"max_ack_pending\":%u",
                        consumer->stream, consumer->name, consumer->subject,
                        desired->start != 0 ? resumed : begins, consumer->ack_wait_ns,
                        consumer->unacknowledged);
    if (desired->start != 0)
        catga_nats_text_put(out, ",\"opt_start_seq\":%" PRIu64, desired->start);
    if (consumer->unused_ns > 0)
        catga_nats_text_put(out, ",\"inactive_threshold\":%" PRId64, consumer->unused_ns);
    catga_nats_text_put(out, "}}");
}

/* Refuses a push consumer, which earlier versions created: it cannot be changed, and deleting it
 * would lose its position. */
static void no_push(catga_nats_comparison *comparison)
{
    catga_nats_json found = catga_nats_json_get(comparison->config, "deliver_subject");
    catga_problem *problem = comparison->problem;

    if (comparison->drifted || found.data == NULL)
        return;
    comparison->drifted = true;
    snprintf(problem->text, sizeof problem->text,
             "consumer %.64s: deliver_subject must not be set (push consumer of an earlier "
             "version: delete it)",
             comparison->name);
}

/* Refuses a setting with which a request for messages can fail, or that changes their content. */
static void not_set(catga_nats_comparison *comparison, const char *field)
{
    if (catga_nats_json_get(comparison->config, field).data != NULL)
        catga_nats_drift(comparison, field, "", "not set");
}

/* An absent filter is that of the stream. */
static void same_filter(catga_nats_comparison *comparison, const catga_consumer_settings *consumer)
{
    catga_nats_json filter = catga_nats_json_get(comparison->config, "filter_subject");

    if (filter.data != NULL || !consumer->covers_stream)
        catga_nats_same_text(comparison, "filter_subject", consumer->subject);
}

/* Compares a consumer of another program: only what makes it lose events of the handler, or get
 * others. */
static void compare_joined(catga_nats_comparison *comparison,
                           const catga_consumer_settings *consumer)
{
    not_set(comparison, "deliver_subject");
    catga_nats_same_text(comparison, "ack_policy", "explicit");
    not_set(comparison, "filter_subjects");
    same_filter(comparison, consumer);
    catga_nats_same_number(comparison, "max_deliver", -1, -1); /* a delivery is no attempt */
    catga_nats_at_least(comparison, "ack_wait", LEAST_ACK_WAIT);
    if (catga_nats_json_get(comparison->config, "headers_only").data != NULL)
        catga_nats_same_flag(comparison, "headers_only", false);
    not_set(comparison, "max_batch");
    not_set(comparison, "max_expires");
    not_set(comparison, "max_bytes");
    not_set(comparison, "priority_groups");
}

static void compare_own(catga_nats_comparison *comparison, const catga_consumer_settings *consumer)
{
    no_push(comparison);
    catga_nats_same_text(comparison, "filter_subject", consumer->subject);
    if (!catga_nats_json_is(catga_nats_json_get(comparison->config, "deliver_policy"), resumed))
        catga_nats_same_text(comparison, "deliver_policy", consumer->only_new ? "new" : "all");
    catga_nats_same_text(comparison, "ack_policy", "explicit");
    catga_nats_same_number(comparison, "ack_wait", consumer->ack_wait_ns, 0);
    catga_nats_same_number(comparison, "max_deliver", -1, -1);
    catga_nats_same_number(comparison, "max_ack_pending", consumer->unacknowledged, 0);
    catga_nats_same_number(comparison, "inactive_threshold", consumer->unused_ns, 0);
}

static bool consumer_drifted(const catga_nats_api_answer *info, const void *settings,
                             catga_problem *problem)
{
    const catga_consumer_settings *consumer = settings;

    catga_nats_comparison comparison =
        catga_nats_compare("consumer", consumer->name, info, problem);

    if (consumer->joins)
        compare_joined(&comparison, consumer);
    else
        compare_own(&comparison, consumer);
    return comparison.drifted;
}

static bool copy_consumer(catga_nats_desired *desired)
{
    const catga_consumer_settings *consumer = desired->settings;

    catga_consumer_settings *copy =
        malloc(sizeof *copy + catga_nats_size_of(consumer->name) +
               catga_nats_size_of(consumer->stream) + catga_nats_size_of(consumer->subject));

    if (copy == NULL)
        return false;
    *copy = *consumer;
    char *at = (char *)(copy + 1);
    copy->name = desired->name = catga_nats_copy_text(&at, consumer->name);
    copy->stream = desired->stream = catga_nats_copy_text(&at, consumer->stream);
    copy->subject = catga_nats_copy_text(&at, consumer->subject);
    desired->settings = copy;
    return true;
}

static const catga_nats_kind consumers = {.name = "consumer",
                                          .absent = NO_CONSUMER,
                                          .put = put_consumer,
                                          .drifted = consumer_drifted,
                                          .copy = copy_consumer};

catga_nats_desired catga_nats_desired_consumer(const catga_consumer_settings *consumer)
{
    catga_nats_desired desired = {.kind = &consumers,
                                  .name = consumer->name,
                                  .stream = consumer->stream,
                                  .settings = consumer,
                                  .wait_ms = CATGA_NATS_API_WAIT_MS};

    snprintf(desired.info, sizeof desired.info, "$JS.API.CONSUMER.INFO.%s.%s", consumer->stream,
             consumer->name);
    snprintf(desired.create, sizeof desired.create, "$JS.API.CONSUMER.DURABLE.CREATE.%s.%s",
             consumer->stream, consumer->name);
    return desired;
}
