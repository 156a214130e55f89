/*
 * Events that programs fetch: fetching local | nats (at $NATS_URL, with JetStream) | redis, which
 * refuses them.
 */
#include "fetching.catga.h"
#include "fixture.h"
#include "nats_server.h"
#include "streams/fetcher.h"
#include "streams/settling.h"

#include <catga/metrics.h>
#include <catga/trace.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>

enum { TASKS = 60, HELD = 5, THREADS = 4, BRIEF_MS = 2000, SOON_MS = 30000 };

typedef struct fixture {
    fixture_base base;
    unsigned letters; /* visited dead letters */
    uint64_t letter;  /* number of the last */
    char cause[256];
    char handler[64];
    char log[1024]; /* errors */
    atomic_uint seen[TASKS];
    atomic_uint total;
    atomic_int status;
    int64_t span_ns; /* duration of a reported span */
    char metrics[65536];
    size_t metrics_length;
} fixture;

static int open_stage(void **state)
{
    *state = fixture_new(sizeof(fixture), "fetching");
    return 0;
}

static int close_stage(void **state)
{
    fixture *f = *state;

    if (f->base.bus_count > 0) { /* subjects without a prefix are those of the next case too */
        catga_ignore(catga_stream_delete(f->base.buses[0], TEST_FETCHING_QUEUE_STREAM));
        catga_ignore(catga_stream_delete(f->base.buses[0], TEST_FETCHING_JOB_STREAM));
    }
    return fixture_clear(state);
}

static void keep_log(void *user, catga_log_level level, const char *text)
{
    fixture *f = user;
    size_t length = strlen(f->log);

    if (level == CATGA_LOG_ERROR)
        snprintf(f->log + length, sizeof f->log - length, "%s\n", text);
}

static catga_bus *join_for(fixture *f, int ack_wait_ms)
{
    return fixture_join(&f->base, (catga_options){.ack_wait_ms = ack_wait_ms,
                                                  .drain_wait_ms = 1000,
                                                  .log = keep_log,
                                                  .log_user = f});
}

/* Unsettled events do not come back while a case waits for an event. */
static catga_bus *join(fixture *f)
{
    return join_for(f, 2 * SOON_MS);
}

/* Unsettled events come back soon. */
static catga_bus *join_briefly(fixture *f)
{
    return join_for(f, BRIEF_MS);
}

static void publish(catga_bus *bus, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        assert_int_equal(test_fetching_task_publish(bus, &(test_fetching_task){.number = i}),
                         CATGA_OK);
}

static size_t fetch(catga_bus *bus, catga_fetched *tasks, size_t n, int wait_ms)
{
    size_t count;

    assert_int_equal(test_fetching_worker_take_fetch(bus, tasks, n, wait_ms, &count), CATGA_OK);
    assert_true(count <= n);
    return count;
}

/* Fetches exactly `n` events, in some fetches. */
static void fetch_all(catga_bus *bus, catga_fetched *tasks, size_t n)
{
    size_t count = 0;
    double end = seconds_now() + SOON_MS / 1e3;

    while (count < n && seconds_now() < end)
        count += fetch(bus, tasks + count, n - count, 500);
    assert_int_equal(count, n);
}

static unsigned number_of(const catga_fetched *task)
{
    return test_fetching_task_get_number(test_fetching_worker_take_view(task));
}

static void settle_all(catga_fetched *tasks, size_t count)
{
    for (size_t i = 0; i < count; i++)
        assert_int_equal(catga_fetched_done(&tasks[i]), CATGA_OK);
}

static uint64_t messages_of(catga_bus *bus)
{
    catga_stream_state state;

    assert_int_equal(catga_stream_get_state(bus, TEST_FETCHING_QUEUE_STREAM, &state), CATGA_OK);
    return state.messages;
}

/* The server settles without an answer, so that takes a moment. */
static void assert_empty(catga_bus *bus)
{
    wait_until(messages_of(bus) == 0);
}

static bool keep_cause(const catga_dead_letter *letter, void *user)
{
    fixture *f = user;

    snprintf(f->cause, sizeof f->cause, "%.*s", CATGA_PRINT(letter->cause));
    snprintf(f->handler, sizeof f->handler, "%.*s", CATGA_PRINT(letter->handler));
    f->letter = letter->number;
    f->letters++;
    return true;
}

static unsigned count_letters(fixture *f, catga_bus *bus)
{
    f->letters = 0;
    assert_int_equal(catga_dead_letters(bus, TEST_FETCHING_QUEUE_STREAM, 1, keep_cause, f),
                     CATGA_OK);
    return f->letters;
}

/* ---- Fetching ---- */

