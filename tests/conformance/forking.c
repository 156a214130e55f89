/*
 * A process with a bus forks, or was started with closed standard streams:
 * forking local | nats (at $NATS_URL).
 *
 *     forking local | nats    the test
 *     forking hold PREFIX     serves, starts a child that lives longer, and waits to be killed
 *     forking mute PREFIX     closes its standard streams, serves, logs, and checks its descriptors
 */
#include "fixture.h"
#include "kept.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { FORKS = 20, LAST = 256, PATIENCE_S = 20 };

static const catga_delivery delivery = {.stream = &kept_stream};
static const catga_message kept = KEPT(&delivery, .timeout_ms = 3000);
static const sample hello = {{"hello", 5}, 7};
static const char *program;

typedef struct fixture {
    fixture_base base;
    catga_bus *bus;
    pthread_t caller;
    atomic_bool stops;
    atomic_uint calls;
} fixture;

static catga_status call(catga_bus *bus, const catga_message *message)
{
    catga_reply reply;
    catga_status status = catga_call(bus, message, &hello, &reply);

    catga_received_free(reply.received);
    return status;
}

static catga_status reply_echo(catga_context *context, sample_view view)
{
    const sample answer = {sample_get_text(view), sample_get_number(view)};

    return catga_answer(context, &sample_echo_message, &answer);
}

static catga_status reply_ask(catga_context *context, sample_view view)
{
    const sample answer = {sample_get_text(view), sample_get_number(view)};

    return catga_answer(context, &sample_ask_message, &answer);
}

static const sample_answerer answerer = {reply_echo, reply_ask};

/* Keeps the locks and threads of the bus busy while the process forks. */
static void *call_often(void *argument)
{
    fixture *s = argument;

    while (!atomic_load(&s->stops)) {
        (void)call(s->bus, &sample_echo_message);
        (void)catga_publish(s->bus, &sample_noted_message, &hello);
        (void)catga_count(s->bus);
        atomic_fetch_add(&s->calls, 1);
    }
    return NULL;
}

static int open_stage(void **state)
{
    fixture *s = fixture_new(sizeof *s, "forking");

    s->bus = fixture_join(&s->base, (catga_options){.drain_wait_ms = 5000});
    assert_int_equal(catga_serve(s->bus, &sample_answerer_service, &answerer, s), CATGA_OK);
    assert_int_equal(catga_publish(s->bus, &kept, &hello), CATGA_OK);
    *state = s;
    return 0;
}

/* Runs `work` in a forked child, which must exit with 0. */
static void run_child(fixture *s, int (*work)(fixture *s))
{
    int status = -1;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        alarm(PATIENCE_S); /* ends a child that hangs */
        _exit(work(s));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- The child ---- */

static void never(catga_status status, sample_view reply, const catga_error *error, void *user)
{
    (void)status;
    (void)reply;
    (void)error;
    (void)user;
    abort();
}

static void never_stored(catga_status status, const catga_error *error, void *user)
{
    never(status, (sample_view){NULL}, error, user);
}

/* Returns the number of the first function that does not refuse, or 0. */
static int use_bus(fixture *s)
{
    catga_bus *bus = s->bus;
    const catga_status all[] = {
        CATGA_CLOSED,
        call(bus, &sample_echo_message),
        catga_publish(bus, &sample_noted_message, &hello),
        catga_publish(bus, &kept, &hello),
        catga_publish_async(bus, &kept, &hello, never_stored, NULL),
        catga_send(bus, &sample_ask_message, &hello, sample_deliver, (catga_function)never, NULL),
        catga_flush(bus, 1000),
        catga_drain(bus),
        catga_run(bus),
        catga_wait(bus),
        catga_serve(bus, &sample_answerer_service, &answerer, NULL),
        catga_dead_letters(bus, "SAMPLE_V1", 1, NULL, NULL),
        catga_dead_letter_replay(bus, "SAMPLE_V1", 1, 100, NULL),
        catga_dead_letter_remove(bus, "SAMPLE_V1", 1),
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] != CATGA_CLOSED)
            return (int)i;
    (void)catga_count(bus);
    if (catga_connected(bus) || catga_instance(bus)[0] == '\0')
        return 100;
    catga_stop(bus);
    catga_close(bus);
    catga_close(bus);
    catga_local_close(s->base.broker);
    return 0;
}

