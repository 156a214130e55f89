/*
 * The messages of the runtime's tests, over the tables of sample.catga: the command Echo, the query
 * Ask and the event Noted, each with a text and a number. Echo and Ask have the same fields in
 * their answer, or an error of SampleError. One type stands for all, so that one function can
 * handle all.
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "sample.catga.h"

#include <stdarg.h>
#include <stddef.h>

#if defined(__GNUC__)
#define SAMPLE_MAYBE_UNUSED __attribute__((unused))
#else
#define SAMPLE_MAYBE_UNUSED
#endif

typedef test_sample_echo sample;
typedef test_sample_echo_view sample_view;

#define sample_get_text   test_sample_echo_get_text
#define sample_get_number test_sample_echo_get_number

#define sample_echo_table   test_sample_echo_descriptor
#define sample_ask_table    test_sample_ask_descriptor
#define sample_noted_table  test_sample_noted_descriptor
#define sample_answer_table test_sample_answer_descriptor

static const catga_declared_error sample_errors[] = {{1001, "sample.SampleError.Refused"}};
static const catga_error_set sample_error = {"sample.SampleError", sample_errors, 1};
static const catga_declared_error sample_other_errors[] = {{1002, "sample.OtherError.Elsewhere"}};
static const catga_error_set sample_other_error = {"sample.OtherError", sample_other_errors, 1};

static const catga_message sample_echo_message = {
    .subject = "catga.commands.sample.v1.Echo",
    .table = &sample_echo_table,
    .result = &sample_answer_table,
    .errors = &sample_error,
    .kind = CATGA_COMMAND,
    .timeout_ms = 2000,
    .retries = 2,
};
static const catga_message sample_ask_message = {
    .subject = "catga.queries.sample.v1.Ask",
    .table = &sample_ask_table,
    .result = &sample_answer_table,
    .errors = &sample_error,
    .kind = CATGA_QUERY,
    .timeout_ms = 2000,
    .retries = 2,
};
static const catga_message sample_noted_message = {
    .subject = "catga.events.sample.v1.Noted",
    .table = &sample_noted_table,
    .kind = CATGA_EVENT,
};

/* Works like the generated function of an error. */
SAMPLE_MAYBE_UNUSED CATGA_PRINTF(3, 4) static catga_status
    sample_fail(catga_context *context, const catga_error_set *set, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    catga_status status = catga_fail(context, set, 0, format, arguments);
    va_end(arguments);
    return status;
}

typedef catga_status sample_function(catga_context *context, sample_view message);
typedef void sample_callback(catga_status status, sample_view reply, const catga_error *error,
                             void *user);

SAMPLE_MAYBE_UNUSED static void sample_deliver(catga_function callback, catga_status status,
                                               const uint8_t *table, const catga_error *error,
                                               void *user)
{
    sample_view view = {table};

    ((sample_callback *)callback)(status, view, error, user);
}

/* ---- Services: Answerer handles Echo and Ask; Listener handles Noted twice ---- */

typedef struct sample_answerer {
    sample_function *echo;
    sample_function *ask;
} sample_answerer;

typedef struct sample_listener {
    sample_function *notify;
    sample_function *refresh;
} sample_listener;

#define SAMPLE_RUN(service, member)                                                                \
    SAMPLE_MAYBE_UNUSED static catga_status service##_run_##member(                                \
        const void *handlers, catga_context *context, const uint8_t *table)                        \
    {                                                                                              \
        sample_view view = {table};                                                                \
        return ((const service *)handlers)->member(context, view);                                 \
    }
SAMPLE_RUN(sample_answerer, echo)
SAMPLE_RUN(sample_answerer, ask)
SAMPLE_RUN(sample_listener, notify)
SAMPLE_RUN(sample_listener, refresh)

static const catga_handler sample_answerer_handlers[] = {
    {"echo", &sample_echo_message, CATGA_GROUP, offsetof(sample_answerer, echo),
     sample_answerer_run_echo, NULL},
    {"ask", &sample_ask_message, CATGA_GROUP, offsetof(sample_answerer, ask),
     sample_answerer_run_ask, NULL},
};
static const catga_handler sample_listener_handlers[] = {
    {"notify", &sample_noted_message, CATGA_GROUP, offsetof(sample_listener, notify),
     sample_listener_run_notify, NULL},
    {"refresh", &sample_noted_message, CATGA_BROADCAST, offsetof(sample_listener, refresh),
     sample_listener_run_refresh, NULL},
};
SAMPLE_MAYBE_UNUSED static const catga_service sample_answerer_service = {
    "Answerer", sample_answerer_handlers, 2, sizeof(sample_answerer), NULL};
SAMPLE_MAYBE_UNUSED static const catga_service sample_listener_service = {
    "Listener", sample_listener_handlers, 2, sizeof(sample_listener), NULL};

#endif
