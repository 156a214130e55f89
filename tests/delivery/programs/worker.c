/*
 * worker LEDGER: one replica of the service Worker, and with WORKER_FOLLOWS=1 of Follower. Each
 * handler records its start (H), its effect (E) and its end (C), and obeys the instructions in a
 * stored event. Options of the bus and of effects.h come from the environment. The worker prints
 * "ready" when it serves, ends with SIGTERM, and writes its metrics at the end.
 */
#include "effects.h"
#include "ledger.h"
#include "measures.h"
#include "trail.catga.h"
#include "work.catga.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

typedef struct worker {
    ledger ledger;
    catga_bus *bus;
    measures measures;
    bool own_store; /* true if `effects` has the effects of orders */
    effects effects;
} worker;

/* ---- Records ---- */

static void note(catga_context *context, char letter, const char *handler, uint64_t id)
{
    worker *self = catga_context_user(context);

    ledger_write(&self->ledger, "%c %s %" PRIu64 " %" PRIu32 " %s", letter, handler, id,
                 catga_context_attempt(context), catga_instance(self->bus));
}

static void work_for(uint32_t microseconds)
{
    const struct timespec time = {.tv_sec = microseconds / 1000000,
                                  .tv_nsec = microseconds % 1000000 * 1000L};

    if (microseconds > 0)
        nanosleep(&time, NULL);
}

/* Does everything that a successful handler does. */
static void perform(catga_context *context, const char *handler, uint64_t id, uint32_t work_us)
{
    note(context, 'H', handler, id);
    work_for(work_us);
    note(context, 'E', handler, id);
}

/* ---- Commands and queries ---- */

static test_work_answer answer_to(catga_context *context, uint64_t id)
{
    worker *self = catga_context_user(context);

    return (test_work_answer){id, catga_str(catga_instance(self->bus))};
}

static catga_status my_act(catga_context *context, test_work_act_view request)
{
    uint64_t id = test_work_act_get_id(request);

    perform(context, "act", id, test_work_act_get_work_us(request));
    const test_work_answer answer = answer_to(context, id);
    return test_work_act_reply(context, &answer);
}

static catga_status my_order(catga_context *context, test_work_order_view request)
{
    worker *self = catga_context_user(context);
    uint64_t id = test_work_order_get_id(request);

    if (self->own_store) {
        note(context, 'H', "order", id);
        work_for(test_work_order_get_work_us(request));
        effects_plan(catga_context_claim(context), id, catga_instance(self->bus));
    } else {
        perform(context, "order", id, test_work_order_get_work_us(request));
    }
    const test_work_answer answer = answer_to(context, id);
    return test_work_order_reply(context, &answer);
}

static catga_status my_ask(catga_context *context, test_work_ask_view request)
{
    uint64_t id = test_work_ask_get_id(request);

    perform(context, "ask", id, test_work_ask_get_work_us(request));
    const test_work_answer answer = answer_to(context, id);
    return test_work_ask_reply(context, &answer);
}

static catga_status my_peek(catga_context *context, test_work_peek_view request)
{
    uint64_t id = test_work_peek_get_id(request);

    perform(context, "peek", id, test_work_peek_get_work_us(request));
    const test_work_answer answer = answer_to(context, id);
    return test_work_peek_reply(context, &answer);
}

/* ---- Events ---- */

static catga_status my_look(catga_context *context, test_work_seen_view event)
{
    perform(context, "look", test_work_seen_get_id(event), test_work_seen_get_work_us(event));
    return CATGA_OK;
}

static catga_status my_observe(catga_context *context, test_work_seen_view event)
{
    perform(context, "observe", test_work_seen_get_id(event), 0);
    return CATGA_OK;
}

