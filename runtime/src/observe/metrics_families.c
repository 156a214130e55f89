/* Lists the metrics of messages; see metrics_families.h. */
#include "observe/metrics_families.h"

#include "observe/metrics_labels.h"

/* ---- Kinds of messages ---- */

static bool is_request(const catga_message *message)
{
    return message->kind != CATGA_EVENT;
}

static bool is_event(const catga_message *message)
{
    return message->kind == CATGA_EVENT;
}

static bool is_stored(const catga_message *message)
{
    return message->delivery != NULL;
}

static bool is_claimed(const catga_message *message)
{
    return message->claims != NULL || (message->delivery != NULL && message->delivery->once);
}

static bool is_any(const catga_message *message)
{
    return message != NULL;
}

/* ---- Values ---- */

static uint64_t end_of(const catga_metrics_total *total, unsigned end)
{
    return total->values[CATGA_METRICS_END + end];
}

static uint64_t ended(const catga_metrics_total *total)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < CATGA_METRICS_ENDS; i++)
        sum += end_of(total, i);
    return sum;
}

static uint64_t failed_received(const catga_metrics_total *total)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < CATGA_METRICS_ENDS; i++)
        sum += catga_metrics_reason_received(i) == NULL ? 0 : end_of(total, i);
    return sum;
}

static uint64_t failed_sent(const catga_metrics_total *total)
{
    uint64_t sum = 0;

    for (unsigned i = 0; i < CATGA_METRICS_ENDS; i++)
        sum += catga_metrics_reason_sent(i) == NULL ? 0 : end_of(total, i);
    return sum;
}

static uint64_t declared_received(const catga_metrics_total *total)
{
    return total->values[CATGA_METRICS_DECLARED];
}

static uint64_t declared_sent(const catga_metrics_total *total)
{
    return end_of(total, CATGA_DECLARED_ERROR);
}

static uint64_t again(const catga_metrics_total *total)
{
    return total->values[CATGA_METRICS_AGAIN];
}

static uint64_t succeeded(const catga_metrics_total *total)
{
    return end_of(total, CATGA_OK);
}

static uint64_t handled(const catga_metrics_total *total)
{
    return end_of(total, CATGA_COUNTER_handled);
}

static uint64_t repeated(const catga_metrics_total *total)
{
    return end_of(total, CATGA_COUNTER_repeated);
}

static uint64_t invalid(const catga_metrics_total *total)
{
    return end_of(total, CATGA_COUNTER_bad_messages);
}

static uint64_t retried(const catga_metrics_total *total)
{
    return total->values[CATGA_METRICS_RETRIED];
}

static uint64_t dead_letters(const catga_metrics_total *total)
{
    return total->values[CATGA_METRICS_DEAD_LETTERS];
}

static uint64_t given_up(const catga_metrics_total *total)
{
    return total->values[CATGA_METRICS_GIVEN_UP];
}

uint64_t catga_metrics_in_flight(const catga_metrics_total *total)
{
    uint64_t begun = total->values[CATGA_METRICS_BEGUN];
    uint64_t done = ended(total);

    return begun > done ? begun - done : 0;
}

/* ---- The list ---- */

#define COUNTER(name, alias, is_sent, has, value, help)                                            \
    {                                                                                              \
        name, "counter", alias, help, CATGA_METRICS_SAMPLE, is_sent, has, value                    \
    }
#define REASONS(name, alias, is_sent, has, value, help)                                            \
    {                                                                                              \
        name, "counter", alias, help, CATGA_METRICS_REASONS, is_sent, has, value                   \
    }
#define GAUGE(name, is_sent, has, value, help)                                                     \
    {                                                                                              \
        name, "gauge", NULL, help, CATGA_METRICS_SAMPLE, is_sent, has, value                       \
    }
#define HISTOGRAM(name, alias, is_sent, has, help)                                                 \
    {                                                                                              \
        name, "histogram", alias, help, CATGA_METRICS_HISTOGRAM, is_sent, has, NULL                \
    }

enum { RECEIVED = false, SENT = true };

