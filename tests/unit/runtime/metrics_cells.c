/* The counts of metrics: cells of threads, buckets, names of labels. */
#include "observe/metrics_cells.h"

#include "kept.h"
#include "observe/metrics_families.h"
#include "observe/metrics_labels.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static const catga_service answers = {.name = "Answerer"};
static const catga_service twin = {.name = "Answerer"};
static const catga_service other = {.name = "OrderService"};

static int begin(void **state)
{
    catga_metrics_table *table = malloc(sizeof *table);

    if (table == NULL)
        return -1;
    catga_metrics_table_begin(table);
    *state = table;
    return 0;
}

static int finish(void **state)
{
    catga_metrics_table_end(*state);
    free(*state);
    return 0;
}

static catga_metrics_cell *cell_of(catga_metrics_table *table, const catga_service *service)
{
    return catga_metrics_cell_of(table, service, &sample_echo_message);
}

/* Returns a value of the first series. */
static uint64_t first_value(catga_metrics_table *table, unsigned value)
{
    size_t count;
    catga_metrics_total *totals = catga_metrics_table_sum(table, &count);

    assert_non_null(totals);
    uint64_t found = count == 0 ? 0 : totals[0].values[value];
    free(totals);
    return found;
}

static size_t series_count(catga_metrics_table *table)
{
    size_t count;

    free(catga_metrics_table_sum(table, &count));
    return count;
}

static void each_label_has_a_series(void **state)
{
    assert_ptr_equal(cell_of(*state, &answers), cell_of(*state, &answers));
    assert_ptr_not_equal(cell_of(*state, &answers), cell_of(*state, &other));
    assert_ptr_not_equal(cell_of(*state, NULL), cell_of(*state, &other));
    assert_ptr_not_equal(cell_of(*state, NULL),
                         catga_metrics_cell_of(*state, NULL, &sample_ask_message));
    assert_int_equal(series_count(*state), 4);
}

/* Otherwise the text would have two samples of the same name and labels. */
static void services_of_one_name_have_one_series(void **state)
{
    catga_metrics_add(cell_of(*state, &answers), CATGA_METRICS_BEGUN, 1);
    catga_metrics_add(cell_of(*state, &twin), CATGA_METRICS_BEGUN, 2);
    assert_int_equal(series_count(*state), 1);
    assert_int_equal(first_value(*state, CATGA_METRICS_BEGUN), 3);
}

/* ---- Threads ---- */

typedef struct work {
    catga_metrics_table *table;
    catga_metrics_cell *cell; /* of the thread; it may be gone */
    pthread_barrier_t *together;
} work;

static void *count_one(void *argument)
{
    work *mine = argument;

    mine->cell = cell_of(mine->table, &answers);
    catga_metrics_add(mine->cell, CATGA_METRICS_BEGUN, 1);
    catga_metrics_add_duration(mine->cell, 1000);
    if (mine->together != NULL) {
        pthread_barrier_wait(mine->together);
        pthread_barrier_wait(mine->together);
    }
    return NULL;
}

static void counts_of_ended_threads_stay(void **state)
{
    work first = {.table = *state};

    for (int i = 0; i < 100; i++) {
        work next = {.table = *state};
        pthread_t thread;
        assert_int_equal(pthread_create(&thread, NULL, count_one, &next), 0);
        assert_int_equal(pthread_join(thread, NULL), 0);
        if (i == 0)
            first = next;
        assert_ptr_equal(next.cell, first.cell); /* memory does not grow */
        assert_int_equal(first_value(*state, CATGA_METRICS_BEGUN), i + 1);
    }
    assert_int_equal(first_value(*state, CATGA_METRICS_SUM_NS), 100 * 1000);
}

enum { THREADS = 64 };

/* Threads that have a cell each, and wait. */
typedef struct crew {
    pthread_barrier_t together;
    pthread_t threads[THREADS];
    work works[THREADS];
} crew;

