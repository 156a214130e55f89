/* Records, dead-letters and settles a delivered event; see delivered.h. */
#include "streams/delivered.h"

#include "base/running.h"
#include "base/text.h"
#include "bus/kv.h"
#include "bus/status.h"
#include "observe/hooks.h"
#include "streams/attempts.h"
#include "streams/dead_letter_store.h"

#include <inttypes.h>
#include <stdio.h>

/* time limit of the server to store a dead letter */
#define STORE_WAIT CATGA_SECOND

static catga_handling_rules rules_of(const catga_message *message)
{
    return (catga_handling_rules){
        .retries = message->retries,
        .backoff_ms = message->delivery->backoff_ms,
        .backoff_longest_ms = message->delivery->backoff_longest_ms,
        .dead_letter = message->delivery->dead_letter,
        .claimed = message->delivery->once,
    };
}

void catga_delivered_begin(catga_delivered *delivered, catga_endpoint *endpoint,
                           catga_incoming *event)
{
    const catga_handling_rules rules = rules_of(endpoint->handler->message);

    delivered->endpoint = endpoint;
    delivered->event = event;
    delivered->status = CATGA_OK;
    delivered->stuck = false;
    delivered->writer[0] = '\0';
    delivered->problem.text[0] = '\0';
    delivered->cause[0] = '\0';
    catga_handling_init(&delivered->handling, &rules);
}

/* ---- Why it ended ---- */

static const char *cause_text(catga_handling_cause cause)
{
    switch (cause) {
    case CATGA_CAUSE_BAD_MESSAGE:
        return "it is not a valid message";
    case CATGA_CAUSE_REJECTED:
        return "the handler rejected it";
    case CATGA_CAUSE_ATTEMPTS:
        return "the last attempt failed";
    case CATGA_CAUSE_LOST:
        return "no attempt finished";
    case CATGA_CAUSE_RECORDED:
        return "it ended before";
    case CATGA_CAUSE_NONE:
        break;
    }
    return "";
}

/* A cause that was recorded earlier was read with the record. */
const char *catga_delivered_cause(catga_delivered *delivered)
{
    char line[CATGA_PROBLEM_TEXT + 64];
    const char *problem = delivered->problem.text;

    if (delivered->cause[0] != '\0')
        return delivered->cause;
    snprintf(line, sizeof line, "%s%s%s", cause_text(delivered->handling.cause),
             *problem != '\0' ? ": " : "", problem);
    catga_text_header(delivered->cause, sizeof delivered->cause, catga_str(line));
    return delivered->cause;
}

/* ---- The record ---- */

static catga_attempts_of attempts_of(catga_delivered *delivered)
{
    if (delivered->writer[0] == '\0')
        catga_message_id_next(&delivered->endpoint->service_instance->state->message_ids,
                              delivered->writer);
    return (catga_attempts_of){delivered->endpoint, delivered->event, delivered->writer};
}

static catga_handling_action read_record(catga_delivered *delivered)
{
    const catga_attempts_of of = attempts_of(delivered);
    char cause[CATGA_HEADER_VALUE_MAX];
    catga_attempts record;

    delivered->status = catga_attempts_read(&of, &record, cause);
    if (delivered->status != CATGA_OK)
        return catga_handling_step(&delivered->handling, CATGA_HANDLING_UNKNOWN, 0);
    if (record.ended)
        memcpy(delivered->cause, cause, sizeof cause);
    return catga_handling_read(&delivered->handling, &record);
}

static catga_handling_action write_record(catga_delivered *delivered)
{
    const catga_attempts_of of = attempts_of(delivered);
    catga_handling *handling = &delivered->handling;
    uint64_t revision = 0;

    const char *cause =
        handling->cause == CATGA_CAUSE_NONE ? NULL : catga_delivered_cause(delivered);
    delivered->status =
        catga_attempts_write(&of, handling->attempt, cause, handling->revision, &revision);
    if (delivered->status == CATGA_OK)
        return catga_handling_step(handling, CATGA_HANDLING_WRITTEN, (int64_t)revision);
    if (delivered->status == CATGA_REFUSED)
        return catga_handling_step(handling, CATGA_HANDLING_CONFLICT, 0);
    return catga_handling_step(handling,
                               catga_kv_is_unchanged(delivered->status) ? CATGA_HANDLING_UNAVAILABLE
                                                                        : CATGA_HANDLING_UNKNOWN,
                               0);
}

