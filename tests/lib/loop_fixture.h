/* Two peers for tests of the event loop, and handlers that are quick until a message asks them to
 * sleep. */
#ifndef LOOP_FIXTURE_H
#define LOOP_FIXTURE_H

#include "nats_peer.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* Limit of what takes no exact time. */
enum { PATIENCE_MS = 20000 };

/* ---- Delays ---- */

/* A loop that works delays nothing for SOON_MS; a machine that is busy delays some. A loop that
 * does not work delays most, or one until a handler ends. */
enum { SOON_MS = 50, NEVER_MS = 1000 };

typedef struct delays {
    unsigned count;
    unsigned late;
    double longest_ms;
} delays;

static inline void delays_add_ms(delays *of, double took_ms)
{
    of->count++;
    of->late += took_ms > SOON_MS;
    of->longest_ms = took_ms > of->longest_ms ? took_ms : of->longest_ms;
}

static inline void delays_add(delays *of, double start)
{
    delays_add_ms(of, (seconds_now() - start) * 1e3);
}

static inline void delays_check(const delays *of)
{
    print_message("longest delay %.1f ms, %u of %u are long\n", of->longest_ms, of->late,
                  of->count);
    assert_true(of->longest_ms < NEVER_MS);
    assert_true(of->late * 10 <= of->count);
}

/* ---- Peers ---- */

/* `self` has the handlers; `other` sends to them and receives from them. */
static peer self, other;

static inline int open_both(void **state)
{
    const char *url = getenv("NATS_URL");

    (void)state;
    return peer_open(&self, url, 5000) == CATGA_OK && peer_open(&other, url, 5000) == CATGA_OK ? 0
                                                                                               : -1;
}

static inline int close_both(void **state)
{
    (void)state;
    peer_close(&other);
    peer_close(&self);
    return 0;
}

static inline bool has_text(const catga_incoming *message, const char *text)
{
    return message->length == strlen(text) && memcmp(message->data, text, message->length) == 0;
}

/* Answers a request, and releases the message. */
static inline void answer(catga_incoming *message, const char *text)
{
    catga_outgoing reply = {.data = (const uint8_t *)text, .length = strlen(text)};

    if (message->reply != NULL)
        (void)self.transport->operations->respond(self.transport, message, &reply);
    self.transport->operations->release(message);
}

/* ---- Handlers ---- */

typedef struct handler {
    catga_subscription *subscription;
    const char *subject;
    atomic_int sleep_ms;
    atomic_int count;
    atomic_int sleeping;
    _Atomic(pthread_t) thread; /* of the last run */
} handler;

static inline void handle(void *user, catga_incoming *message)
{
    handler *of = user;

    atomic_store(&of->thread, pthread_self());
    if (has_text(message, "sleep")) {
        atomic_fetch_add(&of->sleeping, 1);
        pause_ms(atomic_load(&of->sleep_ms));
    }
    answer(message, "pong");
    atomic_fetch_add(&of->count, 1);
}

static inline void refuse(void *user, catga_incoming *message)
{
    (void)user;
    answer(message, "busy");
}

static inline void handler_begin(handler *of, const char *subject, unsigned pending,
                                 catga_receive_function *receive)
{
    const catga_subscription_options options = {
        .subject = subject, .pending = pending, .receive = receive, .refuse = refuse, .user = of};

    *of = (handler){.subject = subject};
    assert_int_equal(
        self.transport->operations->subscribe(self.transport, &options, &of->subscription),
        CATGA_OK);
    assert_int_equal(peer_flush(&self), CATGA_OK);
}

static inline void handler_end(handler *of)
{
    assert_int_equal(peer_unsubscribe(&self, of->subscription), CATGA_OK);
}

static inline void publish_some(handler *to)
{
    enum { SOME = 5 };
    int count = atomic_load(&to->count);

    for (int i = 0; i < SOME; i++)
        assert_int_equal(peer_publish(&other, to->subject, "quick"), CATGA_OK);
    assert_true(reaches(&to->count, count + SOME, PATIENCE_MS));
}

/* Sends quick messages to both handlers, hundreds in a row, until both run in one thread: that is
 * the leader. */
static inline void bring_into_leader(handler *of, handler *another)
{
    for (int i = 0; i < 2000; i++) {
        publish_some(of);
        publish_some(another);
        if (i > 20 && pthread_equal(atomic_load(&of->thread), atomic_load(&another->thread)))
            return;
    }
    fail_msg("no handler runs in the leader");
}

#endif
