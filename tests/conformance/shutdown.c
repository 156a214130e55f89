/*
 * A rolling update, with real processes at a nats-server ($NATS_URL): replicas get SIGTERM, one
 * after the other, while events and commands arrive. No message is lost, fails, or runs twice.
 *
 *     shutdown                             the test
 *     shutdown worker PREFIX NAME OUT      a replica, which writes the numbers of its handled
 *                                          messages to descriptor OUT
 */
#include "bus_fixture.h"
#include "kept.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 6, MOST = 100000, STUCK = 999999 };

static const catga_delivery delivery = {.stream = &kept_stream, .dead_letter = true};
static const catga_message kept = KEPT(&delivery, .timeout_ms = 5000, .retries = 3);
static const catga_handler handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service reader = {"Reader", handlers, 1, sizeof(sample_listener), NULL};

/* ---- A replica ---- */

static void note(catga_context *context, uint32_t number)
{
    const int *out = catga_context_user(context);

    (void)!write(*out, &number, sizeof number); /* short enough to be whole */
}

/* The replica with this name blocks in one event for ever. */
#define STUCK_REPLICA "first"

static catga_status handle_event(catga_context *context, sample_view view)
{
    bool sticks = strcmp(catga_instance(catga_context_bus(context)), STUCK_REPLICA) == 0;

    note(context, sample_get_number(view));
    while (sample_get_number(view) == STUCK && sticks)
        pause();
    return CATGA_OK;
}

static catga_status handle_command(catga_context *context, sample_view view)
{
    sample answer = {sample_get_text(view), sample_get_number(view)};

    nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    return catga_answer(context, &sample_echo_message, &answer);
}

static int work(const char *prefix, const char *name, int out)
{
    static const sample_listener listener = {handle_event, handle_event};
    static const sample_answerer answerer = {handle_command, handle_command};
    const catga_options options = {
        .prefix = prefix, .instance = name, .drain_wait_ms = 30000, .log = log_nothing};
    catga_bus *bus;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (catga_open(&bus, &options) != CATGA_OK ||
        catga_serve(bus, &reader, &listener, &out) != CATGA_OK ||
        catga_serve(bus, &sample_answerer_service, &answerer, &out) != CATGA_OK)
        return 100;
    uint32_t ready = MOST;
    (void)!write(out, &ready, sizeof ready);
    catga_status status = catga_run(bus);
    catga_close(bus);
    return (int)status;
}

/* ---- Replicas as seen by the test ---- */

static const char ack_wait_ms[] = "1000";
static const char *program;
static char prefix[64];

typedef struct replica {
    pid_t process;
    int in;
} replica;

static replica start(const char *name)
{
    int ends[2];
    char out[16];

    assert_int_equal(pipe(ends), 0);
    pid_t process = fork();
    if (process == 0) {
        close(ends[0]);
        snprintf(out, sizeof out, "%d", ends[1]);
        execl(program, program, "worker", prefix, name, out, (char *)NULL);
        _exit(101);
    }
    close(ends[1]);
    assert_int_equal(fcntl(ends[0], F_SETFD, FD_CLOEXEC), 0);
    return (replica){process, ends[0]};
}

/* Reads the next number that the replica has handled; returns false when the replica has ended. */
static bool next(const replica *r, uint32_t *number)
{
    return read(r->in, number, sizeof *number) == (ssize_t)sizeof *number;
}

/* Starts a replica, and waits until it serves. Messages that it handles before count. */
static replica start_ready(const char *name, unsigned *handled)
{
    replica r = start(name);
    uint32_t number = 0;

    for (;;) {
        assert_true(next(&r, &number));
        if (number == MOST)
            return r;
        handled[number]++;
    }
}

