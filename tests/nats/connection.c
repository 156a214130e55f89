/*
 * The NATS transport with servers that are absent, late, killed, paused, or refuse. The test starts
 * its own servers.
 */
#include "nats_peer.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

static nats_server server;
static peer self;

static int start_server(void **state)
{
    (void)state;
    nats_server_init(&server, NULL);
    nats_server_start(&server);
    return 0;
}

static int open_too(void **state)
{
    start_server(state);
    return peer_open(&self, server.url, 5000) == CATGA_OK ? 0 : -1;
}

static int clear_server(void **state)
{
    (void)state;
    nats_server_clear(&server);
    return 0;
}

static int close_too(void **state)
{
    peer_close(&self);
    return clear_server(state);
}

/* ---- Opening ---- */

static void no_server_is_disconnected_in_time(void **state)
{
    (void)state;
    nats_server_signal(&server, SIGKILL);
    double start = seconds_now();
    assert_int_equal(peer_open(&self, server.url, 300), CATGA_DISCONNECTED);
    assert_null(self.transport);
    assert_true(seconds_now() - start < 1);
}

static void *open_for_ever(void *argument)
{
    catga_status *status = argument;

    *status = peer_open(&self, server.url, -1);
    return NULL;
}

static void a_late_server_is_waited_for(void **state)
{
    (void)state;
    nats_server_signal(&server, SIGKILL);
    pthread_t thread;
    catga_status status = CATGA_CLOSED;
    assert_int_equal(pthread_create(&thread, NULL, open_for_ever, &status), 0);
    pause_ms(700);
    nats_server_start(&server);
    pthread_join(thread, NULL);
    assert_int_equal(status, CATGA_OK);
    assert_int_equal(atomic_load(&self.events[CATGA_CONNECTION_FOUND]), 0);
    peer_close(&self);
}

static void wrong_addresses_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        ",",
                                        "nats://127.0.0.1:4222,",
                                        "nats://127.0.0.1:port",
                                        "nats://",
                                        "nats://127.0.0.1:99999",
                                        "nats://127.0.0.1:0",
                                        "nats://:4222",
                                        "nats://[::1",
                                        "http://127.0.0.1:4222",
                                        "nats://user:secret@",
                                        "nats://127.0.0.1:4222/"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        double start = seconds_now();
        catga_status status = peer_open(&self, wrong[i], 3000);
        if (status != CATGA_INVALID_ARGUMENT)
            print_error("\"%s\": %s\n", wrong[i], catga_status_name(status));
        assert_int_equal(status, CATGA_INVALID_ARGUMENT);
        assert_true(seconds_now() - start < 1);
    }
}

/* The password is never sent in clear text. */
static void tls_is_never_downgraded(void **state)
{
    (void)state;
    char url[256];
    snprintf(url, sizeof url, "tls://127.0.0.1:%d", server.port);
    assert_int_equal(peer_open(&self, url, 3000), CATGA_NOT_PERMITTED);
}

static void a_list_may_hold_dead_servers(void **state)
{
    (void)state;
    char list[256];
    snprintf(list, sizeof list, "nats://127.0.0.1:1, %s ,nats://127.0.0.1:2", server.url);
    assert_int_equal(peer_open(&self, list, 3000), CATGA_OK);
    peer_close(&self);
}

/* ---- Lost and restored connections ---- */

