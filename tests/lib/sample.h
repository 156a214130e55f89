/*
 * A small schema for tests of the runtime, in the form in which catgac writes one: the command Echo, the query Ask and
 * the event Noted, all of a text and a number; the first two are answered with the same, or with an error of SampleError.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <catga/gen.h>

#include <stdarg.h>
#include <stddef.h>

#if defined(__GNUC__)
#define SAMPLE_MAYBE_UNUSED __attribute__((unused))
#else
#define SAMPLE_MAYBE_UNUSED
#endif

typedef struct sample {
    catga_string text; /* required, at most 100000 bytes */
    uint32_t number;
} sample;

typedef struct sample_view {
    const uint8_t *table;
} sample_view;

static inline catga_string sample_get_text(sample_view view)
{
    return catga_get_string(view.table, 4);
}

static inline uint32_t sample_get_number(sample_view view)
{
    return catga_get_u32(view.table, 6, 0);
}

static const catga_field sample_fields[] = {
    {"text", NULL, NULL, 100000, offsetof(sample, text), 4, 4, 4, CATGA_KIND_string, 0, CATGA_FORMAT_plain, 0,
     CATGA_REQUIRED, {0, 0}},
    {"number", NULL, NULL, CATGA_UNBOUNDED, offsetof(sample, number), 6, 4, 4, CATGA_KIND_u32, 0, CATGA_FORMAT_plain,
     0, 0, {0, 0}},
};

static const uint16_t sample_vtable[] = {8, 12, 4, 8};
static const uint16_t sample_layout[] = {0, 1};
static const catga_table sample_echo_table, sample_ask_table, sample_noted_table, sample_answer_table;

static bool sample_put(catga_writer *out, uint8_t *slot, const void *input)
{
    const sample *in = (const sample *)input;
    uint8_t *table = catga_begin_table(out, slot, &sample_answer_table);
    if (table == NULL)
        return false;
    uint64_t present = 0;
    present |= catga_has(in->text.data) << 0;
    present |= catga_put_u32(table + 8, in->number, 0) << 1;
    const uint8_t *vtable = catga_end_table(out, table, &sample_answer_table, present);
    return catga_put_string(out, table, vtable, &sample_fields[0], in->text);
}

static bool sample_check(catga_check *check, catga_frame table)
{
    return catga_check_string(check, table, &sample_fields[0]);
}

#define SAMPLE_TABLE(title, a, b, c, d)                                                            \
    {title, sample_fields, sample_vtable, sample_layout, sample_put, sample_check, 3, sizeof(sample), 2, 4, {a, b, c, d}}
static const catga_table sample_echo_table = SAMPLE_TABLE("sample.Echo", 'E', 'c', 'h', 'o');
static const catga_table sample_ask_table = SAMPLE_TABLE("sample.Ask", 'A', 's', 'k', '_');
static const catga_table sample_noted_table = SAMPLE_TABLE("sample.Noted", 'N', 'o', 't', 'e');
static const catga_table sample_answer_table = SAMPLE_TABLE("sample.Answer", 'A', 'n', 's', 'w');

static const catga_declared_error sample_errors[] = {{1001, "sample.SampleError.Refused"}};
static const catga_error_set sample_error = {"sample.SampleError", sample_errors, 1};
static const catga_error_set sample_other_error = {"sample.OtherError", sample_errors, 1};

static const catga_message sample_echo_message = {
    "commands.sample.v1.Echo", &sample_echo_table, &sample_answer_table, &sample_error, CATGA_COMMAND, 2000, 2};
static const catga_message sample_ask_message = {
    "queries.sample.v1.Ask", &sample_ask_table, &sample_answer_table, &sample_error, CATGA_QUERY, 2000, 2};
static const catga_message sample_noted_message = {
    "events.sample.v1.Noted", &sample_noted_table, NULL, NULL, CATGA_EVENT, 0, 0};

/* As the generated function of an error does. */
SAMPLE_MAYBE_UNUSED CATGA_PRINTF(3, 4)
static catga_status sample_fail(catga_context *context, const catga_error_set *set, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    catga_status status = catga_fail(context, set, 0, format, arguments);
    va_end(arguments);
    return status;
}

typedef catga_status sample_function(catga_context *context, sample_view message);
typedef void sample_callback(catga_status status, sample_view reply, const catga_error *error, void *user);

SAMPLE_MAYBE_UNUSED static void sample_deliver(catga_function callback, catga_status status, const uint8_t *table,
                                               const catga_error *error, void *user)
{
    sample_view view = {table};
    ((sample_callback *)callback)(status, view, error, user);
}

/* ---- Services: Answerer handles Echo and Ask; Listener gets Noted, in a group and as a broadcast. ---- */

typedef struct sample_answerer {
    sample_function *echo;
    sample_function *ask;
} sample_answerer;

typedef struct sample_listener {
    sample_function *notify;
    sample_function *refresh;
} sample_listener;

#define SAMPLE_RUN(service, member)                                                                \
    SAMPLE_MAYBE_UNUSED static catga_status service##_run_##member(const void *handlers,           \
                                                                   catga_context *context,         \
                                                                   const uint8_t *table)           \
    {                                                                                              \
        sample_view view = {table};                                                                \
        return ((const service *)handlers)->member(context, view);                                 \
    }
SAMPLE_RUN(sample_answerer, echo)
SAMPLE_RUN(sample_answerer, ask)
SAMPLE_RUN(sample_listener, notify)
SAMPLE_RUN(sample_listener, refresh)

static const catga_handler sample_answerer_handlers[] = {
    {"echo", &sample_echo_message, CATGA_GROUP, offsetof(sample_answerer, echo), sample_answerer_run_echo},
    {"ask", &sample_ask_message, CATGA_GROUP, offsetof(sample_answerer, ask), sample_answerer_run_ask},
};
static const catga_handler sample_listener_handlers[] = {
    {"notify", &sample_noted_message, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify},
    {"refresh", &sample_noted_message, CATGA_BROADCAST, offsetof(sample_listener, refresh),
     sample_listener_run_refresh},
};
SAMPLE_MAYBE_UNUSED static const catga_service sample_answerer_service = {
    "Answerer", sample_answerer_handlers, 2, sizeof(sample_answerer)};
SAMPLE_MAYBE_UNUSED static const catga_service sample_listener_service = {
    "Listener", sample_listener_handlers, 2, sizeof(sample_listener)};

#endif