static int exit_status(const replica *r)
{
    int status;

    assert_int_equal(waitpid(r->process, &status, 0), r->process);
    assert_true(WIFEXITED(status));
    close(r->in);
    return WEXITSTATUS(status);
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static catga_bus *open_client(void)
{
    snprintf(prefix, sizeof prefix, "shutdown-%d-%u", (int)getpid(), (unsigned)random());
    return open_bus(NULL, (catga_options){.prefix = prefix, .instance = "client"});
}

/* ---- A rolling update ---- */

typedef struct load {
    catga_bus *bus;
    atomic_bool ends;
    uint32_t published;
    unsigned calls_failed;
} load;

static void *keep_coming(void *argument)
{
    load *l = argument;

    while (!atomic_load(&l->ends) && l->published < MOST) {
        const sample event = {CATGA_STR("kept"), l->published};
        catga_reply reply;
        if (catga_publish(l->bus, &kept, &event) == CATGA_OK)
            l->published++;
        catga_status status = catga_call(l->bus, &sample_echo_message, &event, &reply);
        l->calls_failed += status != CATGA_OK;
        catga_received_free(reply.received);
    }
    return NULL;
}

/* Counts the remaining messages of a stopping replica, and checks its exit status. */
static int count_until_end(const replica *r, unsigned *handled)
{
    uint32_t number;

    while (next(r, &number))
        if (number < MOST)
            handled[number]++;
    return exit_status(r);
}

static void a_rolling_update_loses_nothing(void **state)
{
    static unsigned handled[MOST];
    load l = {.bus = open_client()};
    pthread_t thread;
    replica two[2];

    (void)state;
    two[0] = start_ready("r0", handled);
    two[1] = start_ready("r1", handled);
    assert_int_equal(pthread_create(&thread, NULL, keep_coming, &l), 0);
    for (int i = 0; i < ROUNDS; i++) {
        replica *old = &two[i % 2];
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
        kill(old->process, SIGTERM);
        assert_int_equal(count_until_end(old, handled), CATGA_OK);
        *old = start_ready(i % 2 == 0 ? "r0" : "r1", handled);
    }
    atomic_store(&l.ends, true);
    pthread_join(thread, NULL);
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    for (int i = 0; i < 2; i++) {
        kill(two[i].process, SIGTERM);
        assert_int_equal(count_until_end(&two[i], handled), CATGA_OK);
    }
    assert_int_equal(l.calls_failed, 0);
    assert_in_range(l.published, 20, MOST - 1);
    for (uint32_t i = 0; i < l.published; i++)
        if (handled[i] != 1)
            fail_msg("event %u of %u was handled %u times", i, l.published, handled[i]);
    catga_close(l.bus);
}

/* ---- A stopped replica ---- */

static void note_stored(catga_status status, const catga_error *error, void *user)
{
    atomic_uint *stored = user;

    (void)error;
    atomic_fetch_add(stored, status == CATGA_OK);
}

static void publish(catga_bus *bus, uint32_t first, uint32_t count)
{
    atomic_uint stored = 0;

    for (uint32_t i = first; i < first + count; i++) {
        const sample event = {CATGA_STR("kept"), i};
        assert_int_equal(catga_publish_async(bus, &kept, &event, note_stored, &stored), CATGA_OK);
    }
    while (atomic_load(&stored) < count)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* Waits until the two replicas have handled `count` events. */
static void wait_for(const replica *two, unsigned count)
{
    struct pollfd ends[2] = {{two[0].in, POLLIN, 0}, {two[1].in, POLLIN, 0}};
    uint32_t number;

    while (count > 0 && poll(ends, 2, 20000) > 0)
        for (int i = 0; i < 2; i++)
            count -= (ends[i].revents & POLLIN) != 0 && next(&two[i], &number);
    assert_int_equal(count, 0);
}

/*
 * Stops one of two replicas that have handled `before` events. The other must handle 95 of 100
 * before ack_wait expires for the events that the stopped replica holds.
 */
static void stop_one_of_two(unsigned before)
{
    static unsigned handled[MOST];
    catga_bus *bus = open_client();
    uint32_t number;

    setenv("CATGA_ACK_WAIT_MS", "30000", 1);
    const replica two[2] = {start_ready("running", handled), start_ready("stopped", handled)};
    setenv("CATGA_ACK_WAIT_MS", ack_wait_ms, 1);
    publish(bus, 0, before);
    wait_for(two, before);
    nanosleep(&(struct timespec){.tv_nsec = 400000000},
              NULL);         /* as long as a pause between bursts */
    double end = now() + 20; /* on a busy machine; alone it takes a tenth of a second */
    kill(two[1].process, SIGSTOP);
    publish(bus, before, 100);
    for (unsigned count = 0; count < 95; count++) {
        assert_true(next(&two[0], &number));
        assert_true(now() < end);
    }
    kill(two[1].process, SIGCONT);
    for (int i = 0; i < 2; i++) {
        kill(two[i].process, SIGTERM);
        (void)count_until_end(&two[i], handled);
    }
    catga_close(bus);
}

/* Its pull request may still bring a few events. */
static void a_stopped_replica_gets_few_events(void **state)
{
    (void)state;
    stop_one_of_two(0);
}

/* Both replicas have requested events, and the other got some of them. */
static void a_replica_that_is_stopped_after_a_burst_gets_few_events(void **state)
{
    (void)state;
    stop_one_of_two(2000);
}

/* ---- Shutdown that takes too long ---- */

static void a_second_signal_ends_it_and_loses_nothing(void **state)
{
    const sample event = {CATGA_STR("kept"), STUCK};
    catga_bus *bus = open_client();
    uint32_t number = 0;

    (void)state;
    replica first = start_ready(STUCK_REPLICA, NULL);
    assert_int_equal(catga_publish(bus, &kept, &event), CATGA_OK);
    assert_true(next(&first, &number));
    assert_int_equal(number, STUCK);
    kill(first.process, SIGTERM);
    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    double begin = now();
    kill(first.process, SIGTERM);
    assert_int_equal(exit_status(&first), CATGA_TIMEOUT);
    assert_true(now() - begin < 1);
    replica second = start("second");
    do
        assert_true(next(&second, &number));
    while (number == MOST);
    assert_int_equal(number, STUCK); /* the event that the first replica had begun */
    kill(second.process, SIGTERM);
    assert_int_equal(exit_status(&second), CATGA_OK);
    catga_close(bus);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rolling_update_loses_nothing),
        cmocka_unit_test(a_stopped_replica_gets_few_events),
        cmocka_unit_test(a_replica_that_is_stopped_after_a_burst_gets_few_events),
        cmocka_unit_test(a_second_signal_ends_it_and_loses_nothing),
    };

    if (argc == 5)
        return work(argv[2], argv[3], atoi(argv[4]));
    program = argv[0];
    setenv("CATGA_ACK_WAIT_MS", ack_wait_ms, 1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