static void two_programs_share_the_work(void **state)
{
    fixture *f = *state;
    catga_bus *buses[] = {join(f), join(f)};
    unsigned seen[TASKS] = {0};
    unsigned by[2] = {0};
    catga_fetched tasks[3];

    publish(buses[0], 0, TASKS);
    while (by[0] + by[1] < TASKS) {
        for (int i = 0; i < 2; i++) {
            size_t count = fetch(buses[i], tasks, 3, 200);
            for (size_t j = 0; j < count; j++)
                seen[number_of(&tasks[j])]++;
            settle_all(tasks, count);
            by[i] += (unsigned)count;
        }
    }
    assert_true(by[0] >= TASKS / 4 && by[1] >= TASKS / 4);
    for (unsigned i = 0; i < TASKS; i++)
        assert_int_equal(seen[i], 1);
    assert_empty(buses[0]);
}

typedef struct fetching_thread {
    fixture *f;
    catga_bus *bus;
    size_t n;
} fetching_thread;

static void *fetch_until_done(void *argument)
{
    const fetching_thread *t = argument;
    catga_fetched tasks[THREADS];
    size_t count = 0;

    while (atomic_load(&t->f->total) < TASKS) {
        int wait_ms = t->n == 1 ? 20 : 200;
        if (test_fetching_worker_take_fetch(t->bus, tasks, t->n, wait_ms, &count) != CATGA_OK)
            return NULL;
        for (size_t i = 0; i < count; i++) {
            atomic_fetch_add(&t->f->seen[number_of(&tasks[i])], 1);
            if (catga_fetched_done(&tasks[i]) == CATGA_OK)
                atomic_fetch_add(&t->f->total, 1);
        }
    }
    return NULL;
}

/* Each fetches another number of events, and waits for another time. */
static void threads_of_a_program_share_the_work(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    pthread_t threads[THREADS];
    fetching_thread arguments[THREADS];

    for (size_t i = 0; i < THREADS; i++) {
        arguments[i] = (fetching_thread){f, bus, i + 1};
        assert_int_equal(pthread_create(&threads[i], NULL, fetch_until_done, &arguments[i]), 0);
    }
    publish(bus, 0, TASKS);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    for (size_t i = 0; i < TASKS; i++)
        assert_int_equal(atomic_load(&f->seen[i]), 1);
    assert_empty(bus);
}

/* A program that fetches nothing keeps no event from another. */
static void a_program_that_does_not_fetch_holds_nothing(void **state)
{
    fixture *f = *state;
    catga_bus *idle = join(f);
    catga_bus *busy = join(f);
    catga_fetched tasks[HELD];

    assert_int_equal(fetch(idle, tasks, 1, 0), 0);
    publish(busy, 0, HELD);
    fetch_all(busy, tasks, HELD);
    settle_all(tasks, HELD);
    assert_empty(busy);
}

static void wrong_arguments_are_refused(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_fetched tasks[2];
    size_t count = 7;

    assert_int_equal(test_fetching_worker_take_fetch(bus, tasks, 0, 10, &count),
                     CATGA_INVALID_ARGUMENT);
    assert_int_equal(count, 0);
    assert_int_equal(test_fetching_worker_take_fetch(bus, tasks, 1, -1, &count),
                     CATGA_INVALID_ARGUMENT);
}

static void a_fetch_waits_until_its_time_is_over(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_fetched tasks[10];

    assert_int_equal(fetch(bus, tasks, 2, 0), 0);
    double begin = seconds_now();
    assert_int_equal(fetch(bus, tasks, 2, 300), 0);
    assert_true(seconds_now() - begin > 0.25);
    publish(bus, 0, 3);
    begin = seconds_now();
    assert_int_equal(fetch(bus, tasks, 10, 2000), 3);
    assert_true(seconds_now() - begin > 1.9);
    settle_all(tasks, 3);
    assert_empty(bus);
}

static void *publish_soon(void *argument)
{
    pause_ms(300);
    assert_int_equal(test_fetching_task_publish(argument, &(test_fetching_task){.number = 9}),
                     CATGA_OK);
    return NULL;
}

static void a_fetch_returns_as_soon_as_its_events_have_come(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_fetched task;
    pthread_t thread;

    assert_int_equal(fetch(bus, &task, 1, 0), 0);
    assert_int_equal(pthread_create(&thread, NULL, publish_soon, bus), 0);
    double begin = seconds_now();
    assert_int_equal(fetch(bus, &task, 1, 10 * SOON_MS), 1);
    assert_true(seconds_now() - begin < SOON_MS / 1e3);
    pthread_join(thread, NULL);
    assert_int_equal(number_of(&task), 9);
    settle_all(&task, 1);
    assert_empty(bus);
}

static void a_fetch_without_a_wait_returns_what_is_there(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_fetched tasks[4];
    size_t count = 0;

    publish(bus, 0, 2);
    for (int tries = 0; count < 2 && tries < 50; tries++)
        count += fetch(bus, tasks + count, 4 - count, 0);
    assert_int_equal(count, 2);
    settle_all(tasks, 2);
    assert_empty(bus);
}

/* A thread that fetches one event. */
typedef struct waiting_fetch {
    catga_bus *bus;
    pthread_t thread;
    catga_fetched task;
    size_t count;
} waiting_fetch;

