/* Node membership over each transport: nodes local | nats (at $NATS_URL). */
#include "fixture.h"
#include "nodes.catga.h"
#include "nodes_fixture.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MANY = 1500 };

/* ---- The fixture ---- */

typedef struct fixture {
    fixture_base base;
    catga_nodes *nodes[4];
    size_t count;
    pthread_mutex_t lock;
    char changes[512]; /* reported to the observer: "a+ a-" */
    atomic_bool closes;
    atomic_uint lines_of_full;
    atomic_uint lines_of_shared;
    char last_line[512];
} fixture;

static void count_lines(void *user, catga_log_level level, const char *text)
{
    fixture *s = user;

    (void)level;
    snprintf(s->last_line, sizeof s->last_line, "%s", text);
    if (strstr(text, "nodes: keep no further node") != NULL)
        atomic_fetch_add(&s->lines_of_full, 1);
    if (strstr(text, "nodes: share the name of this node") != NULL)
        atomic_fetch_add(&s->lines_of_shared, 1);
}

static int set_stage(void **state)
{
    fixture *s = fixture_new(sizeof *s, "nodes");

    pthread_mutex_init(&s->lock, NULL);
    *state = s;
    return 0;
}

static int clear_stage(void **state)
{
    fixture *s = *state;

    for (int i = 0; i < 10; i++)
        sem_post(&s->base.may_end);
    while (s->count > 0)
        catga_nodes_close(s->nodes[--s->count]);
    pthread_mutex_destroy(&s->lock);
    return fixture_clear(state);
}

static void on_change(const catga_node *node, void *user)
{
    fixture *s = user;

    pthread_mutex_lock(&s->lock);
    append_node(s->changes, sizeof s->changes, node);
    pthread_mutex_unlock(&s->lock);
    if (atomic_load(&s->closes)) {
        catga_nodes_close(s->nodes[0]);
        catga_close(s->base.buses[0]);
    }
}

static bool has_heard(fixture *s, const char *expected)
{
    pthread_mutex_lock(&s->lock);
    bool heard = strcmp(s->changes, expected) == 0;
    pthread_mutex_unlock(&s->lock);
    return heard;
}

/* Opens a bus and a node. */
static catga_nodes *join(fixture *s, const char *name, catga_nodes_options options)
{
    catga_bus *bus = fixture_join(
        &s->base, (catga_options){.instance = name, .log = count_lines, .log_user = s});
    catga_nodes_options chosen = with_short_times(options);

    assert_int_equal(catga_nodes_open(&s->nodes[s->count], bus, &chosen), CATGA_OK);
    return s->nodes[s->count++];
}

/* Opens a bus and a node that is told changes. */
static catga_nodes *observe(fixture *s, const char *name)
{
    return join(s, name,
                (catga_nodes_options){.only_observe = true, .changed = on_change, .user = s});
}

/* ---- Cases on each transport ---- */

static void all_nodes_know_each_other_within_a_second(void **state)
{
    fixture *s = *state;
    const catga_nodes_options slow = {
        .endpoint = "http://here", .interval_ms = 60000, .timeout_ms = 180000};
    catga_nodes *a = join(s, "a", slow);
    catga_nodes *b = join(s, "b", slow);
    catga_nodes *c = join(s, "c", slow);
    int64_t began = monotonic_ms();

    wait_until(sees(a, "a+ b+ c+") && sees(b, "a+ b+ c+") && sees(c, "a+ b+ c+"));
    assert_true(monotonic_ms() - began < 3000);
    sight seen = look(c, "a");
    assert_string_equal(seen.endpoint, "http://here");
    assert_true(llabs(seen.last_seen / 1000000000 - (int64_t)time(NULL)) < 10);
}

static void a_draining_node_is_offline_at_once(void **state)
{
    fixture *s = *state;
    const catga_nodes_options slow = {.interval_ms = 60000, .timeout_ms = 180000};

    observe(s, "observer");
    catga_nodes *a = join(s, "a", slow);
    wait_until(has_heard(s, "a+"));
    assert_int_equal(catga_drain(s->base.buses[1]), CATGA_OK);
    wait_until(has_heard(s, "a+ a-"));
    assert_true(sees(a, "a-"));
    join(s, "b", slow);
    wait_until(has_heard(s, "a+ a- b+"));
    catga_nodes_close(s->nodes[--s->count]);
    wait_until(has_heard(s, "a+ a- b+ b-"));
}

