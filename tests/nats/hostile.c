/* The NATS transport with a faulty server, which the test plays itself. */
#include "nats_peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

/* Behaviours of the fake server, one per connection; after the last one it serves. */
typedef enum act {
    SERVE,   /* sends INFO, PONG, and a PONG for every PING */
    CLOSE,   /* closes at once */
    STALL,   /* sends INFO and then nothing: nats.c before 3.8.0 reads for ever (#706) */
    SILENT,  /* accepts, and sends nothing */
    GARBAGE, /* no INFO */
    ERROR,   /* serves until a SUB arrives, then sends an -ERR that nats.c does not know */
    DEAF,    /* serves while opening, then sends no PONG */
    BUSY,    /* serves while opening, then sends much before each PONG */
    NOISY    /* serves while opening, then sends much, but no PONG */
} act;

static struct fake {
    int listener;
    char url[64];
    const act *script;
    int length;
    atomic_int accepted;
    atomic_int subscribed;
    atomic_bool stopping;
    pthread_t acceptor;
    int sockets[256];
    pthread_t threads[256];
} fake;

static peer self;

static const char info[] =
    "INFO {\"server_id\":\"FAKE\",\"version\":\"2.9.10\",\"proto\":1,\"headers\":true,"
    "\"max_payload\":1048576}\r\n";

/* Returns false when the peer has closed the connection. */
static bool say(int socket, const char *text)
{
    return send(socket, text, strlen(text), MSG_NOSIGNAL) > 0;
}

/* Sends something every 100 ms, for longer than a silent server is kept. */
static void work(int socket)
{
    enum { WORKING_MS = 2500, STEP_MS = 100 };

    for (int i = 0; i < WORKING_MS / STEP_MS && say(socket, "+OK\r\n"); i++)
        pause_ms(STEP_MS);
}

/* Reads lines until the peer or the test ends the connection. */
static void converse(int socket, act how)
{
    say(socket, info);
    FILE *lines = fdopen(dup(socket), "r");
    char line[4096];
    int pings = 0;
    while (fgets(line, sizeof line, lines) != NULL) {
        if (how == STALL)
            continue;
        bool is_ping = strncmp(line, "PING", 4) == 0;
        bool is_first = is_ping && pings++ < 3;
        if (is_ping && !is_first && (how == BUSY || how == NOISY))
            work(socket);
        if (is_ping && (is_first || (how != DEAF && how != NOISY)))
            say(socket, "PONG\r\n");
        if (strncmp(line, "SUB ", 4) == 0)
            atomic_fetch_add(&fake.subscribed, 1);
        if (strncmp(line, "SUB t.", 6) == 0 && how == ERROR)
            say(socket, "-ERR 'Unknown Protocol Operation'\r\n");
    }
    fclose(lines);
}

static void *serve(void *argument)
{
    int index = (int)(intptr_t)argument;
    int socket = fake.sockets[index];
    act how = index < fake.length ? fake.script[index] : SERVE;
    char byte;

    if (how == GARBAGE)
        say(socket, "HTTP/1.1 400 Bad Request\r\n\r\n");
    if (how == SILENT || how == GARBAGE)
        (void)!recv(socket, &byte, 1, 0);
    else if (how != CLOSE)
        converse(socket, how);
    shutdown(socket, SHUT_RDWR);
    return NULL;
}

static void *accept_all(void *argument)
{
    (void)argument;
    for (;;) {
        int socket = accept(fake.listener, NULL, NULL);
        if (socket < 0 || atomic_load(&fake.stopping))
            return NULL;
        int index = atomic_load(&fake.accepted);
        fake.sockets[index] = socket;
        if (pthread_create(&fake.threads[index], NULL, serve, (void *)(intptr_t)index) != 0)
            abort();
        atomic_fetch_add(&fake.accepted, 1);
    }
}