static void *fetch_one(void *argument)
{
    waiting_fetch *waiting = argument;

    waiting->count = fetch(waiting->bus, &waiting->task, 1, SOON_MS);
    return NULL;
}

static void begin_waiting(waiting_fetch *waiting)
{
    assert_int_equal(pthread_create(&waiting->thread, NULL, fetch_one, waiting), 0);
}

static uint32_t deliveries_of(const catga_fetched *task)
{
    return task->held->delivered.event->deliveries;
}

/* Such an event goes back to the server. It is not lost, and that is no attempt. */
static void an_event_that_comes_too_late_goes_to_a_later_fetch(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    waiting_fetch waiting = {.bus = bus};
    catga_fetched first;

    if (f->base.broker != NULL)
        skip(); /* the local server delivers no event too late */
    publish(bus, 0, 1);
    fetch_all(bus, &first, 1);
    catga_wanted *wanted = &first.held->fetcher->wanted;
    for (uint32_t deliveries = 1; deliveries == 1;) {
        begin_waiting(&waiting);
        wait_until(atomic_load(&wanted->count) == 1);
        atomic_store(&wanted->count, 0); /* as if the thread had left */
        publish(bus, 1, 1);
        pause_ms(300);
        atomic_store(&wanted->count, 1);
        pthread_join(waiting.thread, NULL);
        assert_int_equal(waiting.count, 1);
        assert_int_equal(waiting.task.attempt, 1);
        deliveries = deliveries_of(&waiting.task);
        settle_all(&waiting.task, 1);
    }
    settle_all(&first, 1);
    assert_empty(bus);
}

/* The server keeps no request of a fetch that has returned, for which events would come too late.
 */
static void a_request_ends_with_its_fetch(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    waiting_fetch waiting = {.bus = bus};
    catga_fetched tasks[5];

    assert_int_equal(fetch(bus, tasks, 1, 0), 0);
    begin_waiting(&waiting);
    pause_ms(50);
    assert_int_equal(fetch(bus, tasks, 5, 0), 0);
    pause_ms(400);
    publish(bus, 0, 3);
    pthread_join(waiting.thread, NULL);
    assert_int_equal(waiting.count, 1);
    settle_all(&waiting.task, 1);
    fetch_all(bus, tasks, 2);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(tasks[i].attempt, 1);
        assert_int_equal(deliveries_of(&tasks[i]), 1);
    }
    settle_all(tasks, 2);
    assert_empty(bus);
}

static void more_than_the_limit_is_refused(void **state)
{
    fixture *f = *state;

    catga_bus *bus = fixture_join(&f->base, (catga_options){.unacknowledged = 2});
    catga_fetched tasks[3];
    size_t count;

    assert_int_equal(test_fetching_worker_take_fetch(bus, tasks, 3, 10, &count), CATGA_OVERLOADED);
    publish(bus, 0, 3);
    fetch_all(bus, tasks, 2);
    assert_int_equal(test_fetching_worker_take_fetch(bus, tasks + 2, 1, 10, &count),
                     CATGA_OVERLOADED);
    settle_all(tasks, 1);
    fetch_all(bus, tasks, 1);
    settle_all(tasks, 2);
    assert_empty(bus);
}

static void fetch_in_callback(catga_status status, const catga_error *error, void *user)
{
    fixture *f = user;
    catga_fetched task;
    size_t count;

    (void)status;
    (void)error;
    atomic_store(&f->status,
                 (int)test_fetching_worker_take_fetch(f->base.buses[0], &task, 1, 10, &count));
    sem_post(&f->base.started);
}

static void a_callback_cannot_fetch(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    const test_fetching_task task = {.number = 1};

    assert_int_equal(test_fetching_task_publish_async(bus, &task, fetch_in_callback, f), CATGA_OK);
    sem_wait(&f->base.started);
    assert_int_equal(atomic_load(&f->status), CATGA_WOULD_DEADLOCK);
}

/* ---- Keys, groups and encodings ---- */

static void publish_paid(catga_bus *bus, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++)
        assert_int_equal(test_fetching_paid_publish(
                             bus, &(test_fetching_paid){.shop_id = 6 + i % 2, .number = i}),
                         CATGA_OK);
}

typedef catga_status fetch_function(catga_bus *bus, catga_fetched *events, size_t n, int wait_ms,
                                    size_t *count);

/* Fetches `n` events, and returns the set of their numbers. */
static unsigned fetch_paid(catga_bus *bus, fetch_function *function, unsigned n)
{
    catga_fetched paid;
    unsigned numbers = 0;
    size_t count;

    while (n > 0) {
        assert_int_equal(function(bus, &paid, 1, SOON_MS, &count), CATGA_OK);
        assert_int_equal(count, 1);
        numbers |= 1U << test_fetching_paid_get_number(test_fetching_clerk_take_view(&paid));
        assert_int_equal(catga_fetched_done(&paid), CATGA_OK);
        n--;
    }
    return numbers;
}