static void a_killed_server_is_reconnected(void **state)
{
    (void)state;
    catga_subscription *subscription =
        peer_subscribe(&self, "t.echo", "group", 100, peer_pong, &self);
    assert_true(peer_reaches(&self, "t.echo", 1, 2000));
    assert_int_equal(peer_publish(&self, "t.event", "x"), CATGA_OK);

    nats_server_signal(&server, SIGKILL);
    assert_true(reaches(&self.events[CATGA_CONNECTION_LOST], 1, 1000));
    assert_false(self.transport->operations->connected(self.transport));
    double start = seconds_now();
    assert_int_equal(peer_publish(&self, "t.event", "x"), CATGA_DISCONNECTED);
    assert_int_equal(peer_request(&self, "t.echo", 2), CATGA_DISCONNECTED);
    assert_int_equal(peer_flush(&self), CATGA_DISCONNECTED);
    assert_true(seconds_now() - start < 0.05);
    catga_subscription *late = peer_subscribe(&self, "t.late", NULL, 100, peer_pong, &self);

    nats_server_start(&server);
    assert_true(reaches(&self.events[CATGA_CONNECTION_FOUND], 1, 1000));
    assert_true(self.transport->operations->connected(self.transport));
    assert_int_equal(peer_publish(&self, "t.event", "x"), CATGA_OK);
    assert_true(peer_reaches(&self, "t.echo", 3, 1000));
    assert_true(peer_reaches(&self, "t.late", 4, 1000));
    assert_int_equal(atomic_load(&self.replies[2]), 0);
    assert_int_equal(atomic_load(&self.events[CATGA_CONNECTION_LOST]), 1);
    assert_int_equal(atomic_load(&self.events[CATGA_CONNECTION_FOUND]), 1);
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
    assert_int_equal(peer_unsubscribe(&self, late), CATGA_OK);
}

static void draining_and_closing_need_no_server(void **state)
{
    (void)state;
    catga_subscription *subscription =
        peer_subscribe(&self, "t.echo", "group", 100, peer_pong, &self);
    nats_server_signal(&server, SIGKILL);
    assert_true(reaches(&self.events[CATGA_CONNECTION_LOST], 1, 1000));
    double start = seconds_now();
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
    peer_close(&self);
    assert_true(seconds_now() - start < 0.5);
    nats_server_clear(&server);
}

static void the_first_event_does_not_wait_for_a_server(void **state)
{
    (void)state;
    nats_server_signal(&server, SIGKILL);
    assert_true(reaches(&self.events[CATGA_CONNECTION_LOST], 1, 1000));
    double start = seconds_now();
    assert_int_equal(peer_publish(&self, "t.event", "x"), CATGA_DISCONNECTED);
    assert_true(seconds_now() - start < 0.05);
    nats_server_start(&server);
    assert_true(reaches(&self.events[CATGA_CONNECTION_FOUND], 1, 1000));
    assert_int_equal(peer_publish(&self, "t.event", "x"), CATGA_OK);
    assert_int_equal(peer_flush(&self), CATGA_OK);
}

/* A handler that runs while the connection is lost and restored must not run twice at once. */
typedef struct slow {
    atomic_int running;
    atomic_int together;
    atomic_int count;
} slow;

static void run_slowly(void *user, catga_incoming *message)
{
    slow *of = user;

    if (atomic_fetch_add(&of->running, 1) > 0)
        atomic_fetch_add(&of->together, 1);
    pause_ms(1500);
    atomic_fetch_sub(&of->running, 1);
    self.transport->operations->release(message);
    atomic_fetch_add(&of->count, 1);
}

static void a_handler_stays_alone_over_a_reconnect(void **state)
{
    (void)state;
    slow of = {0};
    catga_subscription *subscription = peer_subscribe(&self, "t.slow", NULL, 100, run_slowly, &of);
    assert_int_equal(peer_flush(&self), CATGA_OK);
    assert_int_equal(peer_publish(&self, "t.slow", "1"), CATGA_OK);
    assert_true(reaches(&of.running, 1, 1000));
    nats_server_signal(&server, SIGKILL);
    nats_server_start(&server);
    assert_true(reaches(&self.events[CATGA_CONNECTION_FOUND], 1, 1000));
    assert_int_equal(peer_publish(&self, "t.slow", "2"), CATGA_OK);
    assert_true(reaches(&of.count, 2, 5000));
    assert_int_equal(atomic_load(&of.together), 0);
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
}

/* The socket fills up. No caller is blocked longer than the write deadline. */
static void a_paused_server_blocks_no_caller(void **state)
{
    (void)state;
    static char data[10000];
    memset(data, 'x', sizeof data - 1);
    assert_int_equal(peer_publish(&self, "t.event", data), CATGA_OK);
    nats_server_signal(&server, SIGSTOP);
    double longest = 0;
    double end = seconds_now() + 6;
    catga_status status = CATGA_OK;
    while (status != CATGA_DISCONNECTED && seconds_now() < end) {
        double start = seconds_now();
        status = peer_publish(&self, "t.event", data);
        if (seconds_now() - start > longest)
            longest = seconds_now() - start;
    }
    assert_int_equal(status, CATGA_DISCONNECTED);
    assert_true(longest < 3);
    assert_true(reaches(&self.events[CATGA_CONNECTION_LOST], 1, 4000));
    nats_server_signal(&server, SIGCONT);
    assert_true(reaches(&self.events[CATGA_CONNECTION_FOUND], 1, 4000));
    assert_int_equal(peer_publish(&self, "t.event", data), CATGA_OK);
}