const catga_metrics_family catga_metrics_families[] = {
    COUNTER("catga_requests_total", NULL, RECEIVED, is_request, ended,
            "Commands and queries that were received, and answered, refused or failed."),
    REASONS("catga_requests_failed_total", "catga_requests_failed", RECEIVED, is_request,
            failed_received, "Received commands and queries that were refused or failed."),
    COUNTER("catga_requests_declared_errors_total", NULL, RECEIVED, is_request, declared_received,
            "Received commands and queries that a handler answered with a declared error."),
    HISTOGRAM("catga_request_duration_seconds", "catga_request_duration", RECEIVED, is_request,
              "Time from the arrival of a command or query to its answer."),
    COUNTER("catga_client_requests_total", NULL, SENT, is_request, ended,
            "Commands and queries that were sent and have ended."),
    REASONS("catga_client_requests_failed_total", NULL, SENT, is_request, failed_sent,
            "Sent commands and queries that ended without an answer of a handler."),
    COUNTER("catga_client_requests_declared_errors_total", NULL, SENT, is_request, declared_sent,
            "Sent commands and queries that were answered with a declared error."),
    COUNTER("catga_client_requests_retried_total", NULL, SENT, is_request, again,
            "Further tries of sent commands and queries."),
    HISTOGRAM("catga_client_request_duration_seconds", NULL, SENT, is_request,
              "Time from sending a command or query to its outcome, with all tries."),
    COUNTER("catga_messages_published_total", NULL, SENT, is_event, succeeded,
            "Events that were published."),
    REASONS("catga_messages_publish_failed_total", NULL, SENT, is_event, failed_sent,
            "Events that could not be published, or whose outcome is unknown."),
    COUNTER("catga_messages_acked_total", NULL, SENT, is_stored, succeeded,
            "Published events that the server has acknowledged as stored."),
    HISTOGRAM("catga_publish_ack_duration_seconds", NULL, SENT, is_stored,
              "Time from sending a stored event to its outcome, with all tries."),
    COUNTER("catga_messages_handled_total", NULL, RECEIVED, is_any, handled,
            "Received messages whose handler succeeded or answered with a declared error."),
    REASONS("catga_messages_failed_total", NULL, RECEIVED, is_event, failed_received,
            "Received events that were refused or failed, each time they were delivered."),
    COUNTER("catga_messages_redelivered_total", NULL, RECEIVED, is_stored, again,
            "Stored events that were delivered again."),
    COUNTER("catga_messages_retried_total", NULL, RECEIVED, is_stored, retried,
            "Stored events that were handed back, to be delivered again."),
    COUNTER("catga_messages_deadlettered_total", NULL, RECEIVED, is_stored, dead_letters,
            "Stored events that were given up and kept as dead letters."),
    COUNTER("catga_messages_given_up_total", NULL, RECEIVED, is_stored, given_up,
            "Stored events that were given up and are kept nowhere."),
    COUNTER("catga_messages_duplicates_suppressed_total", NULL, RECEIVED, is_claimed, repeated,
            "Received messages that had been handled before, and did not run again."),
    COUNTER("catga_messages_verify_failed_total", NULL, RECEIVED, is_any, invalid,
            "Received messages that were no valid bytes of the expected type."),
    HISTOGRAM("catga_handler_duration_seconds", NULL, RECEIVED, is_event,
              "Time of handling an event once it had a worker."),
    GAUGE("catga_inflight", RECEIVED, is_any, catga_metrics_in_flight,
          "Messages that are being handled."),
};

const size_t catga_metrics_family_count =
    sizeof catga_metrics_families / sizeof catga_metrics_families[0];

bool catga_metrics_family_has(const catga_metrics_family *family, const catga_metrics_total *total)
{
    bool is_sent = total->service[0] == '\0';

    return family->is_sent == is_sent && family->has(total->message);
}

const char *catga_metrics_message_label(const catga_metrics_family *family)
{
    return family->has == is_request ? "method" : "type";
}

const char *catga_metrics_reason(const catga_metrics_family *family, unsigned end)
{
    return family->is_sent ? catga_metrics_reason_sent(end) : catga_metrics_reason_received(end);
}
