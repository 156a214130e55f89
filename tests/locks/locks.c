/*
 * Counts the locks of ours that a message takes, from the caller to the handler and back: locks
 * local | nats (at $NATS_URL, with JetStream). Creating streams, connections and threads is not
 * counted. Messages are measured for metrics, and traced. The local server has a lock for stored
 * data, so stored events and claims are counted with NATS only.
 */
#include "bus_fixture.h"
#include "locks.catga.h"

#include <catga/metrics.h>
#include <catga/trace.h>

#include <pthread.h>
#include <stdatomic.h>

/* Number of messages of each kind to send before counting, and while counting. */
enum { BEFORE = 200, COUNTED = 300, TRIES = 100 };

static atomic_uint locks;

#define COUNT(function, type)                                                                      \
    int __real_pthread_##function(type *lock);                                                     \
    int __wrap_pthread_##function(type *lock);                                                     \
    int __wrap_pthread_##function(type *lock)                                                      \
    {                                                                                              \
        atomic_fetch_add(&locks, 1);                                                               \
        return __real_pthread_##function(lock);                                                    \
    }
COUNT(mutex_lock, pthread_mutex_t)
COUNT(mutex_trylock, pthread_mutex_t)
COUNT(rwlock_rdlock, pthread_rwlock_t)
COUNT(rwlock_wrlock, pthread_rwlock_t)
COUNT(spin_lock, pthread_spinlock_t)

int __real_pthread_mutex_timedlock(pthread_mutex_t *lock, const struct timespec *until);
int __wrap_pthread_mutex_timedlock(pthread_mutex_t *lock, const struct timespec *until);
int __wrap_pthread_mutex_timedlock(pthread_mutex_t *lock, const struct timespec *until)
{
    atomic_fetch_add(&locks, 1);
    return __real_pthread_mutex_timedlock(lock, until);
}

typedef struct fixture {
    catga_local *broker; /* local server; NULL for NATS */
    catga_bus *bus;
    catga_metrics *metrics;
    atomic_uint heard;
    atomic_uint spans;
} fixture;

static const char *transport;

static void count_span(void *spans, const catga_span *span)
{
    (void)span;
    atomic_fetch_add((atomic_uint *)spans, 1);
}

/* ---- Handlers ---- */

static const locks_answer answer = {1};

static catga_status act(catga_context *context, locks_do_view request)
{
    (void)request;
    return locks_do_reply(context, &answer);
}

static catga_status act_once(catga_context *context, locks_do_once_view request)
{
    (void)request;
    return locks_do_once_reply(context, &answer);
}

static catga_status tell(catga_context *context, locks_ask_view request)
{
    (void)request;
    return locks_ask_reply(context, &answer);
}

static catga_status hear_said(catga_context *context, locks_said_view event)
{
    (void)event;
    atomic_fetch_add(&((fixture *)catga_context_user(context))->heard, 1);
    return CATGA_OK;
}

static catga_status hear_kept(catga_context *context, locks_kept_view event)
{
    (void)event;
    atomic_fetch_add(&((fixture *)catga_context_user(context))->heard, 1);
    return CATGA_OK;
}

static int set_stage(void **state)
{
    static const locks_worker worker = {act, tell, hear_said};
    static const locks_reader reader = {act_once, hear_kept};
    fixture *s = calloc(1, sizeof *s);

    if (s == NULL || (strcmp(transport, "local") == 0 && catga_local_open(&s->broker) != CATGA_OK))
        return -1;
    s->bus =
        open_bus(s->broker, (catga_options){.ack_wait_ms = 60000}); /* no in-progress acks meanwhile
                                                                     */
    *state = s;
    assert_int_equal(catga_metrics_open(&s->metrics, s->bus), CATGA_OK); /* measuring takes none */
    assert_int_equal(
        catga_trace_open(s->bus, &(catga_trace_options){count_span, &s->spans, 1, false}),
        CATGA_OK);
    bool served = locks_worker_serve(s->bus, &worker, s) == CATGA_OK &&
                  (s->broker != NULL || locks_reader_serve(s->bus, &reader, s) == CATGA_OK);
    return served ? 0 : -1;
}