/* ---- The dead letter ---- */

static void report_not_stored(const catga_delivered *delivered, const catga_problem *problem)
{
    catga_endpoint *endpoint = delivered->endpoint;
    catga_bus_state *state = endpoint->service_instance->state;
    catga_running running;

    catga_running_add(&running, state, endpoint, delivered->event);
    catga_log_limited(&state->settings.logger, &endpoint->refused, CATGA_LOG_ERROR,
                      "dead letters: cannot store %s %" PRIu64 " of %s.%s: " CATGA_REASON,
                      endpoint->handler->message->table->name, delivered->event->sequence,
                      endpoint->service_instance->service->name, endpoint->handler->name,
                      CATGA_REASON_OF(delivered->status, *problem));
    catga_running_remove(&running);
}

static catga_handling_action store_dead_letter(catga_delivered *delivered)
{
    catga_endpoint *endpoint = delivered->endpoint;
    catga_problem problem = {""};

    delivered->status = catga_dead_letter_store(
        endpoint, delivered->event, delivered->handling.attempt, catga_delivered_cause(delivered),
        catga_clock_now() + STORE_WAIT, &problem);
    if (delivered->status == CATGA_OK)
        return catga_handling_step(&delivered->handling, CATGA_HANDLING_STORED, 0);
    report_not_stored(delivered, &problem);
    return catga_handling_step(&delivered->handling, CATGA_HANDLING_NOT_STORED, 0);
}

catga_handling_action catga_delivered_follow(catga_delivered *delivered,
                                             catga_handling_action action)
{
    catga_handling_action next = action == CATGA_HANDLING_READ    ? read_record(delivered)
                                 : action == CATGA_HANDLING_WRITE ? write_record(delivered)
                                                                  : store_dead_letter(delivered);
    bool is_conflict = action == CATGA_HANDLING_WRITE && delivered->status == CATGA_REFUSED;

    delivered->stuck = delivered->status != CATGA_OK && !is_conflict;
    return next;
}

/* ---- Settling ---- */

static void report_end(const catga_delivered *delivered)
{
    catga_endpoint *endpoint = delivered->endpoint;
    catga_bus_state *state = endpoint->service_instance->state;
    bool kept = delivered->handling.rules.dead_letter;
    catga_running running;

    catga_running_add(&running, state, endpoint, delivered->event);
    catga_log_limited(
        &state->settings.logger, &endpoint->ended, CATGA_LOG_ERROR,
        "service: give up %s %" PRIu64 " in %s.%s: %s; it is %s (attempts=%" PRIu32 ")",
        endpoint->handler->message->table->name, delivered->event->sequence,
        endpoint->service_instance->service->name, endpoint->handler->name, delivered->cause,
        kept ? "a dead letter" : "lost", delivered->handling.attempt);
    catga_running_remove(&running);
}

/* If a settlement does not arrive, the server redelivers the event. */
void catga_delivered_settle(catga_delivered *delivered, catga_handling_action action)
{
    catga_bus_state *state = delivered->endpoint->service_instance->state;
    catga_settlement settlement = CATGA_SETTLE_DONE;

    catga_hook_settled(delivered, action);
    if (action == CATGA_HANDLING_RETRY) {
        settlement = CATGA_SETTLE_RETRY;
    } else if (action == CATGA_HANDLING_GIVE_UP) {
        settlement = CATGA_SETTLE_GIVE_UP;
        report_end(delivered);
    }
    (void)state->transport->streams->settle(state->transport, delivered->event, settlement,
                                            delivered->handling.delay_ms * CATGA_MILLISECOND);
    state->operations->release(delivered->event);
}