static void each_change_is_reported_once(void **state)
{
    fixture *s = *state;

    observe(s, "observer");
    join(s, "a", (catga_nodes_options){0});
    nanosleep(&(struct timespec){.tv_nsec = 800000000}, NULL); /* eight intervals */
    assert_true(has_heard(s, "a+"));
    catga_nodes_close(s->nodes[--s->count]);
    wait_until(has_heard(s, "a+ a-"));
    assert_int_equal(catga_nodes_open(&s->nodes[s->count++], s->base.buses[1], NULL), CATGA_OK);
    wait_until(has_heard(s, "a+ a- a+"));
}

static void the_function_of_changes_cannot_close(void **state)
{
    fixture *s = *state;

    atomic_store(&s->closes, true);
    observe(s, "observer");
    join(s, "a", (catga_nodes_options){0});
    wait_until(has_heard(s, "a+"));
    atomic_store(&s->closes, false);
    catga_nodes_close(s->nodes[--s->count]);
    wait_until(has_heard(s, "a+ a-"));
}

/* ---- Load ---- */

static catga_status blocks(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    (void)view;
    sem_post(&s->base.started);
    sem_wait(&s->base.may_end);
    return CATGA_OK;
}

static void the_load_is_what_waits_and_runs(void **state)
{
    static const catga_service service = {"Blocker", sample_listener_handlers, 1,
                                          sizeof(sample_listener), NULL};
    static const sample_listener listener = {blocks, blocks};
    fixture *s = *state;
    const sample event = {CATGA_STR("hello"), 1};

    catga_nodes *nodes = join(s, "a", (catga_nodes_options){0});
    assert_int_equal(catga_serve(s->base.buses[0], &service, &listener, s), CATGA_OK);
    for (int i = 0; i < 5; i++)
        assert_int_equal(catga_publish(s->base.buses[0], &sample_noted_message, &event), CATGA_OK);
    sem_wait(&s->base.started);
    wait_until(look(nodes, "a").load == 5);
    /* Announcements that wait behind the handler are no load. */
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    assert_int_equal(look(nodes, "a").load, 5);
    for (int i = 0; i < 5; i++)
        sem_post(&s->base.may_end);
    wait_until(look(nodes, "a").load == 0);
}

/* ---- Announcements of peers ---- */

static void announce(catga_bus *bus, const char *node_id, const char *endpoint)
{
    assert_int_equal(catga_nodes_node_announced_publish(
                         bus, &CATGA_NODES_NODE_ANNOUNCED(.node_id = catga_str(node_id),
                                                          .service = CATGA_STR("peer"),
                                                          .endpoint = catga_str(endpoint),
                                                          .version = CATGA_STR("1"))),
                     CATGA_OK);
}

static void invalid_announcements_are_refused(void **state)
{
    const catga_message other = {.subject = catga_nodes_node_announced_message_descriptor.subject,
                                 .table = &sample_noted_table,
                                 .kind = CATGA_EVENT};
    const sample noise = {CATGA_STR("noise"), 7};
    fixture *s = *state;
    catga_nodes *nodes = observe(s, "observer");
    catga_bus *observer = s->base.buses[0];
    catga_bus *peer = fixture_join(&s->base, (catga_options){.instance = "peer"});

    assert_int_equal(catga_publish(peer, &other, &noise), CATGA_OK);
    wait_until(catga_count(observer).bad_messages == 1);
    announce(peer, "two words", "here");
    announce(peer, "", "here");
    announce(peer, "bad", "line\nbreak");
    announce(peer, "bad", "escape\033[2J");
    wait_until(catga_count(observer).bad_messages == 5);
    announce(peer, "good", "here");
    wait_until(sees(nodes, "good+"));
}

static void of_many_nodes_1024_are_kept(void **state)
{
    fixture *s = *state;
    char name[16];
    catga_nodes *nodes = join(s, "a", (catga_nodes_options){.timeout_ms = 60000});
    catga_bus *peer = fixture_join(&s->base, (catga_options){.instance = "peer"});

    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            snprintf(name, sizeof name, "n%d", i);
            announce(peer, name, "here");
        }
        wait_until(count_nodes(nodes) == CATGA_NODES_MAX && atomic_load(&s->lines_of_full) == 1);
    }
}

