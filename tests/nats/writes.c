/* When the NATS transport writes: gathered events and answers leave soon, although nothing follows
 * and although their handler goes on; a server that stops reading ends the connection. */
#include "loop_fixture.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* ---- Gathered writes ---- */

enum { BUSY_MS = 500, REST_MS = 150 };

/* An event that arrives at `other`, and an answer. */
static atomic_int arrived;
static _Atomic(double) sent_at, arrived_at;

static void note_arrival(void *user, catga_incoming *message)
{
    (void)user;
    atomic_store(&arrived_at, seconds_now());
    other.transport->operations->release(message);
    atomic_fetch_add(&arrived, 1);
}

/* Publishes two events: the first one after a tick is written at once, the second waits. */
static void publish_two(void)
{
    atomic_store(&sent_at, seconds_now());
    assert_int_equal(peer_publish(&self, "t.out", "1"), CATGA_OK);
    assert_int_equal(peer_publish(&self, "t.out", "2"), CATGA_OK);
}

/* Adds the time until the second event arrived. */
static void await_two(int before, delays *of)
{
    assert_true(reaches(&arrived, before + 2, PATIENCE_MS));
    delays_add_ms(of, (atomic_load(&arrived_at) - atomic_load(&sent_at)) * 1e3);
}

static void an_event_is_written_although_nothing_follows(void **state)
{
    enum { EVENTS = 20 };
    delays of = {0};

    (void)state;
    catga_subscription *subscription =
        peer_subscribe(&other, "t.out", NULL, 100, note_arrival, NULL);
    assert_int_equal(peer_flush(&other), CATGA_OK);
    for (int i = 0; i < EVENTS; i++) {
        int before = atomic_load(&arrived);
        pause_ms(i % 4 == 0 ? REST_MS : 1);
        publish_two();
        await_two(before, &of);
    }
    delays_check(&of);
    assert_int_equal(peer_unsubscribe(&other, subscription), CATGA_OK);
}

/* ---- Handlers that go on after sending ---- */

static handler busy, event;

/* Milliseconds that the handler sleeps before it sends. */
static atomic_int before_ms;

static void publish_and_sleep(void *user, catga_incoming *message)
{
    if (has_text(message, "work")) {
        pause_ms(atomic_load(&before_ms));
        publish_two();
        pause_ms(BUSY_MS);
    }
    handle(user, message);
}

static void answer_and_sleep(void *user, catga_incoming *message)
{
    bool works = has_text(message, "ping");

    if (works) {
        pause_ms(atomic_load(&before_ms));
        atomic_store(&sent_at, seconds_now());
    }
    handle(user, message);
    if (works)
        pause_ms(BUSY_MS);
}

static double events_take_ms(void)
{
    int before = atomic_load(&arrived);

    assert_int_equal(peer_publish(&other, "t.busy", "work"), CATGA_OK);
    assert_true(reaches(&arrived, before + 2, PATIENCE_MS));
    return (atomic_load(&arrived_at) - atomic_load(&sent_at)) * 1e3;
}

static double answer_takes_ms(void)
{
    int before = atomic_load(&other.replies[1]);

    assert_int_equal(peer_request(&other, "t.busy", 1), CATGA_OK);
    assert_true(reaches(&other.replies[1], before + 1, PATIENCE_MS));
    return (seconds_now() - atomic_load(&sent_at)) * 1e3;
}

/* Tries some times, since a busy machine may delay the message. */
static void assert_soon(double (*takes_ms)(void))
{
    enum { TRIES = 3 };
    double took_ms = NEVER_MS;

    for (int i = 0; i < TRIES && took_ms > SOON_MS; i++) {
        pause_ms(REST_MS);
        took_ms = takes_ms();
        pause_ms(BUSY_MS);
    }
    print_message("%.1f ms\n", took_ms);
    assert_true(took_ms < SOON_MS);
}

