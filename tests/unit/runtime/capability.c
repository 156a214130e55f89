/* A transport without streams or without records: the bus refuses what needs them, and says why. */
#include "bus/bus_state.h"
#include "bus_fixture.h"
#include "kept.h"

#include <stdio.h>

static const catga_delivery delivery = {.stream = &kept_stream};
static const catga_message kept = KEPT(&delivery, .timeout_ms = 1000, .retries = 2);
static const catga_handler stored_handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service stored = {"Reader", stored_handlers, 1, sizeof(sample_listener), NULL};

static const catga_claims claims = {"SAMPLE_V1_Echo", 60000};
static const catga_message claimed = {
    .subject = "catga.commands.sample.v1.Echo",
    .table = &sample_echo_table,
    .result = &sample_answer_table,
    .kind = CATGA_COMMAND,
    .timeout_ms = 1000,
    .claims = &claims,
};
static const catga_handler claimed_handlers[] = {
    {"echo", &claimed, CATGA_GROUP, offsetof(sample_answerer, echo), sample_answerer_run_echo,
     NULL},
};
static const catga_service idempotent = {"Answerer", claimed_handlers, 1, sizeof(sample_answerer),
                                         NULL};

static const catga_handler plain_handlers[] = {
    {"echo", &sample_echo_message, CATGA_GROUP, offsetof(sample_answerer, echo),
     sample_answerer_run_echo, NULL},
};
static const catga_service plain = {"Answerer", plain_handlers, 1, sizeof(sample_answerer), NULL};

static catga_status notify(catga_context *context, sample_view view)
{
    (void)context;
    (void)view;
    return CATGA_OK;
}

static catga_status echo(catga_context *context, sample_view view)
{
    const sample answer = {sample_get_text(view), sample_get_number(view)};

    return catga_answer(context, &sample_echo_message, &answer);
}

static const sample_listener listener = {.notify = notify};
static const sample_answerer answerer = {.echo = echo};
static const sample input = {{"hello", 5}, 1};

/* Keeps the last error or warning of the log. */
static void keep_error(void *user, catga_log_level level, const char *text)
{
    if (level <= CATGA_LOG_WARNING)
        snprintf(user, CATGA_PROBLEM_TEXT, "%s", text);
}

typedef struct trimmed {
    catga_local *broker;
    catga_bus *bus;
    char error[CATGA_PROBLEM_TEXT];
} trimmed;

static int open_trimmed(void **state)
{
    trimmed *t = calloc(1, sizeof *t);

    if (t == NULL || catga_local_open(&t->broker) != CATGA_OK)
        return -1;
    t->bus = open_bus(t->broker, (catga_options){.log = keep_error, .log_user = t->error});
    *state = t;
    return 0;
}

static int close_trimmed(void **state)
{
    trimmed *t = *state;

    catga_close(t->bus);
    catga_local_close(t->broker);
    free(t);
    return 0;
}

static catga_transport *transport_of(trimmed *t)
{
    return t->bus->state->transport;
}

static void assert_unsupported(trimmed *t, catga_status status, const char *reason)
{
    assert_int_equal(status, CATGA_UNSUPPORTED);
    assert_non_null(strstr(t->error, reason));
    t->error[0] = '\0';
}

static void assert_plain_works(trimmed *t)
{
    catga_reply reply;

    assert_int_equal(catga_serve(t->bus, &plain, &answerer, NULL), CATGA_OK);
    assert_int_equal(catga_call(t->bus, &sample_echo_message, &input, &reply), CATGA_OK);
    catga_received_free(reply.received);
    assert_int_equal(catga_publish(t->bus, &sample_noted_message, &input), CATGA_OK);
}

static bool see(const catga_dead_letter *letter, void *user)
{
    (void)letter;
    (void)user;
    return true;
}

static void a_transport_without_streams_stores_nothing(void **state)
{
    static const char reason[] = "the transport has no streams";
    trimmed *t = *state;
    catga_problem problem;

    transport_of(t)->streams = NULL;
    assert_unsupported(t, catga_serve(t->bus, &stored, &listener, NULL), reason);
    assert_unsupported(t, catga_publish(t->bus, &kept, &input), reason);
    assert_unsupported(t, catga_dead_letters(t->bus, "SAMPLE_V1", 1, see, NULL), reason);
    assert_unsupported(t, catga_dead_letter_remove(t->bus, "SAMPLE_V1", 1), reason);
    assert_int_equal(catga_dead_letter_replay(t->bus, "SAMPLE_V1", 1, 1000, &problem),
                     CATGA_UNSUPPORTED);
    assert_non_null(strstr(problem.text, reason));
    assert_plain_works(t);
}

static void a_transport_without_records_claims_nothing(void **state)
{
    static const char reason[] = "the transport has no records";
    trimmed *t = *state;

    transport_of(t)->kv = NULL;
    assert_unsupported(t, catga_serve(t->bus, &idempotent, &answerer, NULL), reason);
    assert_unsupported(t, catga_serve(t->bus, &stored, &listener, NULL), reason);
    assert_int_equal(catga_publish(t->bus, &kept, &input), CATGA_OK);
    assert_plain_works(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_transport_without_streams_stores_nothing, open_trimmed,
                                        close_trimmed),
        cmocka_unit_test_setup_teardown(a_transport_without_records_claims_nothing, open_trimmed,
                                        close_trimmed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
