/*
 * Programs that fetch, at a server of the test: the server restarts while they wait and while they
 * hold events, and processes are killed while they hold events. No event is lost.
 */
#include "bus_fixture.h"
#include "fetching.catga.h"
#include "nats_server.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

enum { ACK_WAIT_MS = 2000, TASKS = 120, PROCESSES = 3, ROUNDS = 6, SOON_S = 60 };

typedef struct fixture {
    nats_server server;
    catga_bus *bus;
    int done[2]; /* a pipe: the numbers of settled tasks */
    pid_t processes[PROCESSES];
    atomic_int status;
    catga_fetched task;
} fixture;

static catga_bus *join(const char *url)
{
    return open_bus(NULL, (catga_options){.servers = url,
                                          .ack_wait_ms = ACK_WAIT_MS,
                                          .drain_wait_ms = 2000,
                                          .log = log_nothing});
}

static int begin(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    static unsigned number;
    char config[256];

    const char *temp = getenv("CATGA_TEMP");
    snprintf(config, sizeof config, "jetstream { store_dir: \"%s/fetching-%d-%u\" }\n",
             temp == NULL ? "/tmp" : temp, (int)getpid(), number++);
    nats_server_init(&f->server, config);
    nats_server_start(&f->server);
    f->bus = join(f->server.url);
    assert_int_equal(pipe(f->done), 0);
    *state = f;
    return 0;
}

static int end(void **state)
{
    fixture *f = *state;

    for (int i = 0; i < PROCESSES; i++)
        if (f->processes[i] > 0) {
            kill(f->processes[i], SIGKILL);
            waitpid(f->processes[i], NULL, 0);
        }
    catga_close(f->bus);
    nats_server_clear(&f->server);
    close(f->done[0]);
    close(f->done[1]);
    free(f);
    return 0;
}

static void restart(fixture *f)
{
    nats_server_signal(&f->server, SIGKILL);
    pause_ms(200);
    nats_server_start(&f->server);
}

static void publish(catga_bus *bus, unsigned number)
{
    const test_fetching_task task = {.number = number};
    double last = seconds_now() + SOON_S;
    catga_status status = test_fetching_task_publish(bus, &task);

    while (status != CATGA_OK && seconds_now() < last)
        status = test_fetching_task_publish(bus, &task);
    assert_int_equal(status, CATGA_OK);
}

static unsigned number_of(const catga_fetched *task)
{
    return test_fetching_task_get_number(test_fetching_worker_take_view(task));
}

static bool is_empty(catga_bus *bus)
{
    catga_stream_state state;

    return catga_stream_get_state(bus, TEST_FETCHING_QUEUE_STREAM, &state) == CATGA_OK &&
           state.messages == 0;
}

static void assert_soon_empty(catga_bus *bus)
{
    double last = seconds_now() + SOON_S;

    while (!is_empty(bus) && seconds_now() < last)
        pause_ms(10);
    assert_true(is_empty(bus));
}

/* ---- The server is suspended ---- */

static void *begin_another(void *argument)
{
    fixture *f = argument;
    catga_fetched none;
    size_t count;

    atomic_store(&f->status, (int)test_fetching_clerk_take_fetch(f->bus, &none, 1, 0, &count));
    return NULL;
}

/* The first fetch of another consumer waits for the server. */
static void a_fetch_does_not_wait_while_another_one_begins(void **state)
{
    fixture *f = *state;
    catga_fetched none;
    pthread_t thread;
    size_t count;

    assert_int_equal(test_fetching_worker_take_fetch(f->bus, &none, 1, 0, &count), CATGA_OK);
    nats_server_signal(&f->server, SIGSTOP);
    atomic_store(&f->status, -1);
    assert_int_equal(pthread_create(&thread, NULL, begin_another, f), 0);
    pause_ms(300);
    assert_int_equal(test_fetching_worker_take_fetch(f->bus, &none, 1, 100, &count), CATGA_OK);
    assert_int_equal(atomic_load(&f->status), -1);
    nats_server_signal(&f->server, SIGCONT);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&f->status), CATGA_OK);
}

/* ---- The server restarts ---- */

static void *fetch_long(void *argument)
{
    fixture *f = argument;
    size_t count;

    atomic_store(&f->status,
                 (int)test_fetching_worker_take_fetch(f->bus, &f->task, 1, SOON_S * 1000, &count));
    return NULL;
}

static void a_fetch_goes_on_after_a_restart(void **state)
{
    fixture *f = *state;
    catga_fetched none;
    pthread_t thread;
    size_t count;

    assert_int_equal(test_fetching_worker_take_fetch(f->bus, &none, 1, 0, &count), CATGA_OK);
    atomic_store(&f->status, -1);
    assert_int_equal(pthread_create(&thread, NULL, fetch_long, f), 0);
    pause_ms(300);
    restart(f);
    restart(f);
    assert_int_equal(atomic_load(&f->status), -1);
    double began = seconds_now();
    publish(f->bus, 5);
    pthread_join(thread, NULL);
    assert_true(seconds_now() - began < SOON_S);
    assert_int_equal(atomic_load(&f->status), CATGA_OK);
    assert_int_equal(number_of(&f->task), 5);
    assert_int_equal(catga_fetched_done(&f->task), CATGA_OK);
    assert_soon_empty(f->bus);
}

