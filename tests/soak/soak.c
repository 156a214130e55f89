/*
 * The same work over and over: a replica starts, handles calls, events and stored events, and
 * stops. After a while no resource of the process may grow: no descriptor, no thread, no memory.
 *
 *     soak local|nats SECONDS      at $NATS_URL; the local server keeps stored events, so `local`
 *                                  stores none
 */
#include "bus_fixture.h"
#include "kept.h"

#include <dirent.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

enum { BATCH = 200, STORED = 50, WARM_ROUNDS = 20, GROWTH_KB = 4096, PATIENCE_MS = 60000 };

static const char *transport;
static double seconds;

static const catga_delivery delivery = {.stream = &kept_stream, .dead_letter = true};
static const catga_message kept = KEPT(&delivery, .timeout_ms = PATIENCE_MS, .retries = 1);
/* Echo and Ask without a time limit: their speed is not measured. */
static const catga_message patient_echo = {
    .subject = "catga.commands.sample.v1.Echo",
    .table = &sample_echo_table,
    .result = &sample_answer_table,
    .kind = CATGA_COMMAND,
    .timeout_ms = PATIENCE_MS,
    .retries = 9,
};
static const catga_message patient_ask = {
    .subject = "catga.queries.sample.v1.Ask",
    .table = &sample_ask_table,
    .result = &sample_answer_table,
    .kind = CATGA_QUERY,
    .timeout_ms = PATIENCE_MS,
};
static const catga_handler handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service reader = {"Reader", handlers, 1, sizeof(sample_listener), NULL};

typedef struct work {
    catga_local *broker;
    char prefix[64];
    atomic_uint events;
    atomic_uint answers;
} work;

/* ---- Resources of a process ---- */

typedef struct footprint {
    unsigned descriptors;
    unsigned threads;
    long memory_kb;
} footprint;

static unsigned count_entries(const char *path)
{
    DIR *folder = opendir(path);
    unsigned count = 0;

    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static footprint measure(void)
{
    footprint f = {count_entries("/proc/self/fd"), count_entries("/proc/self/task"), 0};
    FILE *file = fopen("/proc/self/statm", "r");
    long size, resident;

    assert_non_null(file);
    malloc_trim(0);
    assert_int_equal(fscanf(file, "%ld %ld", &size, &resident), 2);
    fclose(file);
    f.memory_kb = resident * (sysconf(_SC_PAGESIZE) / 1024);
    return f;
}

/* Waits a moment for threads of nats.c to end; the remaining ones count. */
static footprint measure_at_rest(const footprint *before)
{
    footprint f = measure();

    for (int i = 0; i < 200 && (f.threads > before->threads || f.descriptors > before->descriptors);
         i++) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
        f = measure();
    }
    return f;
}

/* ---- A round ---- */

static catga_status answer(catga_context *context, sample_view view, const catga_message *message)
{
    sample reply = {sample_get_text(view), sample_get_number(view)};

    return catga_answer(context, message, &reply);
}

static catga_status echo(catga_context *context, sample_view view)
{
    return answer(context, view, &sample_echo_message);
}

static catga_status ask(catga_context *context, sample_view view)
{
    return answer(context, view, &sample_ask_message);
}

static catga_status take(catga_context *context, sample_view view)
{
    work *w = catga_context_user(context);

    (void)view;
    atomic_fetch_add(&w->events, 1);
    return CATGA_OK;
}

/* Its dead letters are visited and removed below. */
static catga_status take_or_reject(catga_context *context, sample_view view)
{
    (void)take(context, view);
    return sample_get_number(view) == 0 ? catga_reject(context, "the first") : CATGA_OK;
}

static void count_answer(catga_status status, sample_view view, const catga_error *error,
                         void *user)
{
    work *w = user;

    (void)view;
    (void)error;
    atomic_fetch_add(&w->answers, status == CATGA_OK);
}