static void a_fetch_selects_keys_and_joins_a_group(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_bus *other = join(f);
    catga_fetched none;
    size_t count;

    publish_paid(bus, 0, 4);
    assert_int_equal(fetch_paid(bus, test_fetching_clerk_seven_fetch, 2), 1U << 1 | 1U << 3);
    assert_int_equal(fetch_paid(bus, test_fetching_clerk_take_fetch, 4), 15);
    unsigned billed = fetch_paid(bus, test_fetching_clerk_bill_fetch, 3);
    billed |= fetch_paid(other, test_fetching_clerk_bill_fetch, 1);
    assert_int_equal(billed, 15);
    assert_int_equal(test_fetching_clerk_seven_fetch(bus, &none, 1, 0, &count), CATGA_OK);
    assert_int_equal(count, 0);
}

static void a_json_event_is_fetched(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_fetched job;
    size_t count;

    assert_int_equal(
        test_fetching_job_publish(bus, &(test_fetching_job){.name = CATGA_STR("paint")}), CATGA_OK);
    assert_int_equal(test_fetching_clerk_work_fetch(bus, &job, 1, SOON_MS, &count), CATGA_OK);
    assert_int_equal(count, 1);
    catga_string name = test_fetching_job_get_name(test_fetching_clerk_work_view(&job));
    assert_true(catga_string_equal(name, CATGA_STR("paint")));
    assert_true(catga_string_equal(job.subject, CATGA_STR("fetching.jobs")));
    assert_int_equal(catga_fetched_done(&job), CATGA_OK);
}

/* ---- Holding and settling ---- */

static void an_event_that_is_held_long_is_not_redelivered(void **state)
{
    fixture *f = *state;
    catga_bus *holder = join_briefly(f);
    catga_bus *other = join_briefly(f);
    catga_fetched held, stolen;

    publish(holder, 7, 1);
    fetch_all(holder, &held, 1);
    for (int i = 0; i < 3; i++)
        assert_int_equal(fetch(other, &stolen, 1, BRIEF_MS), 0);
    assert_int_equal(number_of(&held), 7);
    assert_int_equal(held.attempt, 1);
    assert_int_equal(catga_fetched_done(&held), CATGA_OK);
    assert_empty(holder);
}

static void an_event_is_settled_once(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_fetched task;

    publish(bus, 3, 1);
    fetch_all(bus, &task, 1);
    assert_true(task.sequence > 0 && task.stored_ns > 0 && task.message_id.length > 0);
    assert_true(task.subject.length > strlen(f->base.prefix));
    assert_memory_equal(task.subject.data, f->base.prefix, strlen(f->base.prefix));
    assert_int_equal(catga_fetched_done(&task), CATGA_OK);
    assert_int_equal(catga_fetched_done(&task), CATGA_INVALID_ARGUMENT);
    assert_int_equal(catga_fetched_retry_after(&task, 1), CATGA_INVALID_ARGUMENT);
    assert_int_equal(catga_fetched_reject(&task, "no"), CATGA_INVALID_ARGUMENT);
    assert_int_equal(number_of(&task), 0);
    assert_empty(bus);
}

/* The child of a fork settles nothing, and takes no lock that another thread may have held. */
static void the_event_of_a_parent_is_not_settled(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_fetched task;
    size_t count;
    int status;

    publish(bus, 3, 1);
    fetch_all(bus, &task, 1);
    pthread_mutex_t *lock = &task.held->fetcher->lock;
    pthread_mutex_lock(lock);
    pid_t child = fork();
    if (child == 0) {
        alarm(SOON_MS / 1000);
        _exit(test_fetching_worker_take_fetch(bus, &task, 1, 0, &count) != CATGA_CLOSED ||
              catga_fetched_done(&task) != CATGA_CLOSED);
    }
    pthread_mutex_unlock(lock);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(messages_of(bus), 1);
    settle_all(&task, 1);
    assert_empty(bus);
}

static void a_retried_event_comes_again_until_its_last_attempt(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_fetched task;

    publish(bus, 5, 1);
    for (uint32_t attempt = 1; attempt <= 3; attempt++) {
        fetch_all(bus, &task, 1);
        assert_int_equal(task.attempt, attempt);
        assert_int_equal(number_of(&task), 5);
        assert_int_equal(catga_fetched_retry_after(&task, attempt == 1 ? 10 : -1), CATGA_OK);
    }
    wait_until(count_letters(f, bus) == 1);
    assert_non_null(strstr(f->cause, "the last attempt failed"));
    assert_string_equal(f->handler, "Worker__take");
    assert_int_equal(fetch(bus, &task, 1, 300), 0);
    assert_empty(bus);
}

static void a_retried_event_comes_after_its_delay(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_fetched task;

    publish(bus, 5, 1);
    fetch_all(bus, &task, 1);
    double begin = seconds_now();
    assert_int_equal(catga_fetched_retry_after(&task, 1500), CATGA_OK);
    fetch_all(bus, &task, 1);
    assert_true(seconds_now() - begin > 1.4);
    settle_all(&task, 1);
    assert_empty(bus);
}