/* In-progress acks go on at the new connection. */
static void an_event_that_is_held_during_a_restart_is_not_redelivered(void **state)
{
    fixture *f = *state;
    catga_fetched held, again;
    size_t count;

    publish(f->bus, 1);
    assert_int_equal(test_fetching_worker_take_fetch(f->bus, &held, 1, SOON_S * 1000, &count),
                     CATGA_OK);
    assert_int_equal(count, 1);
    restart(f);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(test_fetching_worker_take_fetch(f->bus, &again, 1, ACK_WAIT_MS, &count),
                         CATGA_OK);
        assert_int_equal(count, 0);
    }
    assert_int_equal(catga_fetched_done(&held), CATGA_OK);
    assert_soon_empty(f->bus);
}

/* Another program deletes the stream: the runtime recreates it. */
static void an_event_of_a_deleted_stream_is_settled_without_effect(void **state)
{
    fixture *f = *state;
    catga_bus *other = join(f->server.url);
    catga_fetched held, next;
    size_t count = 0;
    double last = seconds_now() + SOON_S;

    publish(f->bus, 1);
    assert_int_equal(test_fetching_worker_take_fetch(f->bus, &held, 1, SOON_S * 1000, &count),
                     CATGA_OK);
    assert_int_equal(catga_stream_delete(other, TEST_FETCHING_QUEUE_STREAM), CATGA_OK);
    assert_int_equal(number_of(&held), 1);
    assert_int_equal(catga_fetched_done(&held), CATGA_OK);
    publish(f->bus, 2);
    for (count = 0; count == 0 && seconds_now() < last;)
        assert_int_equal(test_fetching_worker_take_fetch(f->bus, &next, 1, 1000, &count), CATGA_OK);
    assert_int_equal(count, 1);
    assert_int_equal(number_of(&next), 2);
    assert_int_equal(catga_fetched_done(&next), CATGA_OK);
    assert_soon_empty(f->bus);
    catga_close(other);
}

/* ---- Processes are killed ---- */

/* The program of a process of its own: fetches and settles until it is killed. Writes the number of
 * each task before it settles the task. */
static void work(const char *url, int done)
{
    catga_bus *bus = join(url);
    catga_fetched tasks[4];
    size_t count;

    while (test_fetching_worker_take_fetch(bus, tasks, 4, 500, &count) == CATGA_OK)
        for (size_t i = 0; i < count; i++) {
            unsigned number = number_of(&tasks[i]);
            pause_ms(20);
            if (write(done, &number, sizeof number) != sizeof number ||
                catga_fetched_done(&tasks[i]) != CATGA_OK)
                exit(1);
        }
    exit(1);
}

static void start(fixture *f, int i)
{
    char done[16];

    snprintf(done, sizeof done, "%d", f->done[1]);
    f->processes[i] = fork();
    if (f->processes[i] == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl("/proc/self/exe", "fetching_killed", f->server.url, done, (char *)NULL);
        _exit(1);
    }
    assert_true(f->processes[i] > 0);
}

static void kill_one(fixture *f, int i)
{
    kill(f->processes[i], SIGKILL);
    waitpid(f->processes[i], NULL, 0);
    start(f, i);
}

/* Reads the numbers of settled tasks until each was seen, or for some time. Returns how many were.
 */
static unsigned count_seen(const fixture *f, bool seen[TASKS])
{
    double last = seconds_now() + SOON_S;
    unsigned count = 0;
    unsigned number;

    while (count < TASKS && seconds_now() < last) {
        struct pollfd ready = {.fd = f->done[0], .events = POLLIN};
        if (poll(&ready, 1, 100) != 1)
            continue;
        assert_int_equal(read(f->done[0], &number, sizeof number), sizeof number);
        assert_true(number < TASKS);
        count += !seen[number];
        seen[number] = true;
    }
    return count;
}

/* A server that was killed may keep a settled event in its work queue, so the programs are asked.
 */
static void no_event_is_lost_when_processes_and_servers_are_killed(void **state)
{
    fixture *f = *state;
    bool seen[TASKS] = {false};

    for (unsigned i = 0; i < TASKS; i++)
        publish(f->bus, i);
    for (int i = 0; i < PROCESSES; i++)
        start(f, i);
    for (int i = 0; i < ROUNDS; i++) {
        pause_ms(200);
        kill_one(f, i % PROCESSES);
        if (i == ROUNDS / 2)
            restart(f);
    }
    assert_int_equal(count_seen(f, seen), TASKS);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(int argc, char **argv)
{
    if (argc == 3)
        work(argv[1], (int)strtol(argv[2], NULL, 10));
    const struct CMUnitTest tests[] = {
        CASE(a_fetch_does_not_wait_while_another_one_begins),
        CASE(a_fetch_goes_on_after_a_restart),
        CASE(an_event_that_is_held_during_a_restart_is_not_redelivered),
        CASE(an_event_of_a_deleted_stream_is_settled_without_effect),
        CASE(no_event_is_lost_when_processes_and_servers_are_killed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
