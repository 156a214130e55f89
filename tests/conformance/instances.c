/*
 * Two live replicas with one instance name would share the events of a stored broadcast:
 *
 *     instances local | nats              the test; nats at $NATS_URL
 *     instances nats serve PREFIX OUT     a replica, which reports to descriptor OUT that it serves
 */
#include "base/clock.h"
#include "fixture.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { AT_ONCE = 4, EVENTS = 20 };

static const char *const subjects[] = {"catga.events.sample.v1.Shipped"};
static const catga_stream stream = {
    .name = "SAMPLE_V1",
    .subjects = subjects,
    .subject_count = 1,
    .window_ms = 120000,
};
static const catga_delivery delivery = {.stream = &stream};
static const catga_message shipped = {.subject = "catga.events.sample.v1.Shipped",
                                      .table = &sample_noted_table,
                                      .kind = CATGA_EVENT,
                                      .timeout_ms = 3000,
                                      .retries = 2,
                                      .delivery = &delivery};
static const catga_handler handlers[] = {
    {"notify", &shipped, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
    {"refresh", &shipped, CATGA_BROADCAST, offsetof(sample_listener, refresh),
     sample_listener_run_refresh, NULL},
};
static const catga_service reader = {"Reader", handlers, 2, sizeof(sample_listener), NULL};
static const catga_service other = {"Other", handlers, 2, sizeof(sample_listener), NULL};
static const catga_service group = {"Reader", handlers, 1, sizeof(sample_listener), NULL};

typedef struct fixture {
    fixture_base base;
    pthread_mutex_t lock;
    char log[8192];
} fixture;

/* ---- Replicas ---- */

static catga_status refresh(catga_context *context, sample_view view)
{
    atomic_uint *refreshed = catga_context_user(context);

    (void)view;
    atomic_fetch_add(refreshed, 1);
    return CATGA_OK;
}

static catga_status notify(catga_context *context, sample_view view)
{
    (void)context;
    (void)view;
    return CATGA_OK;
}

static const sample_listener functions = {notify, refresh};

static void keep_line(void *user, catga_log_level level, const char *text)
{
    fixture *s = user;

    (void)level;
    pthread_mutex_lock(&s->lock);
    size_t length = strlen(s->log);
    snprintf(s->log + length, sizeof s->log - length, "%s\n", text);
    pthread_mutex_unlock(&s->lock);
}

static bool is_logged(fixture *s, const char *text)
{
    pthread_mutex_lock(&s->lock);
    bool found = strstr(s->log, text) != NULL;
    pthread_mutex_unlock(&s->lock);
    return found;
}

static int set_stage(void **state)
{
    fixture *s = fixture_new(sizeof *s, "INSTANCES");

    pthread_mutex_init(&s->lock, NULL);
    *state = s;
    return 0;
}

static int clear_stage(void **state)
{
    fixture *s = *state;

    pthread_mutex_destroy(&s->lock);
    return fixture_clear(state);
}

static catga_bus *join(fixture *s, const char *instance)
{
    return fixture_join(&s->base,
                        (catga_options){.instance = instance, .log = keep_line, .log_user = s});
}

static catga_status serve(catga_bus *bus, const catga_service *service, atomic_uint *refreshed)
{
    return catga_serve(bus, service, &functions, refreshed);
}

static void publish(catga_bus *bus, unsigned count)
{
    for (uint32_t i = 0; i < count; i++) {
        const sample event = {CATGA_STR("shipped"), i};
        assert_int_equal(catga_publish(bus, &shipped, &event), CATGA_OK);
    }
}

/* ---- Cases ---- */

static void a_second_replica_of_the_same_name_is_refused(void **state)
{
    fixture *s = *state;
    atomic_uint first = 0, second = 0;
    catga_bus *a = join(s, "same");
    catga_bus *b = join(s, "same");

    assert_int_equal(serve(a, &reader, &first), CATGA_OK);
    assert_int_equal(serve(b, &reader, &second), CATGA_INVALID_ARGUMENT);
    assert_true(is_logged(s, "CATGA_INSTANCE"));
    assert_true(is_logged(s, "NODE_ID"));
    assert_true(is_logged(s, "instance=same"));
    publish(b, EVENTS);
    wait_until(atomic_load(&first) == EVENTS); /* all events */
    assert_int_equal(atomic_load(&second), 0);
}

static void its_name_is_free_when_a_replica_has_left(void **state)
{
    fixture *s = *state;
    atomic_uint refreshed = 0;
    catga_bus *a = join(s, "same");

    assert_int_equal(serve(a, &reader, &refreshed), CATGA_OK);
    fixture_leave(&s->base);
    assert_int_equal(serve(join(s, "same"), &reader, &refreshed), CATGA_OK);
}

static void services_without_a_shared_broadcast_may_have_one_name(void **state)
{
    fixture *s = *state;
    atomic_uint refreshed = 0;
    catga_bus *a = join(s, "same");
    catga_bus *b = join(s, "same");
    catga_bus *c = join(s, "another");

    assert_int_equal(serve(a, &reader, &refreshed), CATGA_OK);
    assert_int_equal(serve(b, &other, &refreshed), CATGA_OK); /* another service */
    assert_int_equal(serve(b, &group, &refreshed), CATGA_OK); /* not a broadcast */
    assert_int_equal(serve(c, &reader, &refreshed), CATGA_OK);
    publish(a, 1);
    wait_until(atomic_load(&refreshed) == 3);
}

/* Names are announced every three seconds, with events that the program has not published. */
static void announcements_are_not_counted(void **state)
{
    const struct timespec until_announced = {.tv_sec = 3, .tv_nsec = 500000000};
    fixture *s = *state;
    atomic_uint refreshed = 0;
    catga_bus *bus = join(s, "same");

    assert_int_equal(serve(bus, &reader, &refreshed), CATGA_OK);
    nanosleep(&until_announced, NULL);
    assert_int_equal(catga_count(bus).published, 0);
}

typedef struct starter {
    catga_bus *bus;
    atomic_uint refreshed;
    catga_status status;
    pthread_t thread;
} starter;

static void *start(void *argument)
{
    starter *of = argument;

    of->status = serve(of->bus, &reader, &of->refreshed);
    return NULL;
}

static void of_replicas_that_start_at_once_one_serves(void **state)
{
    fixture *s = *state;
    starter starters[AT_ONCE] = {0};
    unsigned serving = 0;

    for (unsigned i = 0; i < AT_ONCE; i++)
        starters[i].bus = join(s, "same");
    for (unsigned i = 0; i < AT_ONCE; i++)
        assert_int_equal(pthread_create(&starters[i].thread, NULL, start, &starters[i]), 0);
    for (unsigned i = 0; i < AT_ONCE; i++) {
        pthread_join(starters[i].thread, NULL);
        serving += starters[i].status == CATGA_OK;
        if (starters[i].status != CATGA_OK)
            assert_int_equal(starters[i].status, CATGA_INVALID_ARGUMENT);
    }
    assert_int_equal(serving, 1);
}

/* ---- Processes ---- */

static int serve_as_child(const char *prefix, int out)
{
    atomic_uint refreshed = 0;
    catga_bus *bus = open_bus(NULL, (catga_options){.instance = "same", .prefix = prefix});

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (serve(bus, &reader, &refreshed) != CATGA_OK || write(out, "s", 1) != 1)
        return 1;
    catga_status status = catga_run(bus);
    catga_close(bus);
    return status == CATGA_OK ? 0 : 1;
}

/* Starts a replica, and returns when it serves. */
static pid_t start_child(const fixture *s)
{
    int ends[2];
    char out[16], byte;

    assert_int_equal(pipe(ends), 0);
    snprintf(out, sizeof out, "%d", ends[1]);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        execl("/proc/self/exe", "instances", fixture_transport, "serve", s->base.prefix, out,
              (char *)NULL);
        _exit(127);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    return child;
}

static void end_child(pid_t child)
{
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void a_dead_replica_does_not_block_others(void **state)
{
    fixture *s = *state;
    atomic_uint refreshed = 0;

    if (s->base.broker != NULL)
        skip(); /* both replicas of the local server are in one process */
    end_child(start_child(s));
    int64_t began = catga_clock_now();
    assert_int_equal(serve(join(s, "same"), &reader, &refreshed), CATGA_OK);
    assert_true(catga_clock_now() - began < 5 * CATGA_SECOND);
}

/* A replica cannot answer for a while: it is suspended, or behind a network partition. */
static void a_name_that_is_shared_after_all_is_logged(void **state)
{
    fixture *s = *state;
    atomic_uint refreshed = 0;

    if (s->base.broker != NULL)
        skip(); /* both replicas of the local server are in one process */
    pid_t child = start_child(s);
    kill(child, SIGSTOP);
    assert_int_equal(serve(join(s, "same"), &reader, &refreshed), CATGA_OK);
    assert_false(is_logged(s, "CATGA_INSTANCE"));
    kill(child, SIGCONT);
    wait_until(is_logged(s, "instances: share the broadcasts of Reader"));
    assert_true(is_logged(s, "CATGA_INSTANCE or NODE_ID"));
    end_child(child);
}

int main(int argc, char **argv)
{
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_stage, clear_stage)
    const struct CMUnitTest cases[] = {
        CASE(a_second_replica_of_the_same_name_is_refused),
        CASE(its_name_is_free_when_a_replica_has_left),
        CASE(services_without_a_shared_broadcast_may_have_one_name),
        CASE(announcements_are_not_counted),
        CASE(of_replicas_that_start_at_once_one_serves),
        CASE(a_dead_replica_does_not_block_others),
        CASE(a_name_that_is_shared_after_all_is_logged),
    };
#undef CASE
    if (argc == 5 && strcmp(argv[2], "serve") == 0) {
        fixture_choose(2, argv);
        return serve_as_child(argv[3], atoi(argv[4]));
    }
    fixture_choose(argc, argv);
    return cmocka_run_group_tests(cases, NULL, NULL);
}