static void a_rejected_event_is_a_dead_letter_without_a_handler(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_fetched task;

    publish(bus, 5, 1);
    fetch_all(bus, &task, 1);
    assert_int_equal(catga_fetched_reject(&task, "no paper for %d", 5), CATGA_OK);
    wait_until(count_letters(f, bus) == 1);
    assert_non_null(strstr(f->cause, "no paper for 5"));
    assert_int_equal(
        catga_dead_letter_replay(bus, TEST_FETCHING_QUEUE_STREAM, f->letter, 2000, NULL),
        CATGA_NO_RESPONDERS);
    assert_int_equal(count_letters(f, bus), 1);
    assert_empty(bus);
}

/* The next event is returned in its place. */
static void an_event_that_is_not_valid_is_a_dead_letter(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_message other = test_fetching_task_message_descriptor;
    catga_table wrong = *other.table;
    catga_fetched task;

    assert_int_equal(fetch(bus, &task, 1, 0), 0); /* creates the stream */
    memcpy(wrong.identifier, "none", sizeof wrong.identifier);
    other.table = &wrong;
    other.delivery = NULL;
    assert_int_equal(catga_publish(bus, &other, &(test_fetching_task){.number = 1}), CATGA_OK);
    publish(bus, 2, 1);
    fetch_all(bus, &task, 1);
    assert_int_equal(number_of(&task), 2);
    assert_int_equal(catga_fetched_done(&task), CATGA_OK);
    wait_until(count_letters(f, bus) == 1);
    assert_int_equal(catga_count(bus).bad_messages, 1);
    assert_empty(bus);
}

/* ---- Observers ---- */

static void keep_span(void *user, const catga_span *span)
{
    fixture *f = user;

    if (strcmp(span->operation, "process") == 0)
        f->span_ns = span->end_ns - span->start_ns;
}

static catga_status keep_metrics(void *user, const char *text, size_t length)
{
    fixture *f = user;

    assert_true(length < sizeof f->metrics - f->metrics_length);
    memcpy(f->metrics + f->metrics_length, text, length);
    f->metrics_length += length;
    f->metrics[f->metrics_length] = '\0';
    return CATGA_OK;
}

static double seconds_handled(fixture *f, catga_metrics *metrics)
{
    static const char series[] =
        "catga_handler_duration_seconds_sum{service=\"worker\",type=\"test.fetching.Task\"} ";

    f->metrics_length = 0;
    assert_int_equal(catga_metrics_write(metrics, CATGA_METRICS_TEXT, NULL, 0, keep_metrics, f),
                     CATGA_OK);
    const char *at = strstr(f->metrics, series);
    return at == NULL ? -1 : strtod(at + strlen(series), NULL);
}

static void observers_see_an_event_when_it_is_settled(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_metrics *metrics;
    catga_fetched tasks[2];
    const catga_trace_options options = {.sink = keep_span, .user = f, .ratio = 1};

    assert_int_equal(catga_metrics_open(&metrics, bus), CATGA_OK);
    assert_int_equal(catga_trace_open(bus, &options), CATGA_OK);
    publish(bus, 0, 2);
    fetch_all(bus, tasks, 2);
    assert_int_equal(tasks[0].traceparent.length, 55);
    assert_int_equal(catga_count(bus).handled, 0);
    pause_ms(200);
    assert_int_equal(catga_fetched_done(&tasks[0]), CATGA_OK);
    assert_true(f->span_ns >= 200 * 1000 * 1000);
    assert_int_equal(catga_count(bus).handled, 1);
    assert_int_equal(catga_fetched_reject(&tasks[1], "no"), CATGA_OK);
    assert_int_equal(catga_count(bus).handlers_failed, 1);
    wait_until(catga_count(bus).dead_letters == 1);
    assert_true(seconds_handled(f, metrics) >= 0.4);
    assert_empty(bus);
}

/* ---- Many events that wait for the server ---- */

typedef struct late_reject {
    fixture *f;
    catga_fetched task;
    sem_t may_begin;
    sem_t ended;
} late_reject;

static void reject_in_callback(catga_status status, const catga_error *error, void *user)
{
    late_reject *late = user;

    (void)status;
    (void)error;
    sem_wait(&late->may_begin);
    atomic_store(&late->f->status, (int)catga_fetched_reject(&late->task, "late"));
    sem_post(&late->ended);
}

