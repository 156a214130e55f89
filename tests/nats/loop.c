/* The event loop of the NATS transport: handlers that are slow, or call other services, delay no
 * other; messages stay in order; subscriptions come and go. */
#include "loop_fixture.h"

/* ---- Slow handlers ---- */

enum { SLEEP_MS = 2000, SHORT_SLEEP_MS = 800, SLEEPERS = 6 };

static handler slow, event, echo, sleepers[SLEEPERS];

static void begin_quick(void)
{
    handler_begin(&event, "t.event", 100, handle);
    handler_begin(&echo, "t.echo", 100, handle);
}

static void end_quick(void)
{
    handler_end(&event);
    handler_end(&echo);
}

/* Measures events to one handler and requests to another, until `end`. */
static void measure_others(double end)
{
    delays of = {0};

    while (seconds_now() < end) {
        int count = atomic_load(&event.count);
        int replies = atomic_load(&other.replies[1]);
        double start = seconds_now();
        assert_int_equal(peer_publish(&other, "t.event", "x"), CATGA_OK);
        assert_int_equal(peer_request(&other, "t.echo", 1), CATGA_OK);
        assert_true(reaches(&event.count, count + 1, PATIENCE_MS));
        assert_true(reaches(&other.replies[1], replies + 1, PATIENCE_MS));
        delays_add(&of, start);
        pause_ms(2);
    }
    delays_check(&of);
}

/* The handler sleeps for longer than the silence after which a connection is lost. One message
 * runs, ADMITTED wait, and the others are refused at once. */
static void a_slow_handler_delays_only_its_own_messages(void **state)
{
    enum { BACKLOG = 5, REQUESTS = 20, ADMITTED = BACKLOG + 1 };

    (void)state;
    begin_quick();
    handler_begin(&slow, "t.slow", BACKLOG, handle);
    atomic_store(&slow.sleep_ms, SLEEP_MS);
    bring_into_leader(&slow, &event);
    int count = atomic_load(&slow.count);
    double end = seconds_now() + SLEEP_MS / 1e3;
    assert_int_equal(peer_publish(&other, "t.slow", "sleep"), CATGA_OK);
    assert_true(reaches(&slow.sleeping, 1, PATIENCE_MS));
    for (uint64_t i = 0; i < REQUESTS; i++)
        assert_int_equal(peer_request(&other, "t.slow", 100 + i), CATGA_OK);
    assert_true(reaches(&other.wrong_replies, REQUESTS - ADMITTED, NEVER_MS));
    measure_others(end - 0.2);

    assert_int_equal(atomic_load(&slow.count), count);
    assert_int_equal(atomic_load(&other.wrong_replies), REQUESTS - ADMITTED);
    assert_true(reaches(&slow.count, count + 1 + ADMITTED, PATIENCE_MS));
    for (uint64_t i = 0; i < REQUESTS; i++)
        assert_true(reaches(&other.replies[100 + i], 1, PATIENCE_MS));
    assert_int_equal(atomic_load(&self.events[CATGA_CONNECTION_LOST]), 0);
    assert_int_equal(atomic_load(&other.events[CATGA_CONNECTION_LOST]), 0);
    handler_end(&slow);
    end_quick();
}

/* Each of them takes a leader's thread with it. */
static void several_handlers_sleep_at_once(void **state)
{
    static char subjects[SLEEPERS][16];

    (void)state;
    begin_quick();
    for (int i = 0; i < SLEEPERS; i++) {
        snprintf(subjects[i], sizeof subjects[i], "t.slow%d", i);
        handler_begin(&sleepers[i], subjects[i], 10, handle);
        atomic_store(&sleepers[i].sleep_ms, SHORT_SLEEP_MS);
        bring_into_leader(&sleepers[i], &event);
    }
    double end = seconds_now() + SHORT_SLEEP_MS / 1e3;
    for (int i = 0; i < SLEEPERS; i++)
        assert_int_equal(peer_publish(&other, subjects[i], "sleep"), CATGA_OK);
    for (int i = 0; i < SLEEPERS; i++)
        assert_true(reaches(&sleepers[i].sleeping, 1, SHORT_SLEEP_MS / 2));
    measure_others(end);
    for (int i = 0; i < SLEEPERS; i++)
        handler_end(&sleepers[i]);
    end_quick();
}