static int clear_stage(void **state)
{
    fixture *s = *state;

    catga_close(s->bus);
    catga_local_close(s->broker);
    free(s);
    return 0;
}

/* ---- Counting ---- */

/* Sends one message, and returns when it has been handled. */
typedef void one_message(fixture *s);

static unsigned count_locks(fixture *s, one_message *send)
{
    unsigned before = atomic_load(&locks);

    for (unsigned i = 0; i < COUNTED; i++)
        send(s);
    return atomic_load(&locks) - before;
}

/* Other threads take a lock now and then, for example for a new connection, or when they wait on a
 * busy machine. The locks of a message are taken each time. */
static void assert_no_lock(fixture *s, one_message *send)
{
    unsigned taken = 1;

    for (unsigned i = 0; i < BEFORE; i++)
        send(s);
    for (unsigned i = 0; i < TRIES && taken != 0; i++)
        taken = count_locks(s, send);
    assert_int_equal(taken, 0);
    assert_true(atomic_load(&s->spans) > 0);
}

static void test_locks_are_counted(void **state)
{
    (void)state;
    assert_true(atomic_load(&locks) > 0); /* opening and serving take some locks */
}

static void do_it(fixture *s)
{
    locks_answer_reply reply;

    assert_int_equal(locks_do_call(s->bus, &(locks_do){1}, &reply), CATGA_OK);
    locks_answer_reply_free(&reply);
}

static void test_command(void **state)
{
    assert_no_lock(*state, do_it);
}

static void do_once(fixture *s)
{
    locks_answer_reply reply;

    assert_int_equal(locks_do_once_call(s->bus, &(locks_do_once){1}, &reply), CATGA_OK);
    locks_answer_reply_free(&reply);
}

static void test_idempotent_command(void **state)
{
    assert_no_lock(*state, do_once);
}

static void ask(fixture *s)
{
    locks_answer_reply reply;

    assert_int_equal(locks_ask_call(s->bus, &(locks_ask){1}, &reply), CATGA_OK);
    locks_answer_reply_free(&reply);
}

static void test_query(void **state)
{
    assert_no_lock(*state, ask);
}

static void on_answer(catga_status status, locks_answer_view view, const catga_error *error,
                      void *user)
{
    fixture *s = user;

    (void)view;
    (void)error;
    atomic_fetch_add(&s->heard, status == CATGA_OK ? 1 : 0);
}

static void send_query(fixture *s)
{
    unsigned heard = atomic_load(&s->heard);

    assert_int_equal(locks_ask_send(s->bus, &(locks_ask){1}, on_answer, s), CATGA_OK);
    wait_until(atomic_load(&s->heard) == heard + 1);
}

static void test_query_with_a_callback(void **state)
{
    assert_no_lock(*state, send_query);
}

static void say(fixture *s)
{
    unsigned heard = atomic_load(&s->heard);

    assert_int_equal(locks_said_publish(s->bus, &(locks_said){1}), CATGA_OK);
    wait_until(atomic_load(&s->heard) == heard + 1);
}

static void test_event(void **state)
{
    assert_no_lock(*state, say);
}

static void keep(fixture *s)
{
    unsigned heard = atomic_load(&s->heard);

    assert_int_equal(locks_kept_publish(s->bus, &(locks_kept){1}), CATGA_OK);
    wait_until(atomic_load(&s->heard) == heard + 1);
}

static void test_stored_event(void **state)
{
    assert_no_lock(*state, keep);
}

int main(int argument_count, char **arguments)
{
    transport = argument_count > 1 ? arguments[1] : "local";
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_locks_are_counted),
        cmocka_unit_test(test_command),
        cmocka_unit_test(test_query),
        cmocka_unit_test(test_query_with_a_callback),
        cmocka_unit_test(test_event),
    };
    const struct CMUnitTest stored_tests[] = {
        cmocka_unit_test(test_idempotent_command),
        cmocka_unit_test(test_stored_event),
    };
    int failed = cmocka_run_group_tests(tests, set_stage, clear_stage);
    if (strcmp(transport, "nats") == 0)
        failed += cmocka_run_group_tests(stored_tests, set_stage, clear_stage);
    return failed;
}
