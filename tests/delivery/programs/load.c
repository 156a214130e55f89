/*
 * load LEDGER NUMBER [NAME=VALUE...]: sends at fixed rates, independent of earlier outcomes (an
 * open loop), until SIGTERM, or until `count` messages of each kind are sent; then waits for every
 * outcome. It records each message before sending (A), and its outcome: acknowledged (K), certainly
 * not run or stored (F), unknown (U). NUMBER distinguishes the ids of several loads. At the end it
 * writes its metrics.
 *
 *     seen kept once task act order ask peek stepped settled glimpsed
 *                                        messages per second of each kind; default 0
 *     count size                         total messages of each kind; bytes of an event's data
 *     work_us fail die_before die_after  instructions to the handlers
 */
#include "ledger.h"
#include "measures.h"
#include "trail.catga.h"
#include "work.catga.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SECOND INT64_C(1000000000)

enum { KINDS = 11, ACCOUNTS = 5, LONGEST_WAIT_S = 60 };

typedef struct load load;
typedef struct ticket ticket;
typedef struct traffic traffic;

/* A kind of message, and its schedule. */
struct traffic {
    const char *name;
    catga_status (*send)(load *self, uint64_t id, ticket *its);
    uint64_t rate; /* per second; 0 for none */
    int64_t next;  /* time of the next message */
    uint64_t sent;
};

struct load {
    ledger ledger;
    catga_bus *bus;
    measures measures;
    traffic kinds[KINDS];
    uint64_t count, size, work_us, fail, die_before, die_after;
    uint64_t first_id, sent;
    atomic_int waiting; /* number of messages without outcome */
    int64_t longest;    /* longest time in a function that should not block */
    uint8_t *data;
};

/* A message on its way; freed with its outcome. */
struct ticket {
    load *owner;
    const traffic *kind;
    uint64_t id;
};

/* ---- Outcomes ---- */

/* Returns K, F or U, as the manual's table of statuses says. */
static char letter_of(catga_status status)
{
    switch ((int)status) {
    case CATGA_OK:
        return 'K';
    case CATGA_TIMEOUT:
    case CATGA_CLOSED:
    case CATGA_HANDLER_FAILED:
    case CATGA_DECLARED_ERROR:
        return 'U';
    default:
        return 'F';
    }
}

static void finish(ticket *its, catga_status status)
{
    load *self = its->owner;

    ledger_write(&self->ledger, "%c %s %" PRIu64 " %s", letter_of(status), its->kind->name, its->id,
                 catga_status_name(status));
    free(its);
    atomic_fetch_sub(&self->waiting, 1);
}

static void on_published(catga_status status, const catga_error *error, void *user)
{
    (void)error;
    finish(user, status);
}

/* The answer to another call would be as bad as none. */
static void on_answer(catga_status status, test_work_answer_view answer, const catga_error *error,
                      void *user)
{
    const ticket *sent = user;

    (void)error;
    if (status == CATGA_OK && test_work_answer_get_id(answer) != sent->id)
        errx(2, "an answer to another call");
    finish(user, status);
}

/* ---- Sending ---- */

static catga_status send_seen(load *self, uint64_t id, ticket *its)
{
    const test_work_seen event = {
        .id = id, .work_us = (uint32_t)self->work_us, .data = {self->data, self->size}};
    catga_status status = test_work_seen_publish(self->bus, &event);

    if (status == CATGA_OK)
        finish(its, CATGA_OK);
    return status;
}

static catga_status send_kept(load *self, uint64_t id, ticket *its)
{
    const test_work_kept event = {.id = id,
                                  .work_us = (uint32_t)self->work_us,
                                  .fail = (uint32_t)self->fail,
                                  .die_before = (uint32_t)self->die_before,
                                  .die_after = (uint32_t)self->die_after,
                                  .data = {self->data, self->size}};

    return test_work_kept_publish_async(self->bus, &event, on_published, its);
}

static catga_status send_once(load *self, uint64_t id, ticket *its)
{
    const test_work_once event = {
        .id = id, .work_us = (uint32_t)self->work_us, .data = {self->data, self->size}};

    return test_work_once_publish_async(self->bus, &event, on_published, its);
}

static catga_status send_task(load *self, uint64_t id, ticket *its)
{
    const test_work_task event = {.id = id,
                                  .work_us = (uint32_t)self->work_us,
                                  .fail = (uint32_t)self->fail,
                                  .data = {self->data, self->size}};

    return test_work_task_publish_async(self->bus, &event, on_published, its);
}

static catga_status send_stepped(load *self, uint64_t id, ticket *its)
{
    const test_trail_stepped event = {
        .id = id, .account = (uint32_t)(id % ACCOUNTS), .work_us = (uint32_t)self->work_us};

    return test_trail_stepped_publish_async(self->bus, &event, on_published, its);
}

static catga_status send_settled(load *self, uint64_t id, ticket *its)
{
    const test_trail_settled event = {.id = id, .work_us = (uint32_t)self->work_us};

    return test_trail_settled_publish_async(self->bus, &event, on_published, its);
}

static catga_status send_glimpsed(load *self, uint64_t id, ticket *its)
{
    const test_trail_glimpsed event = {.id = id, .work_us = (uint32_t)self->work_us};
    catga_status status = test_trail_glimpsed_publish(self->bus, &event);

    if (status == CATGA_OK)
        finish(its, CATGA_OK);
    return status;
}

static catga_status send_act(load *self, uint64_t id, ticket *its)
{
    const test_work_act command = {id, (uint32_t)self->work_us};

    return test_work_act_send(self->bus, &command, on_answer, its);
}

static catga_status send_order(load *self, uint64_t id, ticket *its)
{
    const test_work_order command = {id, (uint32_t)self->work_us};

    return test_work_order_send(self->bus, &command, on_answer, its);
}

