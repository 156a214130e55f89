/*
 * Claims in Redis for messages of another transport: replicas that are killed, servers that are
 * killed and suspended, and a master that is replaced. Two stores stand for two replicas; one of
 * them is in a child process that can be killed.
 */
#include "base/clock.h"
#include "bus_fixture.h"
#include "server.h"

#include <catga/redis.h>

#include <pthread.h>
#include <stdatomic.h>

enum { LEASE_MS = 2000, LOG = 8192 };

typedef struct fixture {
    redis_server server;
    catga_redis_claims *stores[2];
    pthread_mutex_t lock;
    char log[LOG];
} fixture;

static void note_log(void *user, catga_log_level level, const char *text)
{
    fixture *f = user;

    (void)level;
    pthread_mutex_lock(&f->lock);
    size_t length = strlen(f->log);
    snprintf(f->log + length, LOG - length, "%s\n", text);
    pthread_mutex_unlock(&f->lock);
}

static bool is_logged(fixture *f, const char *text)
{
    pthread_mutex_lock(&f->lock);
    bool logged = strstr(f->log, text) != NULL;
    pthread_mutex_unlock(&f->lock);
    return logged;
}

static catga_status open_at(fixture *f, const char *servers, catga_redis_claims **store)
{
    return catga_redis_claims_open(
        store, &(catga_redis_claims_options){
                   .servers = servers, .lease_ms = LEASE_MS, .log = note_log, .log_user = f});
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    pthread_mutex_init(&f->lock, NULL);
    redis_server_init(&f->server);
    redis_server_option(&f->server, "--appendonly", "yes");
    /* A killed server has written what it answered; a slow disk would look like a lost server. */
    redis_server_option(&f->server, "--appendfsync", "no");
    *state = f;
    return 0;
}

static void open_both(fixture *f)
{
    redis_server_start(&f->server);
    for (int i = 0; i < 2; i++)
        assert_int_equal(open_at(f, f->server.url, &f->stores[i]), CATGA_OK);
}

static int tear_down(void **state)
{
    fixture *f = *state;

    for (int i = 0; i < 2; i++)
        catga_redis_claims_close(f->stores[i]);
    redis_server_clear(&f->server);
    pthread_mutex_destroy(&f->lock);
    free(f);
    return 0;
}

static catga_claim make_claim(const char *key)
{
    return (catga_claim){.bucket = CATGA_STR("SHOP_V1_Order"),
                         .key = catga_str(key),
                         .request = CATGA_STR("0123456789abcdef0123456789abcdef"),
                         .kept_ms = 60000};
}

static catga_claim_result take(catga_redis_claims *claims, catga_claim *claim)
{
    const catga_claim_store *store = catga_redis_claims_store(claims);

    return store->claim(store->user, claim);
}

/* Takes a claim that is not free yet. */
static void take_soon(catga_redis_claims *claims, catga_claim *claim)
{
    catga_claim_result result = take(claims, claim);

    for (int tries = 0; result != CATGA_CLAIM_TAKEN && tries < 1000; tries++) {
        pause_ms(10);
        result = take(claims, claim);
    }
    assert_int_equal(result, CATGA_CLAIM_TAKEN);
}

static bool finish(catga_redis_claims *claims, catga_claim *claim, const char *answer)
{
    const catga_claim_store *store = catga_redis_claims_store(claims);

    claim->answer = (catga_bytes){(const uint8_t *)answer, strlen(answer)};
    return store->done(store->user, claim);
}

static void assert_answer(catga_redis_claims *claims, const char *key, const char *answer)
{
    catga_claim again = make_claim(key);

    assert_int_equal(take(claims, &again), CATGA_CLAIM_DONE);
    assert_int_equal(again.answer.length, strlen(answer));
    assert_memory_equal(again.answer.data, answer, again.answer.length);
}

/* ---- Replicas ---- */

static void a_claim_is_renewed_while_its_handler_runs(void **state)
{
    fixture *f = *state;
    catga_claim claim = make_claim("one");
    catga_claim other = make_claim("one");

    open_both(f);
    assert_int_equal(take(f->stores[0], &claim), CATGA_CLAIM_TAKEN);
    for (int i = 0; i < 15; i++) {
        pause_ms(LEASE_MS / 5);
        assert_int_equal(take(f->stores[1], &other), CATGA_CLAIM_HELD);
    }
    assert_true(finish(f->stores[0], &claim, "first"));
    assert_answer(f->stores[1], "one", "first");
}

