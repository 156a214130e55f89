/* Decides how a stored event is handled; see handling.h. */
#include "delivery/handling.h"

/*
 * Pause before an event that cannot continue is redelivered, doubled with each delivery; and the
 * longest pause.
 */
enum { REDELIVER_MS = 1000, REDELIVER_LONGEST_MS = 30000 };

void catga_handling_init(catga_handling *handling, const catga_handling_rules *rules)
{
    *handling = (catga_handling){
        .rules = *rules, .attempt = 1, .troubles_left = CATGA_RECORD_TROUBLES, .unwanted_ms = -1};
}

static catga_handling_action enter(catga_handling *handling, catga_handling_phase phase,
                                   catga_handling_action action)
{
    handling->phase = phase;
    return action;
}

/* ---- Settling ---- */

static catga_handling_action settle(catga_handling *handling, catga_handling_action action)
{
    return enter(handling, CATGA_HANDLING_SETTLED, action);
}

static catga_handling_action retry(catga_handling *handling, int64_t delay_ms)
{
    handling->delay_ms = delay_ms;
    return settle(handling, CATGA_HANDLING_RETRY);
}

static int64_t doubled(int64_t first, int64_t longest, uint32_t times)
{
    for (; times > 0 && first != 0 && first < longest; times--)
        first *= 2;
    return first < longest ? first : longest;
}

static catga_handling_action redeliver(catga_handling *handling)
{
    if (handling->unwanted_ms >= 0)
        return retry(handling, handling->unwanted_ms);
    int64_t delay = doubled(REDELIVER_MS, REDELIVER_LONGEST_MS, handling->deliveries - 1);
    int64_t longest = handling->rules.backoff_longest_ms;

    return retry(handling, delay > longest ? delay : longest);
}

/*
 * Returns the schema's pause after this attempt: the first pause, doubled for each earlier attempt.
 */
static int64_t pause_ms(const catga_handling *handling)
{
    return doubled(handling->rules.backoff_ms, handling->rules.backoff_longest_ms,
                   handling->attempt - 1);
}

/* ---- The end ---- */

static catga_handling_action store(catga_handling *handling)
{
    if (!handling->rules.dead_letter)
        return settle(handling, CATGA_HANDLING_GIVE_UP);
    return enter(handling, CATGA_HANDLING_STORING, CATGA_HANDLING_DEAD_LETTER);
}

static catga_handling_action end(catga_handling *handling, catga_handling_cause cause)
{
    handling->cause = cause;
    return enter(handling, CATGA_HANDLING_ENDING, CATGA_HANDLING_WRITE);
}

static catga_handling_action end_as_recorded(catga_handling *handling, uint32_t started)
{
    handling->cause = CATGA_CAUSE_RECORDED;
    handling->attempt = started;
    return store(handling);
}

/* ---- Before the run ---- */

static catga_handling_action run_recorded(catga_handling *handling)
{
    handling->recorded = true;
    return enter(handling, CATGA_HANDLING_RUNNING, CATGA_HANDLING_RUN);
}

static bool is_lost(const catga_handling *handling)
{
    return handling->attempt > (uint64_t)handling->rules.retries + 1 + CATGA_LOST_ATTEMPTS;
}

static catga_handling_action end_lost(catga_handling *handling)
{
    handling->attempt--; /* this attempt does not start */
    return end(handling, CATGA_CAUSE_LOST);
}

static catga_handling_action start(catga_handling *handling)
{
    if (is_lost(handling))
        return end_lost(handling);
    return enter(handling, CATGA_HANDLING_STARTING, CATGA_HANDLING_WRITE);
}

static catga_handling_action begin(catga_handling *handling)
{
    if (handling->deliveries > 1)
        return enter(handling, CATGA_HANDLING_READING, CATGA_HANDLING_READ);
    return enter(handling, CATGA_HANDLING_RUNNING, CATGA_HANDLING_RUN);
}

static catga_handling_action claimed(catga_handling *handling, uint32_t attempt)
{
    if (attempt == 0)
        return begin(handling);
    handling->attempt = attempt;
    return is_lost(handling) ? end_lost(handling) : run_recorded(handling);
}

static catga_handling_action retract(catga_handling *handling)
{
    handling->attempt--;
    return enter(handling, CATGA_HANDLING_RETRACTING, CATGA_HANDLING_READ);
}