static void a_child_cannot_use_the_bus_of_its_parent(void **state)
{
    fixture *s = *state;

    assert_int_equal(pthread_create(&s->caller, NULL, call_often, s), 0);
    for (int i = 0; i < FORKS; i++)
        run_child(s, use_bus);
    atomic_store(&s->stops, true);
    pthread_join(s->caller, NULL);
    assert_int_equal(call(s->bus, &sample_ask_message), CATGA_OK);
}

static int open_again(fixture *s)
{
    catga_options options = {.prefix = s->base.prefix,
                             .local = s->base.broker,
                             .log = log_nothing,
                             .connect_wait_ms = 2000};
    catga_bus *bus;

    if (catga_open(&bus, &options) != CATGA_CLOSED || bus != NULL)
        return 1;
    if (s->base.broker == NULL)
        return 0;
    /* A server that the child opens has its own thread. */
    if (catga_local_open(&options.local) != CATGA_OK || catga_open(&bus, &options) != CATGA_OK ||
        catga_serve(bus, &sample_answerer_service, &answerer, s) != CATGA_OK)
        return 2;
    if (call(bus, &sample_echo_message) != CATGA_OK || catga_drain(bus) != CATGA_OK)
        return 3;
    catga_close(bus);
    catga_local_close(options.local);
    return 0;
}

static void a_child_opens_its_own_bus_or_gets_the_reason(void **state)
{
    fixture *s = *state;

    run_child(s, open_again);
    assert_int_equal(call(s->bus, &sample_ask_message), CATGA_OK);
}

static catga_status fork_in_handler(catga_context *context, sample_view view)
{
    const sample answer = {sample_get_text(view), sample_get_number(view)};
    pid_t child = fork();
    int status = -1;

    if (child == 0) {
        alarm(PATIENCE_S);
        _exit(catga_answer(context, &sample_echo_message, &answer) == CATGA_CLOSED ? 0 : 1);
    }
    if (waitpid(child, &status, 0) != child || status != 0)
        return CATGA_TRANSPORT_FAILED;
    return catga_answer(context, &sample_echo_message, &answer);
}

static void a_handler_may_fork(void **state)
{
    static const sample_answerer forker = {fork_in_handler, reply_ask};
    fixture *s = *state;
    char prefix[sizeof s->base.prefix + 8];
    catga_bus *bus;

    snprintf(prefix, sizeof prefix, "%s-own", s->base.prefix);
    bus = open_bus(s->base.broker, (catga_options){.prefix = prefix});
    assert_int_equal(catga_serve(bus, &sample_answerer_service, &forker, s), CATGA_OK);
    assert_int_equal(call(bus, &sample_echo_message), CATGA_OK);
    catga_close(bus);
}

/* ---- Descriptors ---- */

static void list_descriptors(bool open[LAST])
{
    memset(open, 0, LAST * sizeof open[0]);
    for (int i = 0; i < LAST; i++)
        open[i] = fcntl(i, F_GETFD) >= 0;
}

static void *run_bus(void *argument)
{
    fixture *s = argument;

    (void)!catga_run(s->bus);
    return NULL;
}

/* Checks the descriptors of the bus: those that did not exist in `before`. */
static void no_descriptor_survives_exec(void **state)
{
    fixture *s = *state;
    bool before[LAST];
    bool after[LAST];
    pthread_t runner;

    fixture_leave(&s->base);
    list_descriptors(before);
    s->bus = fixture_join(&s->base, (catga_options){0});
    assert_int_equal(catga_serve(s->bus, &sample_answerer_service, &answerer, s), CATGA_OK);
    assert_int_equal(catga_publish(s->bus, &sample_noted_message, &hello), CATGA_OK);
    assert_int_equal(pthread_create(&runner, NULL, run_bus, s), 0);
    nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL); /* time to enter catga_run */
    list_descriptors(after);
    for (int i = 0; i < LAST; i++)
        if (after[i] && !before[i])
            assert_true(fcntl(i, F_GETFD) & FD_CLOEXEC);
    catga_stop(s->bus);
    pthread_join(runner, NULL);
}

/* ---- Processes at a nats-server ---- */

static pid_t start(const char *role, const char *prefix, int *out)
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t process = fork();
    if (process == 0) {
        char text[16];
        int kept_end = fcntl(ends[1], F_DUPFD, 10);
        snprintf(text, sizeof text, "%d", kept_end);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execl(program, program, role, prefix, text, (char *)NULL);
        _exit(101);
    }
    close(ends[1]);
    *out = ends[0];
    return process;
}