/* ---- Calls inside handlers ---- */

/* Most messages of the handler are quick, so it runs in the leader. A call that waits until the
 * standby takes over after its ticks is long. */
enum { CALL_EACH = 32, CALLS = 2000, LONG_CALL_MS = 4, WINDOW = 16 };

static delays calls;
static atomic_int calls_made, long_calls, unanswered;

static bool is_answered(peer *of)
{
    struct timespec end;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += PATIENCE_MS / 1000;
    return sem_clockwait(&of->replied, CLOCK_MONOTONIC, &end) == 0;
}

static void call_inside(void)
{
    catga_outgoing message = text_to("t.inner", "ping");
    double start = seconds_now();

    message.sender_waits = true;
    if (self.transport->operations->request(self.transport, &message, 1) != CATGA_OK ||
        !is_answered(&self))
        atomic_fetch_add(&unanswered, 1);
    atomic_fetch_add(&long_calls, (seconds_now() - start) * 1e3 > LONG_CALL_MS);
    delays_add(&calls, start);
    atomic_fetch_add(&calls_made, 1);
}

static void call_sometimes(void *user, catga_incoming *message)
{
    static unsigned runs;

    (void)user;
    if (++runs % CALL_EACH == 0)
        call_inside();
    answer(message, "pong");
}

/* While the handler waits, another thread reads the answer. */
static void a_handler_calls_a_service_of_its_process(void **state)
{
    static handler inner, outer;

    (void)state;
    handler_begin(&inner, "t.inner", 100, handle);
    handler_begin(&outer, "t.outer", 100, call_sometimes);
    while (atomic_load(&calls_made) < CALLS) {
        for (uint64_t i = 0; i < WINDOW; i++)
            assert_int_equal(peer_request(&other, "t.outer", i), CATGA_OK);
        for (int i = 0; i < WINDOW; i++)
            assert_true(is_answered(&other));
    }
    handler_end(&outer);
    handler_end(&inner);
    delays_check(&calls);
    print_message("%d of them took more than %d ms\n", atomic_load(&long_calls), LONG_CALL_MS);
    assert_true(atomic_load(&long_calls) < CALLS / 5);
    assert_int_equal(atomic_load(&unanswered), 0);
    assert_int_equal(atomic_load(&self.no_responders), 0);
}

/* ---- Order ---- */

enum { ROUND = 1000, ROUNDS = 40 };

/* `next` is not atomic: the queue orders the runs. */
typedef struct ordered {
    int next;
    atomic_int running;
    atomic_int together;
    atomic_int disordered;
    atomic_int count;
} ordered;

static void publish_number(peer *from, const char *subject, int number)
{
    char text[16];

    snprintf(text, sizeof text, "%d", number);
    assert_int_equal(peer_publish(from, subject, text), CATGA_OK);
}

static int number_of(const catga_incoming *message)
{
    char text[16] = "";

    memcpy(text, message->data, message->length < 15 ? message->length : 15);
    return (int)strtol(text, NULL, 10);
}

static void spin_us(int us)
{
    double end = seconds_now() + us * 1e-6;

    while (seconds_now() < end)
        continue;
}

/* Is quick for most of a round; sometimes so slow that another thread leads; and slow for a while,
 * so that messages wait. */
static void take_time(int number)
{
    int at = number % ROUND;

    if (at == 300 || at == 305 || at == 900)
        pause_ms(8);
    else if (at == 500)
        spin_us(200);
    else if (at >= 600 && at < 605)
        pause_ms(1);
}

static void receive_in_order(void *user, catga_incoming *message)
{
    ordered *of = user;
    int number = number_of(message);

    if (atomic_fetch_add(&of->running, 1) > 0)
        atomic_fetch_add(&of->together, 1);
    if (number != of->next)
        atomic_fetch_add(&of->disordered, 1);
    of->next = number + 1;
    take_time(number);
    self.transport->operations->release(message);
    atomic_fetch_sub(&of->running, 1);
    atomic_fetch_add(&of->count, 1);
}

static atomic_bool spinning;

/* Interrupts the threads of the loop: it has the processor in turn with them. */
static void *spin(void *argument)
{
    (void)argument;
    while (atomic_load(&spinning))
        continue;
    return NULL;
}