catga_handling_action catga_handling_received(catga_handling *handling, uint32_t deliveries,
                                              bool valid)
{
    if (handling->phase != CATGA_HANDLING_NEW)
        return CATGA_HANDLING_NOTHING;
    handling->deliveries = deliveries == 0 ? 1 : deliveries;
    if (!valid) {
        handling->attempt = 0;
        return end(handling, CATGA_CAUSE_BAD_MESSAGE);
    }
    if (handling->rules.claimed)
        return enter(handling, CATGA_HANDLING_CLAIMING, CATGA_HANDLING_CLAIM);
    return begin(handling);
}

/* ---- The record was read ---- */

static catga_handling_action write_again(catga_handling *handling)
{
    return enter(handling, handling->phase, CATGA_HANDLING_WRITE);
}

static catga_handling_action read_before_run(catga_handling *handling, const catga_attempts *record)
{
    if (record->ended)
        return end_as_recorded(handling, record->started);
    handling->attempt = record->started + 1;
    return start(handling);
}

/*
 * Reacts to the record before a run. If another delivery wrote it meanwhile, another replica has
 * the event too.
 */
static catga_handling_action read_while_starting(catga_handling *handling,
                                                 const catga_attempts *record, uint64_t before)
{
    if (record->ended)
        return end_as_recorded(handling, record->started);
    if (record->ours)
        return run_recorded(handling);
    return record->revision == before ? write_again(handling) : redeliver(handling);
}

static catga_handling_action read_while_retracting(catga_handling *handling,
                                                   const catga_attempts *record)
{
    if (!record->ended && record->ours && record->started > handling->attempt)
        return write_again(handling);
    return redeliver(handling);
}

/*
 * Reacts to the record after a run, which adds an attempt to the record. If another delivery has
 * built on this delivery's write, the record may contain the attempt already.
 */
static catga_handling_action read_while_noting(catga_handling *handling,
                                               const catga_attempts *record, uint64_t before)
{
    if (record->ended)
        return end_as_recorded(handling, record->started);
    if (record->ours || (handling->unsure && record->revision != before))
        return settle(handling, CATGA_HANDLING_RETRY);
    if (record->revision != before)
        handling->attempt = record->started + 1;
    if (handling->attempt > handling->rules.retries)
        return end(handling, CATGA_CAUSE_ATTEMPTS);
    return write_again(handling);
}

static catga_handling_action read_while_ending(catga_handling *handling,
                                               const catga_attempts *record)
{
    if (record->ended)
        return store(handling);
    if (record->started > handling->attempt)
        handling->attempt = record->started;
    return write_again(handling);
}

catga_handling_action catga_handling_read(catga_handling *handling, const catga_attempts *record)
{
    uint64_t before = handling->revision;

    handling->revision = record->revision;
    switch ((int)handling->phase) {
    case CATGA_HANDLING_READING:
        return read_before_run(handling, record);
    case CATGA_HANDLING_STARTING:
        return read_while_starting(handling, record, before);
    case CATGA_HANDLING_RETRACTING:
        return read_while_retracting(handling, record);
    case CATGA_HANDLING_NOTING:
        return read_while_noting(handling, record, before);
    case CATGA_HANDLING_ENDING:
        return read_while_ending(handling, record);
    default:
        handling->revision = before;
        return CATGA_HANDLING_NOTHING;
    }
}

/* ---- The record was written, or not ---- */

static catga_handling_action written(catga_handling *handling, uint64_t revision)
{
    handling->revision = revision;
    switch ((int)handling->phase) {
    case CATGA_HANDLING_STARTING:
        return run_recorded(handling);
    case CATGA_HANDLING_RETRACTING:
        return redeliver(handling);
    case CATGA_HANDLING_NOTING:
        return settle(handling, CATGA_HANDLING_RETRY);
    default:
        return store(handling);
    }
}

/*
 * Reacts to a record that cannot be written. An end is retried without limit. A failed run that
 * cannot be recorded is not counted.
 */
static catga_handling_action unavailable(catga_handling *handling)
{
    switch ((int)handling->phase) {
    case CATGA_HANDLING_STARTING:
        return redeliver(handling);
    case CATGA_HANDLING_NOTING:
        return settle(handling, CATGA_HANDLING_RETRY);
    case CATGA_HANDLING_RETRACTING:
        return CATGA_HANDLING_READ;
    default:
        return CATGA_HANDLING_WRITE;
    }
}

static catga_handling_action look(catga_handling *handling)
{
    bool gives_up = handling->troubles_left == 0;

    if (!gives_up)
        handling->troubles_left--;
    switch ((int)handling->phase) {
    case CATGA_HANDLING_READING:
        return redeliver(handling);
    case CATGA_HANDLING_STARTING:
        return gives_up ? retract(handling) : CATGA_HANDLING_READ;
    case CATGA_HANDLING_NOTING:
        return gives_up ? settle(handling, CATGA_HANDLING_RETRY) : CATGA_HANDLING_READ;
    default:
        return CATGA_HANDLING_READ;
    }
}