enum { SUSPENDED = 0, TOO_LATE = 1 };

/* Suspends `parent` and the server after a ping is sent. Does not, if it wakes so late that the
 * server has already been silent for too long. */
static int suspend(pid_t parent, double begun)
{
    enum { PING_IS_SENT_MS = 700, SUSPENDED_MS = 3000 };
    int result = TOO_LATE;

    pause_ms(PING_IS_SENT_MS);
    if (seconds_now() - begun < 1) {
        kill(parent, SIGSTOP);
        pause_ms(SUSPENDED_MS);
        result = SUSPENDED;
    }
    kill(server.process, SIGCONT);
    kill(parent, SIGCONT);
    return result;
}

/* Suspends this process and the server for longer than a ping may be unanswered. */
static void suspend_both(void)
{
    int status = -1;

    for (int tries = 0; status != SUSPENDED && tries < 5; tries++) {
        pid_t this_one = getpid();
        double begun = seconds_now();
        assert_int_equal(peer_flush(&self), CATGA_OK);
        nats_server_signal(&server, SIGSTOP);
        pid_t child = fork();
        if (child == 0)
            _exit(suspend(this_one, begun));
        while (waitpid(child, &status, 0) != child)
            continue; /* interrupted */
    }
    assert_int_equal(status, SUSPENDED);
}

/* The time of a suspend does not count, also not that of the ping under way. */
static void a_suspended_process_keeps_its_connection(void **state)
{
    enum { NOTICE_MS = 2500 };

    (void)state;
    suspend_both();
    pause_ms(NOTICE_MS);
    assert_int_equal(atomic_load(&self.events[CATGA_CONNECTION_LOST]), 0);
    assert_int_equal(peer_flush(&self), CATGA_OK);
}

/* ---- Under load ---- */

#define KILLS 20

static atomic_bool loading;
static atomic_int sent_events, failed_events, wrong;

static void *publish_always(void *argument)
{
    (void)argument;
    while (atomic_load(&loading)) {
        catga_status status = peer_publish(&self, "t.load", "event");
        if (status == CATGA_OK)
            atomic_fetch_add(&sent_events, 1);
        else
            atomic_fetch_add(status == CATGA_DISCONNECTED ? &failed_events : &wrong, 1);
        if (status != CATGA_OK)
            pause_ms(1);
    }
    return NULL;
}

static void *request_always(void *argument)
{
    (void)argument;
    for (uint64_t token = 10; atomic_load(&loading); token++) {
        catga_status status = peer_request(&self, "t.echo", token);
        if (status != CATGA_OK && status != CATGA_DISCONNECTED)
            atomic_fetch_add(&wrong, 1);
        pause_ms(1);
    }
    return NULL;
}

static void twenty_kills_under_load(void **state)
{
    (void)state;
    static int token = 0;
    catga_subscription *subscription =
        peer_subscribe(&self, "t.echo", "group", 10000, peer_pong, &self);
    assert_true(peer_reaches(&self, "t.echo", 0, 1000));
    atomic_store(&loading, true);
    pthread_t threads[3];
    assert_int_equal(pthread_create(&threads[0], NULL, publish_always, NULL), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, publish_always, NULL), 0);
    assert_int_equal(pthread_create(&threads[2], NULL, request_always, NULL), 0);
    double longest = 0;
    for (int i = 0; i < KILLS; i++) {
        pause_ms(50 + i * 5);
        nats_server_signal(&server, SIGKILL);
        nats_server_start(&server);
        double start = seconds_now();
        assert_true(reaches(&self.events[CATGA_CONNECTION_FOUND], i + 1, 5000));
        if (seconds_now() - start > longest)
            longest = seconds_now() - start;
        atomic_store(&self.replies[++token], 0);
        assert_true(peer_reaches(&self, "t.echo", (uint64_t)token, 1000));
    }
    atomic_store(&loading, false);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    print_message("%d events sent, %d refused; longest search after a start %.0f ms\n",
                  atomic_load(&sent_events), atomic_load(&failed_events), longest * 1e3);
    assert_int_equal(atomic_load(&wrong), 0);
    assert_int_equal(atomic_load(&self.wrong_replies), 0);
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
}