static void crew_begin(crew *self, catga_metrics_table *table, void *(*function)(void *work))
{
    pthread_barrier_init(&self->together, NULL, THREADS + 1);
    for (size_t i = 0; i < THREADS; i++) {
        self->works[i] = (work){.table = table, .together = &self->together};
        assert_int_equal(pthread_create(&self->threads[i], NULL, function, &self->works[i]), 0);
    }
    pthread_barrier_wait(&self->together);
}

static void crew_end(crew *self)
{
    pthread_barrier_wait(&self->together);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(self->threads[i], NULL);
    pthread_barrier_destroy(&self->together);
}

static void running_threads_have_cells_of_their_own(void **state)
{
    crew threads;

    crew_begin(&threads, *state, count_one);
    for (size_t i = 1; i < THREADS; i++)
        assert_ptr_not_equal(threads.works[i].cell, threads.works[0].cell);
    assert_int_equal(first_value(*state, CATGA_METRICS_BEGUN), THREADS);
    crew_end(&threads);
    assert_int_equal(first_value(*state, CATGA_METRICS_BEGUN), THREADS);
}

enum { BURST = 50 };

typedef struct one_at_a_time {
    catga_metrics_cell *cells[THREADS];
    atomic_bool ends;
} one_at_a_time;

/* Begins and ends messages, one at a time, each in another thread's cell; pauses after a burst. */
static void *run_messages(void *argument)
{
    one_at_a_time *messages = argument;

    for (size_t i = 0; !atomic_load(&messages->ends); i++) {
        catga_metrics_cell *cell = messages->cells[i % THREADS];
        catga_metrics_add(cell, CATGA_METRICS_BEGUN, 1);
        catga_metrics_add(cell, CATGA_METRICS_END + CATGA_COUNTER_handled, 1);
        if (i % BURST == 0)
            nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL);
    }
    return NULL;
}

static void *get_cell(void *argument)
{
    work *mine = argument;

    mine->cell = cell_of(mine->table, &answers);
    pthread_barrier_wait(mine->together);
    pthread_barrier_wait(mine->together);
    return NULL;
}

/* Returns the largest number of messages in flight that a reader sees. */
static uint64_t most_in_flight(catga_metrics_table *table)
{
    uint64_t most = 0;

    for (int i = 0; i < 2000; i++) {
        size_t count;
        catga_metrics_total *totals = catga_metrics_table_sum(table, &count);
        uint64_t in_flight = catga_metrics_in_flight(&totals[0]);
        most = in_flight > most ? in_flight : most;
        free(totals);
    }
    return most;
}

static void messages_one_after_the_other_are_not_in_flight_together(void **state)
{
    one_at_a_time messages = {.ends = false};
    pthread_t writer;
    crew threads;

    crew_begin(&threads, *state, get_cell);
    for (size_t i = 0; i < THREADS; i++)
        messages.cells[i] = threads.works[i].cell;
    assert_int_equal(pthread_create(&writer, NULL, run_messages, &messages), 0);
    uint64_t most = most_in_flight(*state);
    atomic_store(&messages.ends, true);
    pthread_join(writer, NULL);
    crew_end(&threads);
    assert_true(most <= 1);
}

/* The table of a later bus may have the same address. */
static void a_thread_outlives_a_table(void **state)
{
    catga_metrics_table *table = *state;

    for (uint64_t i = 0; i < 10; i++) {
        catga_metrics_add(cell_of(table, &answers), CATGA_METRICS_BEGUN, 1);
        assert_int_equal(first_value(table, CATGA_METRICS_BEGUN), 1);
        catga_metrics_table_end(table);
        catga_metrics_table_begin(table);
    }
}

/* The thread frees its cell; a sanitizer finds it otherwise. */
static void a_table_ends_while_a_thread_runs(void **state)
{
    pthread_barrier_t together;
    pthread_t thread;
    work mine = {.table = *state, .together = &together};

    pthread_barrier_init(&together, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, count_one, &mine), 0);
    pthread_barrier_wait(&together);
    catga_metrics_table_end(*state);
    pthread_barrier_wait(&together);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&together);
    catga_metrics_table_begin(*state);
}

/* ---- Buckets ---- */