static void start_fake(const act *script, int length)
{
    memset(&fake, 0, sizeof(fake));
    fake.script = script;
    fake.length = length;
    fake.listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    assert_int_equal(bind(fake.listener, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(fake.listener, 16), 0);
    assert_int_equal(getsockname(fake.listener, (struct sockaddr *)&address, &size), 0);
    snprintf(fake.url, sizeof fake.url, "nats://127.0.0.1:%d", ntohs(address.sin_port));
    assert_int_equal(pthread_create(&fake.acceptor, NULL, accept_all, NULL), 0);
}

static void stop_fake(void)
{
    atomic_store(&fake.stopping, true);
    shutdown(fake.listener, SHUT_RDWR);
    pthread_join(fake.acceptor, NULL);
    for (int i = 0; i < atomic_load(&fake.accepted); i++) {
        shutdown(fake.sockets[i], SHUT_RDWR);
        pthread_join(fake.threads[i], NULL);
        close(fake.sockets[i]);
    }
    close(fake.listener);
}

#define START(...)                                                                                 \
    static const act script[] = {__VA_ARGS__};                                                     \
    start_fake(script, (int)(sizeof(script) / sizeof script[0]))

static void failed_starts_are_retried(void **state)
{
    (void)state;
    START(CLOSE, GARBAGE, CLOSE, SILENT, CLOSE);
    assert_int_equal(peer_open(&self, fake.url, 8000), CATGA_OK);
    assert_int_equal(peer_flush(&self), CATGA_OK);
    assert_int_equal(atomic_load(&fake.accepted), 6);
    peer_close(&self);
    stop_fake();
}

static void a_server_that_only_closes_is_not_connected(void **state)
{
    (void)state;
    START(CLOSE, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE, CLOSE,
          CLOSE, CLOSE);
    double start = seconds_now();
    assert_int_equal(peer_open(&self, fake.url, 700), CATGA_DISCONNECTED);
    assert_true(seconds_now() - start < 1.2);
    stop_fake();
}

/* The attempt remains in its own thread, which ends with the server. */
static void a_stall_blocks_no_caller(void **state)
{
    (void)state;
    START(STALL, STALL);
    double start = seconds_now();
    assert_int_equal(peer_open(&self, fake.url, 700), CATGA_DISCONNECTED);
    assert_true(seconds_now() - start < 1.2);
    stop_fake();
    pause_ms(100);
}

static void a_stalled_reconnect_is_abandoned(void **state)
{
    (void)state;
    START(ERROR, STALL);
    assert_int_equal(peer_open(&self, fake.url, 2000), CATGA_OK);
    catga_subscription *subscription = peer_subscribe(&self, "t.a", NULL, 10, peer_pong, &self);
    assert_true(reaches(&self.events[CATGA_CONNECTION_LOST], 1, 2000));
    double start = seconds_now();
    for (int i = 0; i < 100; i++)
        assert_int_equal(peer_request(&self, "t.a", 1), CATGA_DISCONNECTED);
    assert_true(seconds_now() - start < 0.1);
    assert_true(reaches(&self.events[CATGA_CONNECTION_FOUND], 1, 6000));
    assert_int_equal(peer_flush(&self), CATGA_OK);
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
    peer_close(&self);
    stop_fake();
    pause_ms(100);
}

/*
 * nats.c closes the connection for good. The transport makes a new one with the same two
 * subscriptions.
 */
static void an_unknown_error_rebuilds_the_connection(void **state)
{
    (void)state;
    START(ERROR, ERROR, ERROR);
    assert_int_equal(peer_open(&self, fake.url, 2000), CATGA_OK);
    catga_subscription *subscription = peer_subscribe(&self, "t.a", NULL, 10, peer_pong, &self);
    assert_true(reaches(&self.events[CATGA_CONNECTION_FOUND], 1, 5000));
    assert_true(reaches(&fake.accepted, 4, 5000));
    assert_true(reaches(&fake.subscribed, 8, 5000));
    pause_ms(50);
    assert_true(self.transport->operations->connected(self.transport));
    assert_int_equal(peer_flush(&self), CATGA_OK);
    assert_int_equal(peer_publish(&self, "t.b", "x"), CATGA_OK);
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
    assert_int_equal(atomic_load(&self.events[CATGA_CONNECTION_CLOSED]), 0);
    peer_close(&self);
    stop_fake();
}

static void a_silent_server_is_noticed(void **state)
{
    (void)state;
    START(DEAF);
    assert_int_equal(peer_open(&self, fake.url, 2000), CATGA_OK);
    assert_true(reaches(&self.events[CATGA_CONNECTION_LOST], 1, 3000));
    assert_true(reaches(&self.events[CATGA_CONNECTION_FOUND], 1, 2000));
    peer_close(&self);
    stop_fake();
}

static void a_busy_server_is_kept(void **state)
{
    enum { A_WHILE_MS = 4000 };

    (void)state;
    START(BUSY);
    assert_int_equal(peer_open(&self, fake.url, 2000), CATGA_OK);
    pause_ms(A_WHILE_MS);
    assert_int_equal(atomic_load(&self.events[CATGA_CONNECTION_LOST]), 0);
    assert_true(self.transport->operations->connected(self.transport));
    peer_close(&self);
    stop_fake();
}

/* Returns the time until a connection to such a server is lost, from its begin, in seconds. */
static double time_until_lost(act how, int ping_interval_ms, int max_pings_out)
{
    start_fake(&how, 1);
    const catga_transport_settings settings = {.servers = fake.url,
                                               .connect_wait_ms = 2000,
                                               .ping_interval_ms = ping_interval_ms,
                                               .max_pings_out = max_pings_out};
    double start = seconds_now();
    assert_int_equal(peer_open_with(&self, settings), CATGA_OK);
    assert_true(reaches(&self.events[CATGA_CONNECTION_LOST], 1, 20000));
    double took = seconds_now() - start;
    peer_close(&self);
    stop_fake();
    return took;
}

static void the_ping_options_say_when_a_server_is_silent(void **state)
{
    (void)state;
    assert_true(time_until_lost(DEAF, 200, 1) < 1.4);
    assert_true(time_until_lost(DEAF, 200, 9) > 1.8);
    assert_true(time_until_lost(DEAF, 1000, 1) > 1.8);
}

/* It is busy for ten times as long as a silent one. */
static void a_server_that_never_answers_is_lost(void **state)
{
    (void)state;
    assert_true(time_until_lost(NOISY, 100, 1) > 1.8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(failed_starts_are_retried),
        cmocka_unit_test(a_server_that_only_closes_is_not_connected),
        cmocka_unit_test(a_stall_blocks_no_caller),
        cmocka_unit_test(a_stalled_reconnect_is_abandoned),
        cmocka_unit_test(an_unknown_error_rebuilds_the_connection),
        cmocka_unit_test(a_silent_server_is_noticed),
        cmocka_unit_test(a_busy_server_is_kept),
        cmocka_unit_test(a_server_that_never_answers_is_lost),
        cmocka_unit_test(the_ping_options_say_when_a_server_is_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