/* The handler runs in a worker, since it has not been quick yet, or in the leader. */
static void sends_soon(catga_receive_function *receive, double (*takes_ms)(void))
{
    enum { TAKEN_OVER_MS = 20 }; /* another thread leads when the handler sends */
    static const int befores_ms[] = {0, TAKEN_OVER_MS};

    handler_begin(&event, "t.event", 100, handle);
    for (size_t i = 0; i < 4; i++) {
        handler_begin(&busy, "t.busy", 100, receive);
        atomic_store(&before_ms, befores_ms[i % 2]);
        if (i >= 2)
            bring_into_leader(&busy, &event);
        assert_soon(takes_ms);
        handler_end(&busy);
    }
    handler_end(&event);
}

static void events_of_a_busy_handler_are_written(void **state)
{
    (void)state;
    catga_subscription *out = peer_subscribe(&other, "t.out", NULL, 100, note_arrival, NULL);
    assert_int_equal(peer_flush(&other), CATGA_OK);
    sends_soon(publish_and_sleep, events_take_ms);
    assert_int_equal(peer_unsubscribe(&other, out), CATGA_OK);
}

static void an_answer_of_a_busy_handler_is_written(void **state)
{
    (void)state;
    sends_soon(answer_and_sleep, answer_takes_ms);
}

/* ---- Threads that gather ---- */

enum { REQUESTS = 64, TOGETHER = REQUESTS / 4 };

/* Returns the number of packets with data that the sockets of this process have sent. */
static unsigned packets_sent(void)
{
    enum { DESCRIPTORS = 256 };
    unsigned sum = 0;

    for (int descriptor = 3; descriptor < DESCRIPTORS; descriptor++) {
        struct tcp_info facts = {0};
        socklen_t length = sizeof facts;
        if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &facts, &length) == 0)
            sum += facts.tcpi_data_segs_out;
    }
    return sum;
}

typedef struct requests {
    unsigned packets; /* in which they left */
    double took_ms;   /* until all had their answers */
} requests;

/* Sends requests, then calls `send`, and waits for the answers. */
static requests send_requests(void (*send)(void *owner))
{
    int before = atomic_load(&self.replies[1]);
    unsigned sent = packets_sent();
    double start = seconds_now();

    for (int i = 0; i < REQUESTS; i++)
        assert_int_equal(peer_request(&self, "t.nobody", 1), CATGA_OK);
    if (send != NULL)
        send(self.transport);
    assert_true(reaches(&self.replies[1], before + REQUESTS, PATIENCE_MS));
    double took_ms = (seconds_now() - start) * 1e3;
    return (requests){packets_sent() - sent, took_ms};
}

/* Tries some times, since a busy machine may send some late. */
static requests send_some_times(void (*send)(void *owner))
{
    enum { TRIES = 5 };
    requests all = send_requests(send);

    for (int i = 1; i < TRIES; i++) {
        requests next = send_requests(send);
        all.packets = next.packets < all.packets ? next.packets : all.packets;
        all.took_ms = next.took_ms < all.took_ms ? next.took_ms : all.took_ms;
    }
    return all;
}

/* Returns whether requests leave one by one. A busy machine may often send them together. */
static bool leave_apart(void)
{
    enum { TRIES = 200, PAUSE_MS = 10 };

    for (int i = 0; i < TRIES; i++) {
        if (send_requests(NULL).packets > TOGETHER)
            return true;
        pause_ms(PAUSE_MS);
    }
    return false;
}

/* Requests of a thread that gathers leave together; else each leaves at once. Gathered
 * requests leave soon, although the thread does nothing more. */
static void a_thread_gathers_its_requests(void **state)
{
    const catga_transport_operations *operations = self.transport->operations;

    (void)state;
    assert_true(leave_apart());
    operations->gather_begin(self.transport);
    assert_true(send_some_times(operations->gather_send).packets <= TOGETHER);
    assert_true(send_some_times(NULL).took_ms < SOON_MS);
    operations->gather_begin(self.transport);
    operations->gather_end(self.transport); /* pairs nest */
    assert_true(send_some_times(operations->gather_send).packets <= TOGETHER);
    operations->gather_end(self.transport);
    assert_true(leave_apart());
}

/* ---- A server that stops reading ---- */

enum { BLOCKED_S = 5, MEMORY_KB = 24 * 1024, PUBLISHERS = 2 };

static nats_server server;
static char data[10000];
static atomic_int ended_publishers;