static catga_bus *open(const work *w, const char *instance)
{
    return open_bus(w->broker, (catga_options){.prefix = w->prefix, .instance = instance});
}

static bool remember(const catga_dead_letter *letter, void *user)
{
    *(uint64_t *)user = letter->number;
    return false;
}

static void wait_for(const atomic_uint *count, unsigned all)
{
    for (int tries = 0; atomic_load(count) != all && tries < PATIENCE_MS; tries++)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    assert_int_equal(atomic_load(count), all);
}

static void store(work *w, catga_bus *client)
{
    uint64_t number = 0;

    for (uint32_t i = 0; i < STORED; i++) {
        const sample event = {CATGA_STR("kept"), i};
        assert_int_equal(catga_publish(client, &kept, &event), CATGA_OK);
    }
    wait_for(&w->events, 2 * BATCH + STORED);
    while (number == 0)
        assert_int_equal(catga_dead_letters(client, "SAMPLE_V1", 1, remember, &number), CATGA_OK);
    assert_int_equal(catga_dead_letter_remove(client, "SAMPLE_V1", number), CATGA_OK);
}

static void do_round(work *w, catga_bus *client)
{
    static const sample_answerer answerer = {echo, ask};
    static const sample_listener listener = {take, take};
    static const sample_listener keeping = {take_or_reject, take};
    const sample hello = {CATGA_STR("hello"), 1};
    catga_bus *replica = open(w, "replica");

    atomic_store(&w->events, 0);
    atomic_store(&w->answers, 0);
    assert_int_equal(catga_serve(replica, &sample_answerer_service, &answerer, w), CATGA_OK);
    assert_int_equal(catga_serve(replica, &sample_listener_service, &listener, w), CATGA_OK);
    if (w->broker == NULL)
        assert_int_equal(catga_serve(replica, &reader, &keeping, w), CATGA_OK);
    for (int i = 0; i < BATCH; i++) {
        catga_reply reply;
        assert_int_equal(catga_call(client, &patient_echo, &hello, &reply), CATGA_OK);
        catga_received_free(reply.received);
        assert_int_equal(catga_send(client, &patient_ask, &hello, sample_deliver,
                                    (catga_function)count_answer, w),
                         CATGA_OK);
        assert_int_equal(catga_publish(client, &sample_noted_message, &hello), CATGA_OK);
    }
    wait_for(&w->answers, BATCH);
    wait_for(&w->events, 2 * BATCH);
    if (w->broker == NULL)
        store(w, client);
    catga_close(replica);
}

/* ---- The program ---- */

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void nothing_grows(void **state)
{
    work w = {.broker = NULL};
    double end = now() + seconds;
    unsigned rounds = 0;

    (void)state;
    if (strcmp(transport, "local") == 0)
        assert_int_equal(catga_local_open(&w.broker), CATGA_OK);
    snprintf(w.prefix, sizeof w.prefix, "soak-%d", (int)getpid());
    catga_bus *client = open(&w, "client");
    while (rounds < WARM_ROUNDS) {
        do_round(&w, client);
        rounds++;
    }
    footprint before = measure();
    footprint after = before;
    while (now() < end || rounds < 2 * WARM_ROUNDS) {
        do_round(&w, client);
        after = measure_at_rest(&before);
        assert_true(after.descriptors <= before.descriptors);
        assert_true(after.threads <= before.threads);
        rounds++;
    }
    print_message(
        "%u rounds; descriptors %u, then %u; threads %u, then %u; memory %ld kB, then %ld\n",
        rounds, before.descriptors, after.descriptors, before.threads, after.threads,
        before.memory_kb, after.memory_kb);
    assert_true(after.memory_kb <= before.memory_kb + GROWTH_KB);
    catga_close(client);
    catga_local_close(w.broker);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_grows)};

    transport = argc > 1 ? argv[1] : "local";
    seconds = argc > 2 ? strtod(argv[2], NULL) : 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