/* A callback never waits for a server. One event of many is handed back instead. */
static void an_event_that_cannot_be_settled_in_a_callback_goes_back(void **state)
{
    fixture *f = *state;
    catga_fetched tasks[CATGA_SETTLING_EVENTS];
    late_reject late = {.f = f};
    const test_fetching_job job = {.name = CATGA_STR("paint")};

    catga_bus *bus =
        fixture_join(&f->base, (catga_options){.ack_wait_ms = BRIEF_MS,
                                               .unacknowledged = CATGA_SETTLING_EVENTS + 1});
    if (f->base.broker == NULL)
        skip(); /* takes a server that the test can stop */
    sem_init(&late.may_begin, 0, 0);
    sem_init(&late.ended, 0, 0);
    publish(bus, 0, CATGA_SETTLING_EVENTS + 1);
    fetch_all(bus, &late.task, 1);
    fetch_all(bus, tasks, CATGA_SETTLING_EVENTS);
    assert_int_equal(test_fetching_job_publish_async(bus, &job, reject_in_callback, &late),
                     CATGA_OK);
    catga_local_set_connected(f->base.broker, false);
    for (size_t i = 0; i < CATGA_SETTLING_EVENTS; i++)
        assert_int_equal(catga_fetched_reject(&tasks[i], "no"), CATGA_OK);
    alarm(SOON_MS / 1000);
    sem_post(&late.may_begin);
    sem_wait(&late.ended);
    alarm(0);
    assert_int_equal(atomic_load(&f->status), CATGA_OK);
    catga_local_set_connected(f->base.broker, true);
    fetch_all(bus, &late.task, 1);
    assert_int_equal(number_of(&late.task), 0);
    assert_int_equal(catga_fetched_done(&late.task), CATGA_OK);
    assert_empty(bus);
    sem_destroy(&late.may_begin);
    sem_destroy(&late.ended);
}

/* ---- The end of a program ---- */

static void held_events_of_a_draining_bus_go_back(void **state)
{
    fixture *f = *state;
    catga_bus *other = join(f);
    catga_bus *bus = join(f);
    catga_fetched held[2], again[2];
    size_t count;

    publish(bus, 3, 2);
    fetch_all(bus, held, 2);
    assert_int_equal(catga_drain(bus), CATGA_OK);
    assert_int_equal(number_of(&held[0]), 3); /* the memory is the program's */
    assert_int_equal(catga_fetched_done(&held[0]), CATGA_CLOSED);
    assert_int_equal(test_fetching_worker_take_fetch(bus, again, 1, 10, &count), CATGA_DRAINING);
    fixture_leave(&f->base);
    assert_int_equal(number_of(&held[1]), 4);
    assert_int_equal(catga_fetched_reject(&held[1], "late"), CATGA_CLOSED);
    fetch_all(other, again, 2);
    settle_all(again, 2);
    assert_empty(other);
}

static void *settle_soon(void *argument)
{
    pause_ms(100);
    assert_int_equal(catga_fetched_done(argument), CATGA_OK);
    return NULL;
}

static void a_draining_bus_waits_for_events_that_are_settled(void **state)
{
    fixture *f = *state;
    catga_bus *bus = fixture_join(&f->base, (catga_options){.drain_wait_ms = 2 * SOON_MS});
    catga_fetched held;
    pthread_t thread;

    publish(bus, 3, 1);
    fetch_all(bus, &held, 1);
    assert_int_equal(pthread_create(&thread, NULL, settle_soon, &held), 0);
    double begin = seconds_now();
    assert_int_equal(catga_drain(bus), CATGA_OK);
    assert_true(seconds_now() - begin < SOON_MS / 1e3);
    pthread_join(thread, NULL);
    assert_empty(join(f));
}

static void *fetch_long(void *argument)
{
    fixture *f = argument;
    catga_fetched task;
    size_t count;

    atomic_store(&f->status, (int)test_fetching_worker_take_fetch(f->base.buses[0], &task, 1,
                                                                  10 * SOON_MS, &count));
    return NULL;
}

static void a_waiting_fetch_ends_when_its_fetches_are_stopped(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_fetched task;
    pthread_t thread;

    assert_int_equal(test_fetching_worker_take_stop(bus), CATGA_NOT_FOUND);
    assert_int_equal(fetch(bus, &task, 1, 0), 0);
    assert_int_equal(pthread_create(&thread, NULL, fetch_long, f), 0);
    pause_ms(100);
    double begin = seconds_now();
    assert_int_equal(test_fetching_worker_take_stop(bus), CATGA_OK);
    pthread_join(thread, NULL);
    assert_true(seconds_now() - begin < SOON_MS / 1e3);
    assert_int_equal(atomic_load(&f->status), CATGA_DRAINING);
    publish(bus, 9, 1); /* a later fetch begins anew */
    fetch_all(bus, &task, 1);
    assert_int_equal(catga_fetched_done(&task), CATGA_OK);
    assert_empty(bus);
}

static void a_waiting_fetch_ends_when_the_bus_drains(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_fetched task;
    pthread_t thread;

    assert_int_equal(fetch(bus, &task, 1, 0), 0);
    assert_int_equal(pthread_create(&thread, NULL, fetch_long, f), 0);
    pause_ms(100);
    assert_int_equal(catga_drain(bus), CATGA_OK);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&f->status), CATGA_DRAINING);
}

