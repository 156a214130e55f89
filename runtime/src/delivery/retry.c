/* Decides when a call is retried; see retry.h. */
#include "delivery/retry.h"

#include "base/monotime.h"

static const catga_pauses usual_pauses = {.next = 50, .longest = 5000};
static const catga_pauses progress_pauses = {.next = 50, .longest = 400};

void catga_retry_init(catga_retry *retry, const catga_retry_plan *plan, uint64_t random)
{
    *retry = (catga_retry){
        .deadline = plan->deadline,
        .until = plan->deadline,
        .random = random | 1,
        .retries_left = plan->retries,
        .pauses = plan->pauses.next == 0 ? usual_pauses : plan->pauses,
        .questions = progress_pauses,
        .repeatable = plan->is_repeatable,
        .phase = CATGA_RETRY_NEW,
        .result = CATGA_TIMEOUT,
    };
}

/*
 * Returns whether a try with this result certainly ran no handler. A try that timed out at the
 * service says so, or was not sent.
 */
static bool not_run(catga_status status)
{
    return status == CATGA_NO_RESPONDERS || status == CATGA_DISCONNECTED ||
           status == CATGA_OVERLOADED || status == CATGA_DRAINING || status == CATGA_TIMEOUT;
}

static catga_retry_action finish(catga_retry *retry, catga_status result)
{
    retry->phase = CATGA_RETRY_FINISHED;
    retry->result = result;
    return CATGA_RETRY_FINISH;
}

/* Sends a try. A repeatable call gives each try an equal share of the remaining time. */
static catga_retry_action send(catga_retry *retry, int64_t now)
{
    if (now >= retry->deadline)
        return finish(retry, CATGA_TIMEOUT);
    retry->until = retry->deadline;
    if (retry->repeatable)
        retry->until = now + (retry->deadline - now) / ((int64_t)retry->retries_left + 1);
    retry->phase = CATGA_RETRY_ANSWERING;
    retry->tries++;
    return CATGA_RETRY_SEND;
}

/* Returns the next pause in nanoseconds: the planned one times 0.5 to 1.5. */
static int64_t next_pause(catga_retry *retry, catga_pauses *pauses)
{
    int64_t planned = (int64_t)pauses->next * CATGA_MILLISECOND;

    retry->random ^= retry->random << 13;
    retry->random ^= retry->random >> 7;
    retry->random ^= retry->random << 17;
    pauses->next = pauses->next < pauses->longest / 2 ? pauses->next * 2 : pauses->longest;
    return planned / 2 + (int64_t)(retry->random % (uint64_t)planned);
}

/* Plans a retry. Returns false if none is left, or no time for it. */
static bool pause(catga_retry *retry, catga_pauses *pauses, int64_t now)
{
    if (retry->retries_left == 0)
        return false;
    int64_t until = catga_clock_after(now, next_pause(retry, pauses));
    if (until >= retry->deadline)
        return false;
    retry->retries_left--;
    retry->until = until;
    retry->phase = CATGA_RETRY_PAUSING;
    return true;
}

/*
 * Asks again while an earlier try runs in another replica, whose answer also comes to this call.
 * Asking again does not use up a retry, because nothing else runs. If that replica dies, the asked
 * replicas must notice, each after its lease; so the question is repeated often.
 */
static catga_retry_action on_in_progress(catga_retry *retry, int64_t now)
{
    if (retry->is_single)
        return finish(retry, CATGA_IN_PROGRESS);
    retry->in_doubt = true;
    if (retry->phase != CATGA_RETRY_ANSWERING)
        return CATGA_RETRY_WAIT;
    retry->retries_left++;
    if (!retry->repeatable || !pause(retry, &retry->questions, now)) {
        retry->retries_left--;
        retry->until = retry->deadline;
    }
    return CATGA_RETRY_WAIT;
}

/* Handles an answer. An answer during a pause belongs to an earlier try, and is as good as any. */
static catga_retry_action on_result(catga_retry *retry, catga_status status, int64_t now)
{
    if (status == CATGA_IN_PROGRESS)
        return on_in_progress(retry, now);
    if (!not_run(status)) /* a denial says nothing about an earlier try */
        return finish(retry,
                      status == CATGA_NOT_PERMITTED && retry->in_doubt ? CATGA_TIMEOUT : status);
    if (retry->phase != CATGA_RETRY_ANSWERING || pause(retry, &retry->pauses, now))
        return CATGA_RETRY_WAIT;
    return finish(retry, retry->in_doubt ? CATGA_TIMEOUT : status);
}

/* Handles a refusal. It says nothing about an earlier try that was lost and may have run. */
static catga_retry_action on_refused(catga_retry *retry, catga_status status, int64_t now)
{
    if (not_run(status))
        return on_result(retry, status, now);
    return finish(retry, retry->in_doubt ? CATGA_TIMEOUT : status);
}

/*
 * Handles a lost connection. The answer may still come on the next connection, but a retry is
 * quicker.
 */
static catga_retry_action on_lost(catga_retry *retry, int64_t now)
{
    if (retry->repeatable && retry->phase == CATGA_RETRY_ANSWERING) {
        retry->in_doubt = true;
        pause(retry, &retry->pauses, now);
    }
    return CATGA_RETRY_WAIT;
}

static catga_retry_action on_time(catga_retry *retry, int64_t now)
{
    if (now < retry->until)
        return CATGA_RETRY_WAIT;
    if (retry->phase == CATGA_RETRY_PAUSING)
        return send(retry, now);
    retry->in_doubt = true;
    if (retry->retries_left == 0)
        return finish(retry, CATGA_TIMEOUT);
    retry->retries_left--;
    return send(retry, now);
}

catga_retry_action catga_retry_step(catga_retry *retry, catga_retry_event event,
                                    catga_status status, int64_t now)
{
    if (retry->phase == CATGA_RETRY_FINISHED)
        return CATGA_RETRY_FINISH;
    switch (event) {
    case CATGA_RETRY_BEGIN:
        return send(retry, now);
    case CATGA_RETRY_RESULT:
        return on_result(retry, status, now);
    case CATGA_RETRY_REFUSED:
        return on_refused(retry, status, now);
    case CATGA_RETRY_LOST:
        return on_lost(retry, now);
    case CATGA_RETRY_TIME:
        return on_time(retry, now);
    }
    return CATGA_RETRY_WAIT;
}
