/* The ids of traces, and the decisions which traces are sampled. */
#include "observe/trace_span.h"

#include "base/trace_context.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>

enum { DRAWS = 200000, THREADS = 4, IDS_OF_THREAD = 20000, IDS = THREADS * IDS_OF_THREAD };

static const double ratios[] = {1e-9, 0.01, 0.25, 0.5, 0.9, 1};
enum { RATIOS = sizeof ratios / sizeof *ratios };

static catga_trace trace_of(double ratio)
{
    catga_trace trace = {.limit = catga_trace_limit(ratio)};

    catga_message_ids_begin(&trace.ids);
    return trace;
}

static catga_trace_context context_of(const catga_span_state *span)
{
    char copy[CATGA_TRACEPARENT_SIZE];
    catga_trace_context context;

    assert_true(catga_traceparent_copy(copy, catga_str(span->headers.traceparent)));
    catga_trace_context_read(&context, copy);
    return context;
}

/* Begins a trace that was drawn. */
static catga_trace_context draw_context(catga_trace *trace, catga_span_state *span)
{
    *span = (catga_span_state){.has_parent = true, .has_remote_parent = true, .parent_id = {1}};
    catga_trace_begin_drawn(trace, span);
    return context_of(span);
}

/* Returns the last eight bytes of a trace id, which decide. */
static uint64_t number_of(const catga_trace_context *context)
{
    uint64_t number = 0;

    for (size_t i = 8; i < 16; i++)
        number = number << 8 | context->trace_id[i];
    return number;
}

/* ---- Drawing ---- */

static unsigned count_drawn(double ratio)
{
    const catga_trace trace = trace_of(ratio);
    unsigned count = 0;

    for (int i = 0; i < DRAWS; i++)
        count += catga_trace_draws(&trace);
    return count;
}

/* The bounds are more than ten standard deviations away from the expected counts. */
static void the_ratio_is_drawn(void **state)
{
    (void)state;
    assert_int_equal(count_drawn(0), 0);
    assert_int_equal(count_drawn(1), DRAWS);
    assert_in_range(count_drawn(0.01), 1500, 2500);
    assert_in_range(count_drawn(0.25), 48000, 52000);
    assert_in_range(count_drawn(0.5), 97500, 102500);
}

/* Neither does one decision follow another, nor has each its turn. */
static void draws_do_not_depend_on_each_other(void **state)
{
    const catga_trace trace = trace_of(0.5);
    unsigned counts[8] = {0};
    unsigned last = 0;

    (void)state;
    for (int i = 0; i < DRAWS; i++) {
        last = (last << 1 | catga_trace_draws(&trace)) & 7;
        counts[last]++;
    }
    for (unsigned i = 0; i < 8; i++)
        assert_in_range(counts[i], DRAWS / 8 - 1500, DRAWS / 8 + 1500);
}

static void *draw_bits(void *first)
{
    const catga_trace trace = trace_of(0.5);

    for (int i = 0; i < 64; i++)
        *(uint64_t *)first = *(uint64_t *)first << 1 | catga_trace_draws(&trace);
    return NULL;
}

static void each_thread_draws_for_itself(void **state)
{
    pthread_t threads[2];
    uint64_t bits[2] = {0, 0};

    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, draw_bits, &bits[i]), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_true(bits[0] != bits[1]);
}

/* ---- The id of a drawn trace ---- */

static void the_id_of_a_drawn_trace_is_in_the_ratio(void **state)
{
    (void)state;
    for (size_t r = 0; r < RATIOS; r++) {
        catga_trace trace = trace_of(ratios[r]);
        catga_span_state span;
        for (int i = 0; i < 1000; i++) {
            catga_trace_context context = draw_context(&trace, &span);
            assert_true(number_of(&context) >> 1 < trace.limit);
            assert_int_equal(context.flags, CATGA_TRACE_SAMPLED);
            assert_true(span.is_sampled && span.is_traced && span.start_ns != 0);
            assert_false(span.has_parent || span.has_remote_parent);
            assert_int_equal(span.parent_id[0], 0);
        }
    }
}

/* A process that ignores its callers decides by the id alone. */
static bool samples(double ratio, const catga_span_state *caller)
{
    catga_trace trace = trace_of(ratio);
    catga_span_state span = *caller;

    trace.ignores_parent = true;
    catga_trace_begin(&trace, &span);
    return span.is_sampled;
}

static void other_processes_agree_on_a_drawn_trace(void **state)
{
    enum { TIMES = 10000 };
    catga_trace trace = trace_of(0.5);
    unsigned halves = 0;

    (void)state;
    for (int i = 0; i < TIMES; i++) {
        catga_span_state span;
        (void)draw_context(&trace, &span);
        assert_true(samples(0.5, &span));
        assert_true(samples(0.75, &span));
        assert_false(samples(0, &span));
        halves += samples(0.25, &span);
    }
    assert_in_range(halves, TIMES / 2 - 600, TIMES / 2 + 600);
}

/* The numbers fill the ratio evenly, up to its limit. */
static void the_ids_of_drawn_traces_are_spread(void **state)
{
    enum { PARTS = 10, TIMES = 20000 };

    (void)state;
    for (size_t r = 0; r < RATIOS; r++) {
        catga_trace trace = trace_of(ratios[r]);
        unsigned counts[PARTS] = {0};
        for (int i = 0; i < TIMES; i++) {
            catga_span_state span;
            catga_trace_context context = draw_context(&trace, &span);
            counts[(unsigned)((double)(number_of(&context) >> 1) / (double)trace.limit * PARTS) %
                   PARTS]++;
        }
        for (unsigned i = 0; i < PARTS; i++)
            assert_in_range(counts[i], TIMES / PARTS - 500, TIMES / PARTS + 500);
    }
}

