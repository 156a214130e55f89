/* The thread of nats.c that delivers answers leads the event loop while the process has nothing but
 * answers: slow callbacks, handlers, and lost connections while it does. */
#include "loop_fixture.h"
#include "transport/nats/nats_transport.h"

static nats_server server;

static int start_server(void **state)
{
    (void)state;
    nats_server_init(&server, NULL);
    nats_server_start(&server);
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    nats_server_clear(&server);
    return 0;
}

static atomic_int led; /* answers that came while their thread had the leader's role */

static void note_leader(peer *of)
{
    const catga_nats_event_loop *loop = &catga_nats_of(of->transport)->loop;
    uint64_t run = atomic_load(&loop->run);

    atomic_fetch_add(&led, run != 0 && run == atomic_load(&loop->offered));
}

/* `other` answers what `self` asks. */
static int open_service(void **state)
{
    if (peer_open(&self, server.url, 5000) != CATGA_OK ||
        peer_open(&other, server.url, 5000) != CATGA_OK)
        return -1;
    self.on_replied = note_leader;
    (void)state;
    return peer_subscribe(&other, "t.echo", NULL, 1000, peer_pong, &other) != NULL &&
                   peer_flush(&other) == CATGA_OK
               ? 0
               : -1;
}

/* ---- Becoming the guest ---- */

enum { TOKEN = 1, INNER_TOKEN = 2 };

static void call(void)
{
    int replies = atomic_load(&self.replies[TOKEN]);

    assert_int_equal(peer_request(&self, "t.echo", TOKEN), CATGA_OK);
    assert_true(reaches(&self.replies[TOKEN], replies + 1, PATIENCE_MS));
}

/* A machine that is busy can keep the guest for so long that another thread leads for a while. */
static void bring_guest(void)
{
    enum { ENOUGH = 20 };
    double end = seconds_now() + PATIENCE_MS / 1e3;

    atomic_store(&led, 0);
    while (atomic_load(&led) < ENOUGH) {
        assert_true(seconds_now() < end);
        call();
    }
}

static void the_thread_of_answers_leads(void **state)
{
    (void)state;
    bring_guest();
}

/* ---- Slow callbacks ---- */

static atomic_int sleep_ms, sleeping;

static void sleep_once(peer *of)
{
    int ms = atomic_exchange(&sleep_ms, 0);

    note_leader(of);
    if (ms == 0)
        return;
    atomic_fetch_add(&sleeping, 1);
    pause_ms(ms);
}

/* Another thread leads while the guest's callback sleeps. */
static void a_slow_callback_delays_no_handler(void **state)
{
    enum { SLEEP_MS = 1000, LAST_MS = 200 };
    static handler event;
    delays of = {0};

    (void)state;
    handler_begin(&event, "t.event", 100, handle);
    self.on_replied = sleep_once;
    bring_guest();
    atomic_store(&sleep_ms, SLEEP_MS);
    double end = seconds_now() + (SLEEP_MS - LAST_MS) / 1e3;
    assert_int_equal(peer_request(&self, "t.echo", TOKEN), CATGA_OK);
    assert_true(reaches(&sleeping, 1, PATIENCE_MS));
    while (seconds_now() < end) {
        int count = atomic_load(&event.count);
        double start = seconds_now();
        assert_int_equal(peer_publish(&other, "t.event", "x"), CATGA_OK);
        assert_true(reaches(&event.count, count + 1, PATIENCE_MS));
        delays_add(&of, start);
    }
    delays_check(&of);
    assert_int_equal(atomic_load(&self.events[CATGA_CONNECTION_LOST]), 0);
    handler_end(&event);
}

static atomic_int flushes, failed_flushes;

static void flush_once(peer *of)
{
    note_leader(of);
    if (atomic_fetch_add(&flushes, 1) == 0 && peer_flush(of) != CATGA_OK)
        atomic_fetch_add(&failed_flushes, 1);
}

/* The answer of the server, for which the callback waits, is read by another thread. */
static void a_callback_waits_for_the_server(void **state)
{
    (void)state;
    bring_guest();
    self.on_replied = flush_once;
    call();
    assert_int_equal(atomic_load(&flushes), 1);
    assert_int_equal(atomic_load(&failed_flushes), 0);
}

/* ---- Handlers ---- */

/* Waits for an answer, which only the guest delivers. */
static void call_inside(void *user, catga_incoming *message)
{
    handler *of = user;
    int replies = atomic_load(&self.replies[INNER_TOKEN]);
    catga_outgoing inner = text_to("t.echo", "ping");

    inner.sender_waits = true;
    if (self.transport->operations->request(self.transport, &inner, INNER_TOKEN) == CATGA_OK &&
        reaches(&self.replies[INNER_TOKEN], replies + 1, PATIENCE_MS))
        atomic_fetch_add(&of->count, 1);
    self.transport->operations->release(message);
}

/* Each event finds the guest in the leader's role. */
static void a_handler_of_the_process_calls(void **state)
{
    enum { EVENTS = 50 };
    static handler outer;
    delays of = {0};

    (void)state;
    handler_begin(&outer, "t.outer", 100, call_inside);
    for (int i = 0; i < EVENTS; i++) {
        bring_guest();
        double start = seconds_now();
        assert_int_equal(peer_publish(&other, "t.outer", "x"), CATGA_OK);
        assert_true(reaches(&outer.count, i + 1, PATIENCE_MS));
        delays_add(&of, start);
    }
    delays_check(&of);
    handler_end(&outer);
}

/* ---- Connections ---- */

static void await_connections(int count)
{
    assert_true(reaches(&self.events[CATGA_CONNECTION_FOUND], count, PATIENCE_MS));
    assert_true(reaches(&other.events[CATGA_CONNECTION_FOUND], count, PATIENCE_MS));
    assert_int_equal(peer_flush(&other), CATGA_OK);
}

/* The guest leads, or its callback runs, when its connection is lost. The thread of the next
 * connection leads then. */
static void connections_are_lost_under_the_guest(void **state)
{
    enum { KILLS = 12, SLEEP_MS = 30 };

    (void)state;
    self.on_replied = sleep_once;
    for (int i = 0; i < KILLS; i++) {
        bring_guest();
        if (i % 2 == 0) {
            int count = atomic_load(&sleeping);
            atomic_store(&sleep_ms, SLEEP_MS);
            assert_int_equal(peer_request(&self, "t.echo", TOKEN), CATGA_OK);
            assert_true(reaches(&sleeping, count + 1, PATIENCE_MS));
        }
        nats_server_signal(&server, SIGKILL);
        nats_server_start(&server);
        await_connections(i + 1);
    }
    bring_guest();
}

/* nats.c would give many subscriptions to one thread, which the guest would keep from the others
 * (natsOptions_UseGlobalMessageDelivery). */
int main(void)
{
    setenv("NATS_DEFAULT_TO_LIB_MSG_DELIVERY", "1", 1);
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_service, close_both)
    const struct CMUnitTest tests[] = {
        TEST(the_thread_of_answers_leads),          TEST(a_slow_callback_delays_no_handler),
        TEST(a_callback_waits_for_the_server),      TEST(a_handler_of_the_process_calls),
        TEST(connections_are_lost_under_the_guest),
    };
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