/* ---- After the run ---- */

static catga_handling_action try_again(catga_handling *handling, int64_t delay_ms)
{
    if (handling->attempt > handling->rules.retries)
        return end(handling, CATGA_CAUSE_ATTEMPTS);
    handling->delay_ms = delay_ms;
    handling->troubles_left = CATGA_RECORD_TROUBLES;
    if (handling->recorded)
        return settle(handling, CATGA_HANDLING_RETRY);
    return enter(handling, CATGA_HANDLING_NOTING, CATGA_HANDLING_WRITE);
}

static catga_handling_action hand_back(catga_handling *handling)
{
    if (handling->phase == CATGA_HANDLING_NOTING)
        return settle(handling, CATGA_HANDLING_RETRY);
    return redeliver(handling);
}

static bool is_writing(catga_handling_phase phase)
{
    return phase == CATGA_HANDLING_STARTING || phase == CATGA_HANDLING_RETRACTING ||
           phase == CATGA_HANDLING_NOTING || phase == CATGA_HANDLING_ENDING;
}

static bool fits(const catga_handling *handling, catga_handling_event event)
{
    catga_handling_phase phase = handling->phase;

    switch (event) {
    case CATGA_HANDLING_WRITTEN:
    case CATGA_HANDLING_CONFLICT:
    case CATGA_HANDLING_UNAVAILABLE:
        return is_writing(phase);
    case CATGA_HANDLING_UNKNOWN:
        return is_writing(phase) || phase == CATGA_HANDLING_READING;
    case CATGA_HANDLING_CLAIMED:
    case CATGA_HANDLING_ENDED:
    case CATGA_HANDLING_DONE_BEFORE:
    case CATGA_HANDLING_HELD:
        return phase == CATGA_HANDLING_CLAIMING;
    case CATGA_HANDLING_SUCCEEDED:
    case CATGA_HANDLING_FAILED:
    case CATGA_HANDLING_POSTPONED:
    case CATGA_HANDLING_REJECTED:
    case CATGA_HANDLING_NOT_RUN:
        return phase == CATGA_HANDLING_RUNNING;
    case CATGA_HANDLING_STORED:
    case CATGA_HANDLING_NOT_STORED:
        return phase == CATGA_HANDLING_STORING;
    case CATGA_HANDLING_HANDED_BACK:
        return catga_handling_is_behind_run(handling);
    }
    return false;
}

catga_handling_action catga_handling_step(catga_handling *handling, catga_handling_event event,
                                          int64_t value)
{
    if (!fits(handling, event))
        return CATGA_HANDLING_NOTHING;
    switch (event) {
    case CATGA_HANDLING_WRITTEN:
        return written(handling, (uint64_t)value);
    case CATGA_HANDLING_UNKNOWN:
        handling->unsure = true;
        return look(handling);
    case CATGA_HANDLING_CONFLICT:
        return look(handling);
    case CATGA_HANDLING_UNAVAILABLE:
        return unavailable(handling);
    case CATGA_HANDLING_CLAIMED:
        return claimed(handling, (uint32_t)value);
    case CATGA_HANDLING_ENDED:
        return end_as_recorded(handling, (uint32_t)value);
    case CATGA_HANDLING_DONE_BEFORE:
    case CATGA_HANDLING_SUCCEEDED:
        return settle(handling, CATGA_HANDLING_DONE);
    case CATGA_HANDLING_HELD:
        return retry(handling, value);
    case CATGA_HANDLING_FAILED:
        return try_again(handling, pause_ms(handling));
    case CATGA_HANDLING_POSTPONED:
        return try_again(handling, value);
    case CATGA_HANDLING_REJECTED:
        return end(handling, CATGA_CAUSE_REJECTED);
    case CATGA_HANDLING_NOT_RUN:
        handling->unwanted_ms = value;
        return handling->recorded ? retract(handling) : redeliver(handling);
    case CATGA_HANDLING_STORED:
        return settle(handling, CATGA_HANDLING_GIVE_UP);
    case CATGA_HANDLING_NOT_STORED:
        return CATGA_HANDLING_DEAD_LETTER;
    case CATGA_HANDLING_HANDED_BACK:
        return hand_back(handling);
    }
    return CATGA_HANDLING_NOTHING;
}