/* Takes a claim in a process of its own, which never ends it. */
static pid_t take_in_child(fixture *f, const char *key)
{
    int ready[2];
    char byte;

    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        catga_redis_claims *store;
        catga_claim claim = make_claim(key);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        bool taken = open_at(f, f->server.url, &store) == CATGA_OK &&
                     take(store, &claim) == CATGA_CLAIM_TAKEN;
        if (!taken || write(ready[1], "x", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void a_killed_owner_is_taken_over_after_its_lease(void **state)
{
    fixture *f = *state;
    catga_claim claim = make_claim("one");
    char text[256];
    struct timespec now;

    open_both(f);
    pid_t owner = take_in_child(f, "one");
    pause_ms(2 * LEASE_MS);
    assert_int_equal(take(f->stores[0], &claim), CATGA_CLAIM_HELD);
    kill(owner, SIGKILL);
    waitpid(owner, NULL, 0);
    redis_server_ask(&f->server, text, "HGET catga:claim:SHOP_V1_Order:one lease");
    take_soon(f->stores[0], &claim);
    clock_gettime(CLOCK_REALTIME, &now);
    assert_true(catga_clock_of(&now) / CATGA_MILLISECOND > strtoll(text, NULL, 10));
    assert_int_equal(claim.attempt, 2);
    assert_true(finish(f->stores[0], &claim, "second"));
    assert_answer(f->stores[1], "one", "second");
}

/* A suspended owner finds that another one has taken the claim. */
static void a_suspended_owner_does_not_record_its_success(void **state)
{
    fixture *f = *state;
    catga_claim claim = make_claim("one");
    catga_claim stolen = make_claim("one");

    open_both(f);
    assert_int_equal(take(f->stores[0], &claim), CATGA_CLAIM_TAKEN);
    redis_server_do(&f->server, "HSET catga:claim:SHOP_V1_Order:one attempt another lease 1");
    take_soon(f->stores[1], &stolen);
    assert_false(finish(f->stores[0], &claim, "late"));
    assert_true(finish(f->stores[1], &stolen, "right"));
    assert_answer(f->stores[0], "one", "right");
}

/* ---- Servers ---- */

typedef struct finisher {
    catga_redis_claims *store;
    catga_claim *claim;
    bool done;
} finisher;

static void *run_finisher(void *argument)
{
    finisher *f = argument;

    f->done = finish(f->store, f->claim, "first");
    return NULL;
}

/* The handler succeeds while there is no server, for longer than the lease. Then a second attempt
 * waits until the first has recorded its success. */
static void lose_server(fixture *f, int lost, int back)
{
    catga_claim claim = make_claim("one");
    catga_claim other = make_claim("one");
    finisher first = {.store = f->stores[0], .claim = &claim};
    pthread_t thread;

    assert_int_equal(take(f->stores[0], &claim), CATGA_CLAIM_TAKEN);
    redis_server_signal(&f->server, lost);
    assert_int_equal(pthread_create(&thread, NULL, run_finisher, &first), 0);
    wait_until(!catga_redis_claims_connected(f->stores[0]) &&
               !catga_redis_claims_connected(f->stores[1]));
    assert_int_equal(take(f->stores[1], &other), CATGA_CLAIM_UNKNOWN);
    assert_true(is_logged(f, "no message is claimed until it is back"));
    pause_ms(3 * LEASE_MS);
    if (back == 0)
        redis_server_start(&f->server);
    else
        redis_server_signal(&f->server, back);
    catga_claim_result result = take(f->stores[1], &other);
    for (int tries = 0; tries < 2000 && result != CATGA_CLAIM_DONE; tries++) {
        assert_int_not_equal(result, CATGA_CLAIM_TAKEN);
        pause_ms(10);
        result = take(f->stores[1], &other);
    }
    assert_int_equal(result, CATGA_CLAIM_DONE);
    pthread_join(thread, NULL);
    assert_true(first.done);
    assert_answer(f->stores[1], "one", "first");
}

static void a_killed_server_that_comes_back_lets_no_handler_run_twice(void **state)
{
    fixture *f = *state;

    open_both(f);
    lose_server(f, SIGKILL, 0);
}

static void a_suspended_server_lets_no_handler_run_twice(void **state)
{
    fixture *f = *state;

    open_both(f);
    lose_server(f, SIGSTOP, SIGCONT);
}

/* A fail-over may lose a claim whose handler runs: its renewal writes the claim again. */
static void a_lost_claim_is_written_again_by_its_owner(void **state)
{
    fixture *f = *state;
    catga_claim claim = make_claim("one");
    catga_claim other = make_claim("one");
    char text[256];

    open_both(f);
    assert_int_equal(take(f->stores[0], &claim), CATGA_CLAIM_TAKEN);
    redis_server_do(&f->server, "FLUSHALL");
    wait_until(
        strcmp(redis_server_ask(&f->server, text, "HGET catga:claim:SHOP_V1_Order:one state"),
               "taken") == 0);
    assert_int_equal(take(f->stores[1], &other), CATGA_CLAIM_HELD);
    assert_true(finish(f->stores[0], &claim, "first"));
    assert_answer(f->stores[1], "one", "first");
}

static void a_full_server_refuses_new_claims_and_records_successes(void **state)
{
    fixture *f = *state;
    catga_claim claim = make_claim("one");
    catga_claim other = make_claim("two");

    open_both(f);
    assert_int_equal(take(f->stores[0], &claim), CATGA_CLAIM_TAKEN);
    redis_server_do(&f->server, "CONFIG SET maxmemory 1");
    wait_until(take(f->stores[1], &other) == CATGA_CLAIM_UNKNOWN);
    assert_true(finish(f->stores[0], &claim, "one"));
    redis_server_do(&f->server, "CONFIG SET maxmemory 0");
    take_soon(f->stores[1], &other);
    assert_true(finish(f->stores[1], &other, "two"));
}

static void a_server_that_would_drop_claims_is_refused(void **state)
{
    fixture *f = *state;

    redis_server_option(&f->server, "--maxmemory", "100mb");
    redis_server_option(&f->server, "--maxmemory-policy", "allkeys-lru");
    redis_server_start(&f->server);
    assert_int_equal(open_at(f, f->server.url, &f->stores[0]), CATGA_REFUSED);
    assert_true(is_logged(f, "set it to noeviction"));
}

static void wrong_options_are_refused(void **state)
{
    static const catga_redis_claims_options wrong[] = {{.lease_ms = 99},
                                                       {.lease_ms = 60001},
                                                       {.done_wait_ms = -1},
                                                       {.connect_wait_ms = -2},
                                                       {.servers = "nats://127.0.0.1"}};
    static const char *const names[] = {"lease_ms of the claim store is 99",
                                        "lease_ms of the claim store is 60001",
                                        "done_wait_ms of the claim store is -1",
                                        "connect_wait_ms of the claim store is -2", "nats://"};
    fixture *f = *state;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        catga_redis_claims_options options = wrong[i];
        options.log = note_log;
        options.log_user = f;
        assert_int_equal(catga_redis_claims_open(&f->stores[0], &options), CATGA_INVALID_ARGUMENT);
        assert_null(f->stores[0]);
        assert_true(is_logged(f, names[i]));
    }
}

/* ---- State and metrics ---- */

static uint64_t metric(catga_redis_claims *claims, const char *name)
{
    catga_metrics_source sources[CATGA_REDIS_CLAIMS_METRICS];

    catga_redis_claims_metrics(claims, sources);
    for (size_t i = 0; i < CATGA_REDIS_CLAIMS_METRICS; i++)
        if (strcmp(sources[i].name, name) == 0)
            return sources[i].read(sources[i].user);
    fail_msg("no metric %s", name);
    return 0;
}

/* Nothing is claimed for longer than the silence that ends a connection. */
static void an_idle_store_keeps_its_connection(void **state)
{
    fixture *f = *state;
    const catga_redis_claims_options options = {
        .servers = f->server.url, .lease_ms = 60000, .log = note_log, .log_user = f};

    redis_server_start(&f->server);
    assert_int_equal(catga_redis_claims_open(&f->stores[0], &options), CATGA_OK);
    pause_ms(4000);
    assert_int_equal(metric(f->stores[0], "catga_redis_claims_connects_total"), 1);
}

static void metrics_count_claims_and_connections(void **state)
{
    fixture *f = *state;
    catga_claim claim = make_claim("one");
    catga_claim other = make_claim("one");

    open_both(f);
    assert_int_equal(metric(f->stores[0], "catga_redis_connected"), 1);
    assert_int_equal(take(f->stores[0], &claim), CATGA_CLAIM_TAKEN);
    assert_int_equal(take(f->stores[1], &other), CATGA_CLAIM_HELD);
    assert_true(finish(f->stores[0], &claim, "first"));
    assert_answer(f->stores[1], "one", "first");
    assert_int_equal(metric(f->stores[0], "catga_redis_claims_taken_total"), 1);
    assert_int_equal(metric(f->stores[1], "catga_redis_claims_held_total"), 1);
    assert_int_equal(metric(f->stores[1], "catga_redis_claims_repeated_total"), 1);
    redis_server_signal(&f->server, SIGKILL);
    wait_until(metric(f->stores[0], "catga_redis_connected") == 0);
    assert_int_equal(take(f->stores[0], &other), CATGA_CLAIM_UNKNOWN);
    assert_int_equal(metric(f->stores[0], "catga_redis_claims_failed_total"), 1);
    redis_server_start(&f->server);
    wait_until(metric(f->stores[0], "catga_redis_claims_connects_total") == 2);
    assert_int_equal(metric(f->stores[0], "catga_redis_claims_lost_total"), 0);
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_claim_is_renewed_while_its_handler_runs),
        CASE(a_killed_owner_is_taken_over_after_its_lease),
        CASE(a_suspended_owner_does_not_record_its_success),
        CASE(a_killed_server_that_comes_back_lets_no_handler_run_twice),
        CASE(a_suspended_server_lets_no_handler_run_twice),
        CASE(a_lost_claim_is_written_again_by_its_owner),
        CASE(a_full_server_refuses_new_claims_and_records_successes),
        CASE(a_server_that_would_drop_claims_is_refused),
        CASE(wrong_options_are_refused),
        CASE(an_idle_store_keeps_its_connection),
        CASE(metrics_count_claims_and_connections),
    };
#undef CASE

    if (argc == 2)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