/* Sends the test a number, of one byte. */
static void tell(int out, int number)
{
    const uint8_t byte = (uint8_t)number;

    (void)!write(out, &byte, 1);
}

static int hear(int in)
{
    uint8_t byte = 255;

    (void)!read(in, &byte, 1);
    return byte;
}

static catga_bus *serve_as(const char *prefix)
{
    const catga_options options = {.prefix = prefix};
    catga_bus *bus;

    if (catga_open(&bus, &options) != CATGA_OK ||
        catga_serve(bus, &sample_answerer_service, &answerer, NULL) != CATGA_OK ||
        catga_publish(bus, &sample_noted_message, &hello) != CATGA_OK)
        _exit(102);
    return bus;
}

/* Sends the child's id. */
static int hold(const char *prefix, int out)
{
    (void)serve_as(prefix);
    fcntl(out, F_SETFD, FD_CLOEXEC);
    pid_t child = fork();
    if (child == 0) {
        execlp("sleep", "sleep", "60", (char *)NULL);
        _exit(103);
    }
    (void)!write(out, &child, sizeof child);
    for (;;)
        pause();
}

static void a_child_does_not_keep_the_connection_of_a_killed_parent(void **state)
{
    fixture *s = *state;
    int in;
    pid_t child = 0;

    if (s->base.broker != NULL)
        skip();
    snprintf(s->base.prefix + strlen(s->base.prefix), 8, "-held");
    s->bus = fixture_join(&s->base, (catga_options){0});
    pid_t parent = start("hold", s->base.prefix, &in);
    assert_int_equal(read(in, &child, sizeof child), (ssize_t)sizeof child);
    assert_int_equal(call(s->bus, &sample_echo_message), CATGA_OK);
    kill(parent, SIGKILL);
    waitpid(parent, NULL, 0);
    /* A call may reach the server before it notices the end of one connection, but not of three. */
    catga_status status = CATGA_TIMEOUT;
    for (int tries = 0; tries < 3 && status == CATGA_TIMEOUT; tries++)
        status = call(s->bus, &sample_ask_message);
    assert_int_equal(status, CATGA_NO_RESPONDERS);
    assert_int_equal(kill(child, SIGKILL), 0); /* the child still existed */
    close(in);
}

static bool is_socket(int descriptor)
{
    struct stat facts;

    return fstat(descriptor, &facts) == 0 && S_ISSOCK(facts.st_mode);
}

/* Logs, sends the number of standard streams that are sockets, and serves until SIGTERM. */
static int mute(const char *prefix, int out)
{
    for (int i = 0; i <= STDERR_FILENO; i++)
        close(i);
    catga_bus *bus = serve_as(prefix);
    catga_bus *refused;
    int sockets = 0;
    for (int i = 0; i <= STDERR_FILENO; i++)
        sockets += is_socket(i);
    if (catga_open(&refused, &(catga_options){.workers = 100000}) != CATGA_INVALID_ARGUMENT)
        return 104;
    tell(out, sockets);
    (void)!catga_run(bus);
    catga_close(bus);
    return 0;
}

static void a_process_without_standard_streams_serves(void **state)
{
    fixture *s = *state;
    int in;
    int status = -1;

    if (s->base.broker != NULL)
        skip();
    snprintf(s->base.prefix + strlen(s->base.prefix), 8, "-mute");
    s->bus = fixture_join(&s->base, (catga_options){0});
    pid_t process = start("mute", s->base.prefix, &in);
    assert_int_equal(hear(in), 0);
    for (int i = 0; i < 10; i++)
        assert_int_equal(call(s->bus, &sample_echo_message), CATGA_OK);
    kill(process, SIGTERM);
    assert_int_equal(waitpid(process, &status, 0), process);
    assert_int_equal(status, 0);
    close(in);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_stage, fixture_clear)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(a_child_cannot_use_the_bus_of_its_parent),
        CASE(a_child_opens_its_own_bus_or_gets_the_reason),
        CASE(a_handler_may_fork),
        CASE(no_descriptor_survives_exec),
        CASE(a_child_does_not_keep_the_connection_of_a_killed_parent),
        CASE(a_process_without_standard_streams_serves),
    };

    program = argv[0];
    if (argc == 4 && strcmp(argv[1], "hold") == 0)
        return hold(argv[2], atoi(argv[3]));
    if (argc == 4 && strcmp(argv[1], "mute") == 0)
        return mute(argv[2], atoi(argv[3]));
    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