static int start_server(void **state)
{
    (void)state;
    nats_server_init(&server, NULL);
    nats_server_start(&server);
    return peer_open(&self, server.url, 5000) == CATGA_OK ? 0 : -1;
}

static int clear_server(void **state)
{
    (void)state;
    peer_close(&self);
    nats_server_clear(&server);
    return 0;
}

/* Returns the memory of this process that is in use. */
static long memory_kb(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");

    assert_non_null(file);
    assert_int_equal(fscanf(file, "%*s %ld", &pages), 1);
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Returns the most memory that was in use until the connection was lost, which frees some. */
static long most_until_lost_kb(void)
{
    double end = seconds_now() + BLOCKED_S;
    long most_kb = 0;

    while (!reaches(&self.events[CATGA_CONNECTION_LOST], 1, 5)) {
        long now_kb = memory_kb();
        most_kb = now_kb > most_kb ? now_kb : most_kb;
        assert_true(seconds_now() < end);
    }
    return most_kb;
}

static void publish_until_lost(void)
{
    double end = seconds_now() + BLOCKED_S;

    while (seconds_now() < end)
        if (peer_publish(&self, "t.bulk", data) != CATGA_OK) {
            atomic_fetch_add(&ended_publishers, 1);
            return;
        }
}

static void *publisher(void *argument)
{
    (void)argument;
    publish_until_lost();
    return NULL;
}

static void publish_inside(void *user, catga_incoming *message)
{
    (void)user;
    self.transport->operations->release(message);
    nats_server_signal(&server, SIGSTOP);
    publish_until_lost();
}

/* Publishers, in the leader and in other threads, wait and then fail. */
static void a_paused_server_costs_no_memory(void **state)
{
    pthread_t threads[PUBLISHERS];

    (void)state;
    memset(data, 'x', sizeof data - 1);
    atomic_store(&ended_publishers, 0);
    catga_subscription *subscription =
        peer_subscribe(&self, "t.begin", NULL, 10, publish_inside, NULL);
    assert_int_equal(peer_flush(&self), CATGA_OK);
    long before_kb = memory_kb();
    assert_int_equal(peer_publish(&self, "t.begin", "x"), CATGA_OK);
    for (int i = 0; i < PUBLISHERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, publisher, NULL), 0);
    long most_kb = most_until_lost_kb() - before_kb;
    assert_true(reaches(&ended_publishers, PUBLISHERS + 1, 1000));
    for (int i = 0; i < PUBLISHERS; i++)
        pthread_join(threads[i], NULL);
    print_message("%ld KB more\n", most_kb);
    assert_true(most_kb < MEMORY_KB);

    nats_server_signal(&server, SIGCONT);
    assert_true(reaches(&self.events[CATGA_CONNECTION_FOUND], 1, PATIENCE_MS));
    assert_int_equal(peer_publish(&self, "t.bulk", data), CATGA_OK);
    assert_int_equal(peer_flush(&self), CATGA_OK);
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
}

/* ---- A busy connection ---- */

enum { BUSY_S = 4 };

static atomic_bool requesting;

static void *request_without_waiting(void *argument)
{
    (void)argument;
    while (atomic_load(&requesting))
        if (peer_request(&self, "t.nobody", 1) != CATGA_OK)
            pause_ms(1);
    return NULL;
}

/* The senders fill the socket again as soon as it has room, for longer than the write deadline. */
static void a_busy_connection_is_not_lost(void **state)
{
    pthread_t threads[PUBLISHERS];

    (void)state;
    atomic_store(&requesting, true);
    for (int i = 0; i < PUBLISHERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, request_without_waiting, NULL), 0);
    pause_ms(BUSY_S * 1000);
    atomic_store(&requesting, false);
    for (int i = 0; i < PUBLISHERS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&self.events[CATGA_CONNECTION_LOST]), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_both, close_both)
    const struct CMUnitTest tests[] = {
        TEST(an_event_is_written_although_nothing_follows),
        TEST(events_of_a_busy_handler_are_written),
        TEST(an_answer_of_a_busy_handler_is_written),
        TEST(a_thread_gathers_its_requests),
        cmocka_unit_test_setup_teardown(a_paused_server_costs_no_memory, start_server,
                                        clear_server),
        TEST(a_busy_connection_is_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