static void a_bucket_has_the_durations_up_to_its_bound(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CATGA_METRICS_BUCKETS; i++) {
        uint64_t bound = catga_metrics_bounds[i].most_ns;
        assert_int_equal(catga_metrics_bucket(bound), i);
        assert_int_equal(catga_metrics_bucket(bound - 1), i);
        if (i + 1 < CATGA_METRICS_BUCKETS)
            assert_int_equal(catga_metrics_bucket(bound + 1), i + 1);
    }
    assert_int_equal(catga_metrics_bucket(0), 0);
    for (uint64_t duration = 1; duration < UINT64_C(1) << 40; duration += duration / 7 + 1) {
        unsigned bucket = 0;
        while (duration > catga_metrics_bounds[bucket].most_ns)
            bucket++;
        assert_int_equal(catga_metrics_bucket(duration), bucket);
    }
}

static void a_clock_that_goes_back_adds_nothing(void **state)
{
    catga_metrics_add_duration(cell_of(*state, &answers), -1);
    assert_int_equal(first_value(*state, CATGA_METRICS_SUM_NS), 0);
    assert_int_equal(first_value(*state, CATGA_METRICS_BUCKET), 1);
}

/* ---- Labels ---- */

static void names_are_in_kebab_case(void **state)
{
    static const char *const names[][2] = {
        {"OrderService", "order-service"},  {"HTTPGateway", "http-gateway"},    {"Shop", "shop"},
        {"V2Orders", "v2-orders"},          {"order_service", "order-service"}, {"AB", "ab"},
        {"Order_Service", "order-service"},
    };
    char text[64];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        catga_metrics_kebab(names[i][0], text);
        assert_string_equal(text, names[i][1]);
    }
}

/* A status without a reason would end a message that no counter of failures has. */
static void each_failure_has_a_reason(void **state)
{
    (void)state;
    for (unsigned i = 0; i < CATGA_STATUS_COUNT; i++)
        assert_int_equal(catga_metrics_reason_sent(i) == NULL,
                         i == CATGA_OK || i == CATGA_DECLARED_ERROR);
    assert_null(catga_metrics_reason_sent(CATGA_STATUS_COUNT));
    assert_null(catga_metrics_reason_received(CATGA_COUNTER_handled));
    assert_null(catga_metrics_reason_received(CATGA_UNCOUNTED));
    assert_string_equal(catga_metrics_reason_received(CATGA_COUNTER_late_messages), "timeout");
}

static void each_kind_of_message_has_its_qos(void **state)
{
    static const catga_delivery once = {.once = true};
    static const catga_delivery often = {.once = false};
    static const catga_claims claims = {.keep_ms = 1};

    (void)state;
    assert_string_equal(catga_metrics_qos(&(catga_message){.kind = CATGA_COMMAND}), "at_most_once");
    assert_string_equal(catga_metrics_qos(&(catga_message){.kind = CATGA_QUERY}), "at_least_once");
    assert_string_equal(catga_metrics_qos(&(catga_message){.claims = &claims}), "exactly_once");
    assert_string_equal(catga_metrics_qos(&(catga_message){.kind = CATGA_EVENT}), "at_most_once");
    assert_string_equal(
        catga_metrics_qos(&(catga_message){.kind = CATGA_EVENT, .delivery = &often}),
        "at_least_once");
    assert_string_equal(catga_metrics_qos(&(catga_message){.kind = CATGA_EVENT, .delivery = &once}),
                        "exactly_once");
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, finish)
    const struct CMUnitTest tests[] = {
        CASE(each_label_has_a_series),
        CASE(services_of_one_name_have_one_series),
        CASE(counts_of_ended_threads_stay),
        CASE(running_threads_have_cells_of_their_own),
        CASE(messages_one_after_the_other_are_not_in_flight_together),
        CASE(a_thread_outlives_a_table),
        CASE(a_table_ends_while_a_thread_runs),
        CASE(a_bucket_has_the_durations_up_to_its_bound),
        CASE(a_clock_that_goes_back_adds_nothing),
        cmocka_unit_test(names_are_in_kebab_case),
        cmocka_unit_test(each_failure_has_a_reason),
        cmocka_unit_test(each_kind_of_message_has_its_qos),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
