/* Decides about claims; see claim.h. */
#include "delivery/claim.h"

void catga_claiming_init(catga_claiming *claiming, uint32_t lease_ms)
{
    *claiming = (catga_claiming){
        .lease_ms = lease_ms,
        .troubles_left = CATGA_CLAIM_TROUBLES,
        .disputes_left = CATGA_CLAIM_DISPUTES,
        .phase = CATGA_CLAIMING_NEW,
    };
}

static catga_claiming_action end(catga_claiming *claiming, catga_claiming_action action)
{
    claiming->phase = CATGA_CLAIMING_ENDED;
    return action;
}

static catga_claiming_action held(catga_claiming *claiming, int64_t delay_ms)
{
    claiming->delay_ms = delay_ms;
    return end(claiming, CATGA_CLAIMING_HELD);
}

static catga_claiming_action run(catga_claiming *claiming)
{
    claiming->phase = CATGA_CLAIMING_RUNNING;
    return CATGA_CLAIMING_RUN;
}

static catga_claiming_action write_over(catga_claiming *claiming, catga_record_state state,
                                        uint64_t revision)
{
    claiming->writes = state;
    claiming->revision = revision;
    claiming->phase = CATGA_CLAIMING_WRITING;
    return CATGA_CLAIMING_WRITE;
}

static catga_claiming_action look(catga_claiming *claiming)
{
    claiming->phase = CATGA_CLAIMING_LOOKING;
    return CATGA_CLAIMING_LOOK;
}

static catga_claiming_action look_once_more(catga_claiming *claiming, uint32_t *left)
{
    if (*left == 0)
        return end(claiming, CATGA_CLAIMING_GIVE_UP);
    --*left;
    return look(claiming);
}

/* Takes the claim for the next attempt, over the record that was read. */
static catga_claiming_action take(catga_claiming *claiming)
{
    claiming->attempt++;
    return write_over(claiming, CATGA_RECORD_TAKEN, claiming->revision);
}

static catga_claiming_action mark(catga_claiming *claiming, catga_record_state state)
{
    claiming->marking = true;
    claiming->troubles_left = CATGA_CLAIM_MARK_TROUBLES;
    claiming->disputes_left = CATGA_CLAIM_MARK_DISPUTES;
    return write_over(claiming, state, claiming->revision);
}

static catga_claiming_action written(catga_claiming *claiming, uint64_t revision)
{
    claiming->revision = revision;
    return claiming->marking ? end(claiming, CATGA_CLAIMING_KEPT) : run(claiming);
}

static bool fits(const catga_claiming *claiming, catga_claiming_event event)
{
    switch (event) {
    case CATGA_CLAIMING_BEGIN:
        return claiming->phase == CATGA_CLAIMING_NEW;
    case CATGA_CLAIMING_WRITTEN:
    case CATGA_CLAIMING_CONFLICT:
        return claiming->phase == CATGA_CLAIMING_WRITING;
    case CATGA_CLAIMING_UNCERTAIN:
        return claiming->phase == CATGA_CLAIMING_WRITING ||
               claiming->phase == CATGA_CLAIMING_LOOKING;
    case CATGA_CLAIMING_AWAY:
        return claiming->marking && fits(claiming, CATGA_CLAIMING_UNCERTAIN);
    case CATGA_CLAIMING_READ:
        return claiming->phase == CATGA_CLAIMING_LOOKING;
    case CATGA_CLAIMING_WORKS:
    case CATGA_CLAIMING_IDLE:
    case CATGA_CLAIMING_SILENT:
    case CATGA_CLAIMING_UNSURE:
        return claiming->phase == CATGA_CLAIMING_ASKING;
    case CATGA_CLAIMING_SUCCEEDED:
    case CATGA_CLAIMING_FAILED:
    case CATGA_CLAIMING_GAVE_UP:
        return claiming->phase == CATGA_CLAIMING_RUNNING;
    }
    return false;
}

catga_claiming_action catga_claiming_step(catga_claiming *claiming, catga_claiming_event event,
                                          uint64_t revision)
{
    if (!fits(claiming, event))
        return CATGA_CLAIMING_NOTHING;
    switch (event) {
    case CATGA_CLAIMING_BEGIN:
        return take(claiming);
    case CATGA_CLAIMING_WRITTEN:
        return written(claiming, revision);
    case CATGA_CLAIMING_CONFLICT:
        return look_once_more(claiming, &claiming->disputes_left);
    case CATGA_CLAIMING_UNCERTAIN:
        return look_once_more(claiming, &claiming->troubles_left);
    case CATGA_CLAIMING_AWAY:
        return look(claiming);
    case CATGA_CLAIMING_WORKS:
        return held(claiming, claiming->lease_ms);
    case CATGA_CLAIMING_UNSURE:
        return held(claiming, claiming->lease_ms / 4 + 1);
    case CATGA_CLAIMING_IDLE:
        return write_over(claiming, CATGA_RECORD_TAKEN, claiming->revision);
    case CATGA_CLAIMING_SILENT:
        return take(claiming);
    case CATGA_CLAIMING_SUCCEEDED:
        return mark(claiming, CATGA_RECORD_DONE);
    case CATGA_CLAIMING_FAILED:
        return mark(claiming, CATGA_RECORD_FREE);
    case CATGA_CLAIMING_GAVE_UP:
        return mark(claiming, CATGA_RECORD_ENDED);
    case CATGA_CLAIMING_READ:
        break;
    }
    return CATGA_CLAIMING_NOTHING;
}

/* Reacts to the record before the handler has run. */
static catga_claiming_action found(catga_claiming *claiming, const catga_claim_record *record)
{
    claiming->revision = record->revision;
    claiming->attempt = record->attempts;
    switch (record->state) {
    case CATGA_RECORD_NONE:
    case CATGA_RECORD_FREE:
        return take(claiming);
    case CATGA_RECORD_ENDED:
        return claiming->reopens ? take(claiming) : end(claiming, CATGA_CLAIMING_SKIP);
    case CATGA_RECORD_DONE:
        return end(claiming, CATGA_CLAIMING_SKIP);
    case CATGA_RECORD_TAKEN:
        break;
    }
    if (record->ours)
        return run(claiming);
    claiming->phase = CATGA_CLAIMING_ASKING;
    return CATGA_CLAIMING_ASK;
}

/*
 * Reacts to the record after the handler has run. A missing record was kept for less time than the
 * handler took. A record older than ours comes from a lagging server.
 */
static catga_claiming_action found_marking(catga_claiming *claiming,
                                           const catga_claim_record *record)
{
    if (record->state == CATGA_RECORD_NONE)
        return write_over(claiming, claiming->writes, 0);
    if (record->revision < claiming->revision)
        return look_once_more(claiming, &claiming->disputes_left);
    if (!record->ours)
        return end(claiming, CATGA_CLAIMING_LOST);
    if (record->state == claiming->writes)
        return end(claiming, CATGA_CLAIMING_KEPT);
    return write_over(claiming, claiming->writes, record->revision);
}

catga_claiming_action catga_claiming_read(catga_claiming *claiming,
                                          const catga_claim_record *record)
{
    if (!fits(claiming, CATGA_CLAIMING_READ))
        return CATGA_CLAIMING_NOTHING;
    return claiming->marking ? found_marking(claiming, record) : found(claiming, record);
}