/* ---- Ids ---- */

/* A thread that begins traces: half of them drawn. */
typedef struct beginner {
    catga_trace *trace;
    catga_trace_context *contexts;
} beginner;

static void *begin_traces(void *argument)
{
    const beginner *b = argument;

    for (size_t i = 0; i < IDS_OF_THREAD; i++) {
        catga_span_state span = {.has_parent = false};
        if (i % 2 == 0)
            catga_trace_begin_drawn(b->trace, &span);
        else
            catga_trace_begin(b->trace, &span);
        catga_trace_context_read(&b->contexts[i], span.headers.traceparent);
    }
    return NULL;
}

static int compare_traces(const void *a, const void *b)
{
    return memcmp(((const catga_trace_context *)a)->trace_id,
                  ((const catga_trace_context *)b)->trace_id, 16);
}

static int compare_spans(const void *a, const void *b)
{
    return memcmp(((const catga_trace_context *)a)->span_id,
                  ((const catga_trace_context *)b)->span_id, 8);
}

static void assert_unique(catga_trace_context *contexts, size_t count,
                          int compare(const void *, const void *))
{
    qsort(contexts, count, sizeof *contexts, compare);
    for (size_t i = 1; i < count; i++)
        assert_int_not_equal(compare(&contexts[i - 1], &contexts[i]), 0);
}

static void threads_make_unique_ids(void **state)
{
    catga_trace trace = trace_of(0.01);
    catga_trace_context *contexts = calloc(IDS, sizeof *contexts);
    beginner beginners[THREADS];
    pthread_t threads[THREADS];

    (void)state;
    for (size_t i = 0; i < THREADS; i++) {
        beginners[i] = (beginner){&trace, contexts + i * IDS_OF_THREAD};
        assert_int_equal(pthread_create(&threads[i], NULL, begin_traces, &beginners[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_unique(contexts, IDS, compare_traces);
    assert_unique(contexts, IDS, compare_spans);
    free(contexts);
}

/* A bus is of no use in a child of fork, which may open one of its own. Both draw alike then. */
static void a_forked_child_makes_other_ids(void **state)
{
    catga_trace_context *contexts = mmap(NULL, 2 * IDS_OF_THREAD * sizeof *contexts,
                                         PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    catga_trace before = trace_of(0.5);
    int status;

    (void)state;
    (void)catga_trace_draws(&before);
    pid_t child = fork();
    catga_trace trace = trace_of(0.5);
    (void)begin_traces(&(beginner){&trace, contexts + (child == 0 ? IDS_OF_THREAD : 0)});
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    size_t count = 2 * (size_t)IDS_OF_THREAD;
    assert_unique(contexts, count, compare_traces);
    munmap(contexts, count * sizeof *contexts);
}

/* ---- Spans with a parent ---- */

#define TRACE  "0af7651916cd43dd8448eb211c80319c"
#define PARENT "b7ad6b7169203331"

static catga_span_state child_of(catga_trace *trace, const char *parent)
{
    catga_span_state span = {.has_remote_parent = true};

    memcpy(span.headers.traceparent, parent, strlen(parent) + 1);
    catga_trace_begin(trace, &span);
    return span;
}

static void a_child_has_a_span_of_its_own(void **state)
{
    static const uint8_t parent[8] = {0xb7, 0xad, 0x6b, 0x71, 0x69, 0x20, 0x33, 0x31};
    catga_trace trace = trace_of(0);

    (void)state;
    catga_span_state span = child_of(&trace, "00-" TRACE "-" PARENT "-03");
    assert_memory_equal(span.headers.traceparent, "00-" TRACE "-", 36);
    assert_memory_not_equal(span.headers.traceparent + 36, PARENT, 16);
    assert_string_equal(span.headers.traceparent + 52, "-03"); /* random, as the parent says */
    assert_memory_equal(span.parent_id, parent, 8);
    assert_true(span.has_parent && span.has_remote_parent && span.is_sampled && span.is_traced);
}

static void only_known_flags_are_passed_on(void **state)
{
    catga_trace trace = trace_of(1);

    (void)state;
    catga_span_state span = child_of(&trace, "00-" TRACE "-" PARENT "-fc");
    assert_string_equal(span.headers.traceparent + 52, "-00");
    assert_false(span.is_sampled);
    span = child_of(&trace, "00-" TRACE "-" PARENT "-ff");
    assert_string_equal(span.headers.traceparent + 52, "-03");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ratio_is_drawn),
        cmocka_unit_test(draws_do_not_depend_on_each_other),
        cmocka_unit_test(each_thread_draws_for_itself),
        cmocka_unit_test(the_id_of_a_drawn_trace_is_in_the_ratio),
        cmocka_unit_test(other_processes_agree_on_a_drawn_trace),
        cmocka_unit_test(the_ids_of_drawn_traces_are_spread),
        cmocka_unit_test(threads_make_unique_ids),
        cmocka_unit_test(a_forked_child_makes_other_ids),
        cmocka_unit_test(a_child_has_a_span_of_its_own),
        cmocka_unit_test(only_known_flags_are_passed_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
