/* Makes the values of labels; see metrics_labels.h. */
#include "observe/metrics_labels.h"

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static char lower(char c)
{
    return is_upper(c) ? (char)(c + ('a' - 'A')) : c;
}

/* Returns whether a word begins at the second of three characters. */
static bool begins_word(char before, char at, char after)
{
    bool is_first = before == '\0' || before == '_';

    return !is_first && is_upper(at) && (!is_upper(before) || is_lower(after));
}

void catga_metrics_kebab(const char *name, char *text)
{
    char before = '\0';

    for (const char *at = name; *at != '\0'; before = *at++) {
        if (begins_word(before, *at, at[1]))
            *text++ = '-';
        *text++ = *at == '_' ? '-' : lower(*at);
    }
    *text = '\0';
}

/* A query may run again when its answer is late. */
static const char *request_qos(const catga_message *message)
{
    if (message->claims != NULL)
        return "exactly_once";
    return message->kind == CATGA_QUERY ? "at_least_once" : "at_most_once";
}

const char *catga_metrics_qos(const catga_message *message)
{
    if (message->kind != CATGA_EVENT)
        return request_qos(message);
    if (message->delivery == NULL)
        return "at_most_once";
    return message->delivery->once ? "exactly_once" : "at_least_once";
}

const char *catga_metrics_reason_sent(unsigned status)
{
    static const char *const reasons[CATGA_STATUS_COUNT] = {
        [CATGA_BAD_MESSAGE] = "bad_message",
        [CATGA_NO_HANDLER] = "no_handler",
        [CATGA_TIMEOUT] = "timeout",
        [CATGA_IN_PROGRESS] = "in_progress",
        [CATGA_OVERLOADED] = "overloaded",
        [CATGA_HANDLER_FAILED] = "handler_failed",
        [CATGA_DRAINING] = "draining",
        [CATGA_NO_RESPONDERS] = "no_responders",
        [CATGA_DISCONNECTED] = "disconnected",
        [CATGA_CLOSED] = "closed",
        [CATGA_INVALID_MESSAGE] = "invalid_message",
        [CATGA_TOO_LARGE] = "too_large",
        [CATGA_INVALID_ARGUMENT] = "invalid_argument",
        [CATGA_NOT_PERMITTED] = "not_permitted",
        [CATGA_NO_MEMORY] = "no_memory",
        [CATGA_TRANSPORT_FAILED] = "transport_failed",
        [CATGA_REFUSED] = "refused",
        [CATGA_DRIFTED] = "drifted",
        [CATGA_RETRY_LATER] = "retry_later",
        [CATGA_REJECTED] = "rejected",
        [CATGA_NOT_FOUND] = "not_found",
        [CATGA_WOULD_DEADLOCK] = "would_deadlock",
        [CATGA_NO_JETSTREAM] = "no_jetstream",
        [CATGA_ID_REUSED] = "id_reused",
        [CATGA_ALREADY_DONE] = "already_done",
        [CATGA_UNSUPPORTED] = "unsupported",
        [CATGA_CONFLICT] = "conflict",
        [CATGA_INCOMPLETE] = "incomplete",
        [CATGA_CORRUPT] = "corrupt",
        [CATGA_INPUT_FAILED] = "input_failed",
        [CATGA_OUTPUT_FAILED] = "output_failed",
    };

    return status < CATGA_STATUS_COUNT ? reasons[status] : NULL;
}

const char *catga_metrics_reason_received(unsigned verdict)
{
    static const char *const reasons[CATGA_COUNTER_COUNT] = {
        [CATGA_COUNTER_handlers_failed] = "handler_failed",
        [CATGA_COUNTER_bad_messages] = "bad_message",
        [CATGA_COUNTER_late_messages] = "timeout",
        [CATGA_COUNTER_overloaded] = "overloaded",
        [CATGA_COUNTER_refused] = "refused",
        [CATGA_COUNTER_refused_draining] = "draining",
        [CATGA_COUNTER_ids_reused] = "id_reused",
        [CATGA_COUNTER_claims_held] = "in_progress",
    };

    return verdict < CATGA_COUNTER_COUNT ? reasons[verdict] : NULL;
}