/* Sends in bursts. After a round, the queue is empty or not. */
static void publish_rounds(ordered *to)
{
    for (int i = 0; i < ROUND * ROUNDS; i++) {
        publish_number(&other, "t.order", i);
        if (i % 50 == 0)
            pause_ms(1);
        if (i % (2 * ROUND) == 0)
            assert_true(reaches(&to->count, i, PATIENCE_MS));
    }
}

static void messages_stay_in_order(void **state)
{
    enum { SPINNERS = 3 };
    static ordered of;
    pthread_t spinners[SPINNERS];

    (void)state;
    catga_subscription *subscription =
        peer_subscribe(&self, "t.order", NULL, ROUND * ROUNDS, receive_in_order, &of);
    assert_int_equal(peer_flush(&self), CATGA_OK);
    atomic_store(&spinning, true);
    for (int i = 0; i < SPINNERS; i++)
        assert_int_equal(pthread_create(&spinners[i], NULL, spin, NULL), 0);
    publish_rounds(&of);
    bool arrived = reaches(&of.count, ROUND * ROUNDS, PATIENCE_MS);
    atomic_store(&spinning, false);
    for (int i = 0; i < SPINNERS; i++)
        pthread_join(spinners[i], NULL);
    assert_true(arrived);
    assert_int_equal(atomic_load(&of.together), 0);
    assert_int_equal(atomic_load(&of.disordered), 0);
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
}

/* ---- Subscriptions that come and go ---- */

enum { CHURNERS = 4, CHURNS = 100 };

static atomic_bool flowing;
static atomic_int failed;

static void *subscribe_always(void *number)
{
    handler of = {0};
    char subject[16];

    snprintf(subject, sizeof subject, "t.churn%d", *(int *)number);
    for (int i = 0; i < CHURNS; i++) {
        int count = atomic_load(&of.count);
        catga_subscription *subscription =
            peer_subscribe(&self, subject, "group", 10000, handle, &of);
        bool good = subscription != NULL && peer_publish(&self, subject, "x") == CATGA_OK &&
                    (i % 2 == 0 || reaches(&of.count, count + 1, PATIENCE_MS)) &&
                    peer_unsubscribe(&self, subscription) == CATGA_OK;
        atomic_fetch_add(&failed, !good);
    }
    return NULL;
}

static void *publish_always(void *argument)
{
    (void)argument;
    for (int i = 0; atomic_load(&flowing); i++) {
        char subject[16];
        snprintf(subject, sizeof subject, "t.churn%d", i % CHURNERS);
        if (peer_publish(&other, i % 2 == 0 ? "t.flow" : subject, "x") != CATGA_OK)
            atomic_fetch_add(&failed, 1);
        if (i % 20 == 0)
            pause_ms(1);
    }
    return NULL;
}

/* A subscription is drained while messages flow to it; others lose none. */
static void subscriptions_come_and_go_under_load(void **state)
{
    static handler flow;
    pthread_t churners[CHURNERS], publishing;
    int numbers[CHURNERS];

    (void)state;
    handler_begin(&flow, "t.flow", 100000, handle);
    atomic_store(&flowing, true);
    assert_int_equal(pthread_create(&publishing, NULL, publish_always, NULL), 0);
    for (int i = 0; i < CHURNERS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&churners[i], NULL, subscribe_always, &numbers[i]), 0);
    }
    for (int i = 0; i < CHURNERS; i++)
        pthread_join(churners[i], NULL);
    int count = atomic_load(&flow.count);
    assert_true(reaches(&flow.count, count + 100, PATIENCE_MS));
    atomic_store(&flowing, false);
    pthread_join(publishing, NULL);
    assert_int_equal(atomic_load(&failed), 0);
    assert_int_equal(self.transport->operations->dropped(self.transport), 0);
    handler_end(&flow);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_both, close_both)
    const struct CMUnitTest tests[] = {
        TEST(a_slow_handler_delays_only_its_own_messages), TEST(several_handlers_sleep_at_once),
        TEST(a_handler_calls_a_service_of_its_process),    TEST(messages_stay_in_order),
        TEST(subscriptions_come_and_go_under_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