/* ---- Permissions ---- */

static const char permissions[] =
    "authorization { users = [ { user: alice, password: secret, permissions: {\n"
    "  publish: { deny: \"t.forbidden\" }\n"
    "  subscribe: { deny: \"t.hidden\" } } } ] }\n";

static int start_strict(void **state)
{
    (void)state;
    nats_server_init(&server, permissions);
    nats_server_start(&server);
    return 0;
}

static const char *url_of(const char *credentials, char url[256])
{
    snprintf(url, 256, "nats://%s127.0.0.1:%d", credentials, server.port);
    return url;
}

static void wrong_credentials_are_not_permitted(void **state)
{
    (void)state;
    char url[256];
    double start = seconds_now();
    assert_int_equal(peer_open(&self, url_of("alice:wrong@", url), 5000), CATGA_NOT_PERMITTED);
    assert_int_equal(peer_open(&self, url_of("", url), 5000), CATGA_NOT_PERMITTED);
    assert_true(seconds_now() - start < 2);
}

static void permission_violations_are_reported(void **state)
{
    (void)state;
    char url[256];
    assert_int_equal(peer_open(&self, url_of("alice:secret@", url), 5000), CATGA_OK);
    assert_int_equal(peer_publish(&self, "t.forbidden", "x"), CATGA_OK);
    assert_true(reaches(&self.events[CATGA_CONNECTION_REFUSED], 1, 2000));
    assert_non_null(strstr(self.text[CATGA_CONNECTION_REFUSED], "t.forbidden"));
    catga_subscription *hidden = peer_subscribe(&self, "t.hidden", NULL, 1, peer_pong, &self);
    assert_true(reaches(&self.events[CATGA_CONNECTION_REFUSED], 2, 2000));
    assert_non_null(strstr(self.text[CATGA_CONNECTION_REFUSED], "t.hidden"));
    assert_int_equal(peer_publish(&self, "t.allowed", "x"), CATGA_OK);
    assert_int_equal(peer_flush(&self), CATGA_OK);
    assert_int_equal(atomic_load(&self.events[CATGA_CONNECTION_LOST]), 0);
    assert_int_equal(peer_unsubscribe(&self, hidden), CATGA_OK);
    peer_close(&self);
}

/* ---- Permissions that change ---- */

static void write_permissions(const char *subscribe)
{
    FILE *file = fopen(server.config, "w");

    assert_non_null(file);
    fprintf(file,
            "authorization { users = [ { user: alice, password: secret, permissions: {\n"
            "  publish: \">\", subscribe: { allow: [\"_INBOX.>\"%s] } } } ] }\n",
            subscribe);
    assert_int_equal(fclose(file), 0);
}

static bool is_confirmed(catga_subscription *subscription)
{
    return self.transport->operations->confirmed(self.transport, subscription) == CATGA_OK;
}

/* By a handler instead of the server, in some tries. */
static bool is_answered(void)
{
    for (int i = 0; i < 50; i++) {
        int refused = atomic_load(&self.no_responders);
        int replies = atomic_load(&self.replies[1]);
        if (peer_request(&self, "t.a", 1) == CATGA_OK &&
            reaches(&self.replies[1], replies + 1, 500) &&
            atomic_load(&self.no_responders) == refused)
            return true;
        pause_ms(100);
    }
    return false;
}

/*
 * The server removes the subscription and keeps the connection. The subscription must be restored.
 */