/* The first fetch waits for a server, without a limit. */
static void a_first_fetch_without_a_server_ends_when_the_bus_drains(void **state)
{
    fixture *f = *state;
    catga_bus *bus = fixture_join(&f->base, (catga_options){.connect_wait_ms = -1});
    pthread_t thread;

    if (f->base.broker == NULL)
        skip(); /* takes a server that the test can stop */
    catga_local_set_connected(f->base.broker, false);
    assert_int_equal(pthread_create(&thread, NULL, fetch_long, f), 0);
    pause_ms(300);
    alarm(SOON_MS / 1000);
    catga_ignore(catga_drain(bus));
    pthread_join(thread, NULL);
    alarm(0);
    assert_int_equal(atomic_load(&f->status), CATGA_DRAINING);
    catga_local_set_connected(f->base.broker, true);
}

static void *begin_another(void *argument)
{
    fixture *f = argument;
    catga_fetched none;
    size_t count;

    atomic_store(&f->status,
                 (int)test_fetching_clerk_take_fetch(f->base.buses[0], &none, 1, 0, &count));
    return NULL;
}

/* The first fetch of another consumer waits for a server, without a limit. */
static void a_fetch_does_not_wait_while_another_one_begins(void **state)
{
    fixture *f = *state;
    catga_bus *bus = fixture_join(&f->base, (catga_options){.connect_wait_ms = -1});
    catga_fetched none;
    pthread_t thread;

    if (f->base.broker == NULL)
        skip(); /* takes a server that the test can stop: see fetching_killed.c */
    assert_int_equal(fetch(bus, &none, 1, 0), 0);
    catga_local_set_connected(f->base.broker, false);
    atomic_store(&f->status, -1);
    assert_int_equal(pthread_create(&thread, NULL, begin_another, f), 0);
    pause_ms(300);
    alarm(SOON_MS / 1000);
    assert_int_equal(fetch(bus, &none, 1, 100), 0);
    alarm(0);
    assert_int_equal(atomic_load(&f->status), -1);
    catga_local_set_connected(f->base.broker, true);
    pthread_join(thread, NULL);
    assert_int_equal(atomic_load(&f->status), CATGA_OK);
}

static void held_events_of_stopped_fetches_go_back(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_fetched held, again;

    publish(bus, 3, 1);
    fetch_all(bus, &held, 1);
    assert_int_equal(test_fetching_worker_take_stop(bus), CATGA_OK);
    fetch_all(bus, &again, 1);
    assert_int_equal(catga_fetched_done(&held), CATGA_CLOSED);
    assert_int_equal(number_of(&again), 3);
    settle_all(&again, 1);
    assert_empty(bus);
}

static void *fetch_many_long(void *argument)
{
    catga_fetched tasks[HELD];
    size_t count;

    assert_int_equal(test_fetching_worker_take_fetch(argument, tasks, HELD, SOON_MS, &count),
                     CATGA_DRAINING);
    return NULL;
}

static void *stop_fetches(void *argument)
{
    fixture *f = argument;

    atomic_store(&f->status, (int)test_fetching_worker_take_stop(f->base.buses[0]));
    return NULL;
}

/* The server still knows the request of another thread then. A server before 2.10.16 would lose
 * the event until ack_wait, if that request had no subscription. */
static void an_event_that_goes_back_while_its_fetches_are_stopped_comes_soon(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join_for(f, 4 * SOON_MS);
    catga_fetched held[2], again;
    pthread_t waiting, stopping;

    publish(bus, 1, 2);
    fetch_all(bus, held, 2);
    assert_int_equal(pthread_create(&waiting, NULL, fetch_many_long, bus), 0);
    wait_until(atomic_load(&held[0].held->fetcher->wanted.count) == HELD);
    pause_ms(50);
    assert_int_equal(pthread_create(&stopping, NULL, stop_fetches, f), 0);
    pthread_join(waiting, NULL);
    pause_ms(50);
    assert_int_equal(catga_fetched_retry_after(&held[0], 0), CATGA_OK);
    assert_int_equal(catga_fetched_done(&held[1]), CATGA_OK);
    pthread_join(stopping, NULL);
    assert_int_equal(atomic_load(&f->status), CATGA_OK);
    pause_ms(300); /* the event goes back meanwhile */
    fetch_all(bus, &again, 1);
    assert_int_equal(number_of(&again), 1);
    settle_all(&again, 1);
    assert_empty(bus);
}

static catga_status book(catga_context *context, test_fetching_paid_view paid)
{
    fixture *f = catga_context_user(context);

    (void)paid;
    atomic_fetch_add(&f->total, 1);
    return CATGA_OK;
}

/* A service may have handlers beside its fetches. Each is stopped alone. */
static void a_service_fetches_and_handles(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    const test_fetching_worker handlers = {.book = book};
    catga_fetched task;

    assert_int_equal(test_fetching_worker_serve(bus, &handlers, f), CATGA_OK);
    publish(bus, 1, 1);
    publish_paid(bus, 1, 1);
    fetch_all(bus, &task, 1);
    wait_until(atomic_load(&f->total) == 1);
    assert_int_equal(test_fetching_worker_stop(bus), CATGA_OK);
    settle_all(&task, 1);
    assert_empty(bus);
}