static catga_status my_keep(catga_context *context, test_work_kept_view event)
{
    uint64_t id = test_work_kept_get_id(event);
    uint32_t attempt = catga_context_attempt(context);

    note(context, 'H', "keep", id);
    if (attempt <= test_work_kept_get_die_before(event))
        _exit(9);
    if (attempt <= test_work_kept_get_fail(event))
        return CATGA_HANDLER_FAILED;
    work_for(test_work_kept_get_work_us(event));
    note(context, 'E', "keep", id);
    if (attempt <= test_work_kept_get_die_after(event))
        _exit(9);
    note(context, 'C', "keep", id);
    return CATGA_OK;
}

static catga_status my_copy(catga_context *context, test_work_kept_view event)
{
    perform(context, "copy", test_work_kept_get_id(event), 0);
    return CATGA_OK;
}

static catga_status my_single(catga_context *context, test_work_once_view event)
{
    perform(context, "single", test_work_once_get_id(event), test_work_once_get_work_us(event));
    return CATGA_OK;
}

static catga_status my_take(catga_context *context, test_work_task_view event)
{
    uint64_t id = test_work_task_get_id(event);

    note(context, 'H', "take", id);
    if (catga_context_attempt(context) <= test_work_task_get_fail(event))
        return CATGA_HANDLER_FAILED;
    work_for(test_work_task_get_work_us(event));
    note(context, 'E', "take", id);
    return CATGA_OK;
}

/* ---- Keys and families ---- */

static catga_status my_follow(catga_context *context, test_trail_stepped_view event)
{
    perform(context, "follow", test_trail_stepped_get_id(event),
            test_trail_stepped_get_work_us(event));
    return CATGA_OK;
}

static catga_status my_audit(catga_context *context, const catga_event *event)
{
    const test_trail_stepped_view stepped = {event->table};
    const test_trail_settled_view settled = {event->table};
    const test_trail_glimpsed_view glimpsed = {event->table};

    if (event->message == &test_trail_stepped_message_descriptor)
        perform(context, "audit_stepped", test_trail_stepped_get_id(stepped), 0);
    else if (event->message == &test_trail_settled_message_descriptor)
        perform(context, "audit_settled", test_trail_settled_get_id(settled),
                test_trail_settled_get_work_us(settled));
    else
        perform(context, "audit_glimpsed", test_trail_glimpsed_get_id(glimpsed), 0);
    return CATGA_OK;
}

/* ---- The program ---- */

static catga_status serve(worker *self)
{
    static const test_work_worker handlers = TEST_WORK_WORKER(my);
    static const test_trail_follower followers = TEST_TRAIL_FOLLOWER(my);
    catga_status status = test_work_worker_serve(self->bus, &handlers, self);

    if (status != CATGA_OK || getenv("WORKER_FOLLOWS") == NULL)
        return status;
    return test_trail_follower_serve(self->bus, &followers, self);
}

static void note_counters(worker *self, const char *path)
{
    const catga_counters counters = catga_count(self->bus);

    measures_end(&self->measures, path);

#define COUNTER(name, sentence) ledger_write(&self->ledger, "S " #name " %" PRIu64, counters.name);
#include <catga/counters.def>
#undef COUNTER
}

int main(int count, char **arguments)
{
    worker self;

    if (count != 2) {
        fprintf(stderr, "usage: worker LEDGER\n");
        return 2;
    }
    /* A signal before catga_run waits for it. */
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ending, NULL);
    ledger_open(&self.ledger, arguments[1]);
    self.own_store = effects_open(&self.effects);
    const catga_claim_store store = effects_store(&self.effects);
    const catga_options options = {.claims = self.own_store ? &store : NULL};
    catga_status status = catga_open(&self.bus, &options);
    if (status == CATGA_OK)
        measures_begin(&self.measures, self.bus);
    if (status == CATGA_OK)
        status = serve(&self);
    if (status == CATGA_OK) {
        puts("ready");
        fflush(stdout);
        status = catga_run(self.bus);
    }
    if (self.bus != NULL)
        note_counters(&self, arguments[1]);
    catga_close(self.bus);
    if (status != CATGA_OK)
        fprintf(stderr, "worker: %s\n", catga_status_text(status));
    return status == CATGA_OK ? 0 : 1;
}