static void a_permission_is_revoked_and_granted(void **state)
{
    (void)state;
    char url[256];
    write_permissions("");
    nats_server_signal(&server, SIGHUP);
    pause_ms(200);
    assert_int_equal(peer_open(&self, url_of("alice:secret@", url), 5000), CATGA_OK);
    catga_subscription *subscription = peer_subscribe(&self, "t.a", "group", 10, peer_pong, &self);
    assert_false(is_confirmed(subscription));
    for (int i = 0; i < 2; i++) {
        write_permissions(", \"t.a\"");
        nats_server_signal(&server, SIGHUP);
        assert_true(is_answered());
        assert_true(is_confirmed(subscription));
        int refusals = atomic_load(&self.events[CATGA_CONNECTION_REFUSED]);
        write_permissions("");
        nats_server_signal(&server, SIGHUP);
        assert_true(reaches(&self.events[CATGA_CONNECTION_REFUSED], refusals + 1, 3000));
    }
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
    peer_close(&self);
}

static void without_an_inbox_there_is_no_connection(void **state)
{
    (void)state;
    char url[256];
    FILE *file = fopen(server.config, "w");
    assert_non_null(file);
    fputs("authorization { users = [ { user: alice, password: secret, permissions: {\n"
          "  publish: \">\", subscribe: { deny: \"_INBOX.>\" } } } ] }\n",
          file);
    assert_int_equal(fclose(file), 0);
    nats_server_signal(&server, SIGHUP);
    pause_ms(200);
    assert_int_equal(peer_open(&self, url_of("alice:secret@", url), 5000), CATGA_NOT_PERMITTED);
}

static void secrets_are_not_logged(void **state)
{
    (void)state;
    char url[256];
    assert_int_equal(peer_open(&self, url_of("alice:secret@", url), 5000), CATGA_OK);
    nats_server_signal(&server, SIGKILL);
    nats_server_start(&server);
    assert_true(reaches(&self.events[CATGA_CONNECTION_FOUND], 1, 2000));
    snprintf(url, sizeof url, "127.0.0.1:%d", server.port);
    assert_string_equal(self.text[CATGA_CONNECTION_FOUND], url);
    peer_close(&self);
}

static void rewrite_password(const char *password)
{
    char text[512];

    snprintf(text, sizeof text, "authorization { user: alice, password: %s }\n", password);
    FILE *file = fopen(server.config, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* nats.c alone would give up after the second refusal. */
static void a_login_refused_for_a_while_is_tried_again(void **state)
{
    (void)state;
    char url[256];
    assert_int_equal(peer_open(&self, url_of("alice:secret@", url), 5000), CATGA_OK);
    nats_server_signal(&server, SIGKILL);
    rewrite_password("other");
    nats_server_start(&server);
    assert_true(reaches(&self.events[CATGA_CONNECTION_REFUSED], 1, 2000));
    pause_ms(700);
    assert_int_equal(atomic_load(&self.events[CATGA_CONNECTION_REFUSED]), 1);
    nats_server_signal(&server, SIGKILL);
    rewrite_password("secret");
    nats_server_start(&server);
    assert_true(reaches(&self.events[CATGA_CONNECTION_FOUND], 1, 5000));
    peer_close(&self);
}

int main(void)
{
#define TEST(name, setup, teardown) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(no_server_is_disconnected_in_time, start_server, clear_server),
        TEST(a_late_server_is_waited_for, start_server, clear_server),
        TEST(wrong_addresses_are_refused, NULL, NULL),
        TEST(tls_is_never_downgraded, start_server, clear_server),
        TEST(a_list_may_hold_dead_servers, start_server, clear_server),
        TEST(a_killed_server_is_reconnected, open_too, close_too),
        TEST(draining_and_closing_need_no_server, open_too, NULL),
        TEST(the_first_event_does_not_wait_for_a_server, open_too, close_too),
        TEST(a_handler_stays_alone_over_a_reconnect, open_too, close_too),
        TEST(a_paused_server_blocks_no_caller, open_too, close_too),
        TEST(a_suspended_process_keeps_its_connection, open_too, close_too),
        TEST(twenty_kills_under_load, open_too, close_too),
        TEST(wrong_credentials_are_not_permitted, start_strict, clear_server),
        TEST(permission_violations_are_reported, start_strict, clear_server),
        TEST(a_permission_is_revoked_and_granted, start_strict, clear_server),
        TEST(without_an_inbox_there_is_no_connection, start_strict, clear_server),
        TEST(secrets_are_not_logged, start_strict, clear_server),
        TEST(a_login_refused_for_a_while_is_tried_again, start_strict, clear_server),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