/* The settlement is lost, and its event comes again. */
static void an_event_comes_again_after_a_lost_connection(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join_briefly(f);
    catga_fetched task;

    if (f->base.broker == NULL)
        skip(); /* takes a server that the test can stop: see fetching_killed.c */
    publish(bus, 1, 1);
    fetch_all(bus, &task, 1);
    catga_local_set_connected(f->base.broker, false);
    assert_int_equal(catga_fetched_done(&task), CATGA_OK);
    assert_int_equal(fetch(bus, &task, 1, 200), 0);
    catga_local_set_connected(f->base.broker, true);
    fetch_all(bus, &task, 1);
    assert_int_equal(catga_fetched_done(&task), CATGA_OK);
    assert_empty(bus);
}

/* In a process of its own: fetches events, and dies with them. */
static void fetch_and_die(fixture *f)
{
    catga_bus *bus = join_briefly(f);
    catga_fetched tasks[HELD];
    size_t count = 0;

    publish(bus, 0, HELD);
    while (count < HELD)
        count += fetch(bus, tasks + count, HELD - count, 500);
    raise(SIGKILL);
}

static void the_events_of_a_killed_program_come_back(void **state)
{
    fixture *f = *state;
    catga_fetched tasks[HELD];
    unsigned seen = 0;
    int status;

    if (f->base.broker != NULL)
        skip(); /* a process of its own has no local server */
    pid_t child = fork();
    if (child == 0)
        fetch_and_die(f);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    catga_bus *bus = join_briefly(f);
    fetch_all(bus, tasks, HELD);
    for (size_t i = 0; i < HELD; i++)
        seen |= 1U << number_of(&tasks[i]);
    assert_int_equal(seen, (1U << HELD) - 1);
    settle_all(tasks, HELD);
    assert_empty(bus);
}

/* ---- Redis ---- */

static void redis_refuses_a_fetch(void **state)
{
    fixture *f = *state;
    catga_bus *bus = join(f);
    catga_fetched paid;
    size_t count;

    assert_int_equal(test_fetching_clerk_take_fetch(bus, &paid, 1, 10, &count), CATGA_UNSUPPORTED);
    assert_non_null(strstr(f->log, "consumer Clerk__take: events cannot be fetched over Redis"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, open_stage, close_stage)

int main(int argc, char **argv)
{
    fixture_choose(argc, argv);
    const struct CMUnitTest refusals[] = {CASE(redis_refuses_a_fetch)};
    const struct CMUnitTest tests[] = {
        CASE(the_events_of_a_killed_program_come_back),
        CASE(two_programs_share_the_work),
        CASE(threads_of_a_program_share_the_work),
        CASE(a_program_that_does_not_fetch_holds_nothing),
        CASE(wrong_arguments_are_refused),
        CASE(a_fetch_waits_until_its_time_is_over),
        CASE(a_fetch_returns_as_soon_as_its_events_have_come),
        CASE(a_fetch_without_a_wait_returns_what_is_there),
        CASE(an_event_that_comes_too_late_goes_to_a_later_fetch),
        CASE(a_request_ends_with_its_fetch),
        CASE(more_than_the_limit_is_refused),
        CASE(a_callback_cannot_fetch),
        CASE(a_fetch_selects_keys_and_joins_a_group),
        CASE(a_json_event_is_fetched),
        CASE(an_event_that_is_held_long_is_not_redelivered),
        CASE(an_event_is_settled_once),
        CASE(the_event_of_a_parent_is_not_settled),
        CASE(a_retried_event_comes_again_until_its_last_attempt),
        CASE(a_retried_event_comes_after_its_delay),
        CASE(a_rejected_event_is_a_dead_letter_without_a_handler),
        CASE(an_event_that_is_not_valid_is_a_dead_letter),
        CASE(observers_see_an_event_when_it_is_settled),
        CASE(an_event_that_cannot_be_settled_in_a_callback_goes_back),
        CASE(held_events_of_a_draining_bus_go_back),
        CASE(a_draining_bus_waits_for_events_that_are_settled),
        CASE(a_waiting_fetch_ends_when_its_fetches_are_stopped),
        CASE(a_waiting_fetch_ends_when_the_bus_drains),
        CASE(a_first_fetch_without_a_server_ends_when_the_bus_drains),
        CASE(a_fetch_does_not_wait_while_another_one_begins),
        CASE(held_events_of_stopped_fetches_go_back),
        CASE(an_event_that_goes_back_while_its_fetches_are_stopped_comes_soon),
        CASE(a_service_fetches_and_handles),
        CASE(an_event_comes_again_after_a_lost_connection),
    };

    return other_transport != NULL ? cmocka_run_group_tests(refusals, NULL, NULL)
                                   : cmocka_run_group_tests(tests, NULL, NULL);
}