static void a_node_that_shares_its_name_is_logged(void **state)
{
    fixture *s = *state;

    catga_nodes *nodes = join(s, "a", (catga_nodes_options){0});
    join(s, "a", (catga_nodes_options){0});
    wait_until(atomic_load(&s->lines_of_shared) > 0);
    assert_true(sees(nodes, "a+"));
}

/* ---- Options ---- */

static void expect_refused(fixture *s, catga_nodes_options options, const char *expected)
{
    catga_nodes *nodes;

    s->last_line[0] = '\0';
    assert_int_equal(catga_nodes_open(&nodes, s->base.buses[0], &options), CATGA_INVALID_ARGUMENT);
    assert_null(nodes);
    assert_string_equal(s->last_line, expected);
}

static void invalid_options_are_named(void **state)
{
    fixture *s = *state;
    char long_text[200];

    memset(long_text, 'x', sizeof long_text);
    long_text[sizeof long_text - 1] = '\0';
    fixture_join(&s->base, (catga_options){.log = count_lines, .log_user = s});
    expect_refused(s, (catga_nodes_options){.version = "1\n2"},
                   "nodes: cannot open: version: accepted is: 64 bytes of UTF-8 without control "
                   "characters (value=\"1\\0122\")");
    expect_refused(s, (catga_nodes_options){.service = long_text},
                   "nodes: cannot open: service: accepted is: 128 bytes of UTF-8 without control "
                   "characters (value=\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\")");
    expect_refused(s, (catga_nodes_options){.interval_ms = -5},
                   "nodes: cannot open: interval_ms: accepted is: a number from 50 to 86400000 "
                   "(value=\"-5\")");
    expect_refused(s, (catga_nodes_options){.timeout_ms = 10000},
                   "nodes: cannot open: timeout_ms: accepted is: more than interval_ms, which is "
                   "10000 (value=\"10000\")");
}

static void the_environment_sets_the_times(void **state)
{
    fixture *s = *state;

    fixture_join(&s->base, (catga_options){.log = count_lines, .log_user = s});
    setenv("CATGA_NODE_INTERVAL_MS", "soon", 1);
    expect_refused(s, (catga_nodes_options){0},
                   "nodes: cannot open: CATGA_NODE_INTERVAL_MS: accepted is: a number from 50 to "
                   "86400000 (value=\"soon\")");
    setenv("CATGA_NODE_INTERVAL_MS", "400", 1);
    setenv("CATGA_NODE_TIMEOUT_MS", "10", 1);
    expect_refused(s, (catga_nodes_options){0},
                   "nodes: cannot open: CATGA_NODE_TIMEOUT_MS: accepted is: a number from 100 to "
                   "86400000 (value=\"10\")");
    setenv("CATGA_NODE_TIMEOUT_MS", "300", 1);
    expect_refused(s, (catga_nodes_options){0},
                   "nodes: cannot open: timeout_ms: accepted is: more than interval_ms, which is "
                   "400 (value=\"300\")");
    unsetenv("CATGA_NODE_INTERVAL_MS");
    unsetenv("CATGA_NODE_TIMEOUT_MS");
}

static void a_draining_bus_has_no_nodes(void **state)
{
    fixture *s = *state;
    catga_bus *bus = fixture_join(&s->base, (catga_options){0});

    assert_int_equal(catga_drain(bus), CATGA_OK);
    assert_int_equal(catga_nodes_open(&s->nodes[0], bus, NULL), CATGA_DRAINING);
    assert_null(s->nodes[0]);
}

#define nodes_test(name) cmocka_unit_test_setup_teardown(name, set_stage, clear_stage)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        nodes_test(all_nodes_know_each_other_within_a_second),
        nodes_test(a_draining_node_is_offline_at_once),
        nodes_test(each_change_is_reported_once),
        nodes_test(the_function_of_changes_cannot_close),
        nodes_test(the_load_is_what_waits_and_runs),
        nodes_test(invalid_announcements_are_refused),
        nodes_test(of_many_nodes_1024_are_kept),
        nodes_test(a_node_that_shares_its_name_is_logged),
        nodes_test(invalid_options_are_named),
        nodes_test(the_environment_sets_the_times),
        nodes_test(a_draining_bus_has_no_nodes),
    };

    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