static catga_status send_ask(load *self, uint64_t id, ticket *its)
{
    const test_work_ask query = {id, (uint32_t)self->work_us};

    return test_work_ask_send(self->bus, &query, on_answer, its);
}

static catga_status send_peek(load *self, uint64_t id, ticket *its)
{
    const test_work_peek query = {id, (uint32_t)self->work_us};

    return test_work_peek_send(self->bus, &query, on_answer, its);
}

static void send_one(load *self, traffic *kind)
{
    uint64_t id = self->first_id + self->sent++;
    ticket *sent = malloc(sizeof *sent);

    if (sent == NULL)
        err(2, "a ticket");
    *sent = (ticket){self, kind, id};
    kind->sent++;
    atomic_fetch_add(&self->waiting, 1);
    ledger_write(&self->ledger, "A %s %" PRIu64, kind->name, id);
    int64_t began = ledger_now();
    catga_status status = kind->send(self, id, sent);
    int64_t took = ledger_now() - began;
    if (took > self->longest)
        self->longest = took;
    if (status != CATGA_OK)
        finish(sent, status);
}

/* ---- The schedule ---- */

/* Returns the kind that is due first, or NULL when all have been sent. */
static traffic *next_kind(load *self)
{
    traffic *first = NULL;

    for (size_t i = 0; i < KINDS; i++) {
        traffic *kind = &self->kinds[i];
        bool left = kind->rate > 0 && (self->count == 0 || kind->sent < self->count);
        if (left && (first == NULL || kind->next < first->next))
            first = kind;
    }
    return first;
}

/* Waits until `time`. Returns false after SIGTERM, which it checks even when there is no time to
 * wait. */
static bool wait_until(int64_t time)
{
    int64_t left = time - ledger_now();
    sigset_t stop;

    if (left < 0)
        left = 0;
    const struct timespec wait = {.tv_sec = left / SECOND, .tv_nsec = left % SECOND};
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    return sigtimedwait(&stop, NULL, &wait) < 0 && errno == EAGAIN;
}

static void send_all(load *self)
{
    int64_t now = ledger_now();

    for (size_t i = 0; i < KINDS; i++)
        self->kinds[i].next = now;
    for (traffic *kind = next_kind(self); kind != NULL && wait_until(kind->next);
         kind = next_kind(self)) {
        kind->next += SECOND / (int64_t)kind->rate;
        send_one(self, kind);
    }
}

/* Returns true when every message has an outcome. */
static bool wait_for_outcomes(load *self)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    int64_t end = ledger_now() + LONGEST_WAIT_S * SECOND;

    while (atomic_load(&self->waiting) > 0 && ledger_now() < end)
        nanosleep(&pause, NULL);
    return atomic_load(&self->waiting) == 0;
}

/* ---- The program ---- */

static uint64_t *option(load *self, const char *name, size_t length)
{
    const struct {
        const char *name;
        uint64_t *value;
    } options[] = {{"count", &self->count},           {"size", &self->size},
                   {"work_us", &self->work_us},       {"fail", &self->fail},
                   {"die_before", &self->die_before}, {"die_after", &self->die_after}};

    for (size_t i = 0; i < KINDS; i++)
        if (strlen(self->kinds[i].name) == length && memcmp(self->kinds[i].name, name, length) == 0)
            return &self->kinds[i].rate;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0)
            return options[i].value;
    errx(2, "there is no option %.*s", (int)length, name);
}

static void read_options(load *self, char **arguments)
{
    for (; *arguments != NULL; arguments++) {
        const char *value = strchr(*arguments, '=');
        if (value == NULL)
            errx(2, "NAME=VALUE is wanted, not %s", *arguments);
        *option(self, *arguments, (size_t)(value - *arguments)) = strtoull(value + 1, NULL, 10);
    }
}

static void note_figures(const load *self)
{
    const catga_counters counters = catga_count(self->bus);

    ledger_write(&self->ledger, "S longest_send_ns %" PRId64, self->longest);
    ledger_write(&self->ledger, "S disconnects %" PRIu64, counters.disconnects);
    ledger_write(&self->ledger, "S calls_retried %" PRIu64, counters.calls_retried);
}

int main(int count, char **arguments)
{
    static load self = {.kinds = {{.name = "seen", .send = send_seen},
                                  {.name = "kept", .send = send_kept},
                                  {.name = "once", .send = send_once},
                                  {.name = "task", .send = send_task},
                                  {.name = "act", .send = send_act},
                                  {.name = "order", .send = send_order},
                                  {.name = "ask", .send = send_ask},
                                  {.name = "peek", .send = send_peek},
                                  {.name = "stepped", .send = send_stepped},
                                  {.name = "settled", .send = send_settled},
                                  {.name = "glimpsed", .send = send_glimpsed}}};
    sigset_t stop;

    if (count < 3)
        errx(2, "usage: load LEDGER NUMBER [NAME=VALUE...]");
    self.first_id = strtoull(arguments[2], NULL, 10) << 32;
    read_options(&self, arguments + 3);
    self.data = calloc(1, self.size + 1);
    if (self.data == NULL)
        err(2, "%" PRIu64 " bytes", self.size);
    ledger_open(&self.ledger, arguments[1]);
    sigemptyset(&stop);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, NULL);
    catga_status status = catga_open(&self.bus, NULL);
    if (status != CATGA_OK)
        errx(1, "load: %s", catga_status_text(status));
    measures_begin(&self.measures, self.bus);
    puts("ready");
    fflush(stdout);
    send_all(&self);
    bool finished = wait_for_outcomes(&self);
    note_figures(&self);
    measures_end(&self.measures, arguments[1]);
    catga_close(self.bus);
    free(self.data);
    return finished ? 0 : 1;
}
