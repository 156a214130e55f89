/*
 * Streams and consumers with other settings than the runtime's. Each field that a promise depends
 * on is reported, and nothing is changed. At $NATS_URL, with JetStream.
 */
#include "nats_peer.h"

#include <nats/nats.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SECOND 1000000000

static peer self;
static natsConnection *operator;

static const char *const subjects[] = {"drift.a", "drift.b"};
static const catga_stream_settings stream = {.name = "DRIFT",
                                             .subjects = subjects,
                                             .subject_count = 2,
                                             .max_age_ns = 60LL * SECOND,
                                             .window_ns = 10LL * SECOND,
                                             .replicas = 1,
                                             .compared = CATGA_STREAM_DELIVERY};
static const catga_consumer_settings consumer = {.stream = "DRIFT",
                                                 .name = "one",
                                                 .subject = "drift.a",
                                                 .ack_wait_ns = 5LL * SECOND,
                                                 .unacknowledged = 100,
                                                 .receive = peer_pong,
                                                 .user = &self};

static const char stream_as_it_should_be[] =
    "{\"name\":\"DRIFT\",\"subjects\":[\"drift.a\",\"drift.b\"],\"retention\":\"limits\","
    "\"storage\":\"file\",\"discard\":\"new\",\"no_ack\":false,\"max_msgs_per_subject\":-1,"
    "\"duplicate_window\":10000000000,\"num_replicas\":1}";
static const char consumer_as_it_should_be[] =
    "{\"stream_name\":\"DRIFT\",\"config\":{\"durable_name\":\"one\","
    "\"filter_subject\":\"drift.a\","
    "\"deliver_policy\":\"all\",\"ack_policy\":\"explicit\",\"replay_policy\":\"instant\","
    "\"max_deliver\":-1,\"ack_wait\":5000000000,\"max_ack_pending\":100,"
    "\"inactive_threshold\":0}}";

/* ---- The operator ---- */

/* Returns the server's answer, to be freed. */
static char *ask(const char *subject, const char *body)
{
    natsMsg *answer = NULL;

    assert_int_equal(natsConnection_RequestString(&answer, operator, subject, body, 5000), NATS_OK);
    char *text = strndup(natsMsg_GetData(answer), (size_t)natsMsg_GetDataLength(answer));
    natsMsg_Destroy(answer);
    return text;
}

/*
 * Returns the settings of the stream and the time of its creation, to be freed. Omits the rest of
 * the answer: newer servers add the current time there.
 */
static char *ask_stream(void)
{
    char *answer = ask("$JS.API.STREAM.INFO.DRIFT", "");
    char *end = strstr(answer, "\"state\":");

    assert_non_null(strstr(answer, "\"config\":"));
    assert_non_null(strstr(answer, "\"created\":"));
    assert_non_null(end);
    *end = '\0';
    return answer;
}

static void make(const char *subject, const char *body)
{
    char *answer = ask(subject, body);

    if (strstr(answer, "\"error\"") != NULL)
        fail_msg("%s", answer);
    free(answer);
}

/* Returns the description `of` with one field changed. */
static void make_otherwise(const char *subject, const char *of, const char *field,
                           const char *as_it_is, const char *otherwise)
{
    char there[128];
    char body[1024];

    snprintf(there, sizeof there, "\"%s\":%s", field, as_it_is);
    const char *at = strstr(of, there);
    assert_non_null(at);
    snprintf(body, sizeof body, "%.*s\"%s\":%s%s", (int)(at - of), of, field, otherwise,
             at + strlen(there));
    make(subject, body);
}

/* Adds a field to the settings of a consumer. */
static void make_with(const char *subject, const char *of, const char *field)
{
    static const char begin[] = "\"config\":{";
    char body[1024];
    const char *at = strstr(of, begin);

    assert_non_null(at);
    int before = (int)(at - of) + (int)strlen(begin);
    snprintf(body, sizeof body, "%.*s%s%s", before, of, field, of + before);
    make(subject, body);
}

static int come(void **state)
{
    (void)state;
    if (natsConnection_ConnectTo(&operator, getenv("NATS_URL")) != NATS_OK)
        return -1;
    return peer_open(&self, getenv("NATS_URL"), 2000) == CATGA_OK ? 0 : -1;
}

static int go(void **state)
{
    (void)state;
    peer_close(&self);
    free(ask("$JS.API.STREAM.DELETE.DRIFT", ""));
    natsConnection_Destroy(operator);
    return 0;
}

/* ---- Drift ---- */

typedef struct difference {
    const char *field;
    const char *as_it_should_be;
    const char *otherwise;
} difference;

static void assert_drift(catga_status status, const catga_problem *problem, const char *field)
{
    if (status != CATGA_DRIFTED || strstr(problem->text, field) == NULL)
        fail_msg("%s: %s: %s", field, catga_status_name(status), problem->text);
}

static void each_field_of_a_stream_is_named(void **state)
{
    static const difference differences[] = {
        {"subjects", "[\"drift.a\",\"drift.b\"]", "[\"drift.a\"]"},
        {"retention", "\"limits\"", "\"workqueue\""},
        {"storage", "\"file\"", "\"memory\""},
        {"discard", "\"new\"", "\"old\""},
        {"no_ack", "false", "true"},
        {"max_msgs_per_subject", "-1", "5"},
        {"duplicate_window", "10000000000", "9000000000"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof differences / sizeof differences[0]; i++) {
        const difference *d = &differences[i];
        catga_problem problem = {""};
        make_otherwise("$JS.API.STREAM.CREATE.DRIFT", stream_as_it_should_be, d->field,
                       d->as_it_should_be, d->otherwise);
        char *before = ask_stream();
        assert_drift(self.transport->streams->ensure(self.transport, &stream, &problem), &problem,
                     d->field);
        char *after = ask_stream();
        assert_string_equal(before, after);
        free(before);
        free(after);
        make("$JS.API.STREAM.DELETE.DRIFT", "");
    }
}

static void each_field_of_a_consumer_is_named(void **state)
{
    static const difference differences[] = {
        {"filter_subject", "\"drift.a\"", "\"drift.b\""}, {"deliver_policy", "\"all\"", "\"new\""},
        {"ack_policy", "\"explicit\"", "\"all\""},        {"max_deliver", "-1", "3"},
        {"ack_wait", "5000000000", "6000000000"},         {"max_ack_pending", "100", "99"},
        {"inactive_threshold", "0", "7000000000"},
    };

    (void)state;
    make("$JS.API.STREAM.CREATE.DRIFT", stream_as_it_should_be);
    for (size_t i = 0; i < sizeof differences / sizeof differences[0]; i++) {
        const difference *d = &differences[i];
        catga_problem problem = {""};
        catga_subscription *subscription;
        make_otherwise("$JS.API.CONSUMER.DURABLE.CREATE.DRIFT.one", consumer_as_it_should_be,
                       d->field, d->as_it_should_be, d->otherwise);
        assert_drift(
            self.transport->streams->consume(self.transport, &consumer, &subscription, &problem),
            &problem, d->field);
        char *after = ask("$JS.API.CONSUMER.INFO.DRIFT.one", "");
        if (d->otherwise[0] != '0' && strstr(after, d->otherwise) == NULL)
            fail_msg("%s was changed: %s", d->field, after);
        free(after);
        make("$JS.API.CONSUMER.DELETE.DRIFT.one", "");
    }
}

/* Settings of earlier versions; the log line says what to do. */
static void a_push_consumer_is_reported(void **state)
{
    catga_problem problem = {""};
    catga_subscription *subscription;

    (void)state;
    make("$JS.API.STREAM.CREATE.DRIFT", stream_as_it_should_be);
    make("$JS.API.CONSUMER.DURABLE.CREATE.DRIFT.one",
         "{\"stream_name\":\"DRIFT\",\"config\":{\"durable_name\":\"one\","
         "\"deliver_subject\":\"deliver.one\",\"deliver_group\":\"one\","
         "\"filter_subject\":\"drift.a\",\"ack_policy\":\"explicit\","
         "\"max_deliver\":-1,\"ack_wait\":5000000000,\"max_ack_pending\":100}}");
    assert_drift(
        self.transport->streams->consume(self.transport, &consumer, &subscription, &problem),
        &problem, "deliver_subject must not be set");
    char *after = ask("$JS.API.CONSUMER.INFO.DRIFT.one", "");
    assert_non_null(strstr(after, "deliver.one"));
    free(after);
}

/* ---- Consumers of other programs ---- */

/* Ours has other settings, which a joined consumer does not need. */
static const char joined_as_it_should_be[] =
    "{\"stream_name\":\"DRIFT\",\"config\":{\"durable_name\":\"one\","
    "\"filter_subject\":\"drift.a\",\"ack_policy\":\"explicit\","
    "\"deliver_policy\":\"new\",\"max_deliver\":-1,\"ack_wait\":700000000,\"max_ack_pending\":7}}";

static catga_status join(catga_subscription **subscription, catga_problem *problem)
{
    catga_consumer_settings joining = consumer;

    joining.joins = true;
    return self.transport->streams->consume(self.transport, &joining, subscription, problem);
}

static void each_unfit_field_of_a_joined_consumer_is_named(void **state)
{
    static const difference differences[] = {
        {"filter_subject", "\"drift.a\"", "\"drift.b\""},
        {"filter_subject", "\"drift.a\"", "\"drift.*\""},
        {"filter_subject", "\"drift.a\"", "\"\""},
        {"ack_policy", "\"explicit\"", "\"all\""},
        {"max_deliver", "-1", "5"},
        {"ack_wait", "700000000", "30"},
        {"headers_only", "", "true"},
        {"max_batch", "", "1"},
        {"max_expires", "", "1000000"},
        {"max_bytes", "", "1000"},
    };

    (void)state;
    make("$JS.API.STREAM.CREATE.DRIFT", stream_as_it_should_be);
    for (size_t i = 0; i < sizeof differences / sizeof differences[0]; i++) {
        const difference *d = &differences[i];
        catga_problem problem = {""};
        catga_subscription *subscription;
        char added[64];
        snprintf(added, sizeof added, "\"%s\":%s,", d->field, d->otherwise);
        if (d->as_it_should_be[0] != '\0')
            make_otherwise("$JS.API.CONSUMER.DURABLE.CREATE.DRIFT.one", joined_as_it_should_be,
                           d->field, d->as_it_should_be, d->otherwise);
        else
            make_with("$JS.API.CONSUMER.DURABLE.CREATE.DRIFT.one", joined_as_it_should_be, added);
        assert_drift(join(&subscription, &problem), &problem, d->field);
        make("$JS.API.CONSUMER.DELETE.DRIFT.one", "");
    }
}

static void a_push_consumer_is_not_joined(void **state)
{
    catga_problem problem = {""};
    catga_subscription *subscription;

    (void)state;
    make("$JS.API.STREAM.CREATE.DRIFT", stream_as_it_should_be);
    make_with("$JS.API.CONSUMER.DURABLE.CREATE.DRIFT.one", joined_as_it_should_be,
              "\"deliver_subject\":\"deliver.one\",");
    assert_drift(join(&subscription, &problem), &problem,
                 "deliver_subject is \"deliver.one\", and must be not set");
}

/* A consumer that its program deletes is not recreated: that is the program's affair. */
static void a_joined_consumer_is_left_as_it_is(void **state)
{
    catga_problem problem = {""};
    catga_subscription *subscription;

    (void)state;
    make("$JS.API.STREAM.CREATE.DRIFT", stream_as_it_should_be);
    make("$JS.API.CONSUMER.DURABLE.CREATE.DRIFT.one", joined_as_it_should_be);
    assert_int_equal(join(&subscription, &problem), CATGA_OK);
    char *info = ask("$JS.API.CONSUMER.INFO.DRIFT.one", "");
    assert_non_null(strstr(info, "\"ack_wait\":700000000"));
    assert_non_null(strstr(info, "\"max_ack_pending\":7"));
    free(info);
    make("$JS.API.CONSUMER.DELETE.DRIFT.one", "");
    assert_true(reaches(&self.events[CATGA_STORAGE_MISSING], 1, 20000));
    pause_ms(3500);
    info = ask("$JS.API.CONSUMER.INFO.DRIFT.one", "");
    assert_non_null(strstr(info, "consumer not found"));
    free(info);
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
}

/* An absent consumer is created with the settings of a handler. */
static void an_absent_consumer_is_created_for_its_group(void **state)
{
    catga_problem problem = {""};
    catga_subscription *subscription;

    (void)state;
    make("$JS.API.STREAM.CREATE.DRIFT", stream_as_it_should_be);
    assert_int_equal(join(&subscription, &problem), CATGA_OK);
    char *info = ask("$JS.API.CONSUMER.INFO.DRIFT.one", "");
    assert_non_null(strstr(info, "\"ack_wait\":5000000000"));
    free(info);
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
}

/* A consumer without a filter fits a stream without other subjects. */
static void a_consumer_of_the_whole_stream_is_joined(void **state)
{
    catga_problem problem = {""};
    catga_subscription *subscription;

    (void)state;
    make("$JS.API.STREAM.CREATE.DRIFT",
         "{\"name\":\"DRIFT\",\"subjects\":[\"drift.a\"],\"storage\":\"memory\"}");
    make("$JS.API.CONSUMER.DURABLE.CREATE.DRIFT.one",
         "{\"stream_name\":\"DRIFT\",\"config\":{\"durable_name\":\"one\","
         "\"ack_policy\":\"explicit\"}}");
    assert_int_equal(join(&subscription, &problem), CATGA_OK);
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
}

/* ---- No drift ---- */

/* The second time nothing is created, and nothing is reported. */
static void a_stream_and_consumer_without_drift_are_used(void **state)
{
    catga_problem problem = {""};
    catga_subscription *subscription;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(self.transport->streams->ensure(self.transport, &stream, &problem),
                         CATGA_OK);
        assert_int_equal(
            self.transport->streams->consume(self.transport, &consumer, &subscription, &problem),
            CATGA_OK);
        assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
    }
}

/* The server deletes the consumer of a broadcast's replica after the configured absence, and not
 * before. */
static void the_consumer_of_an_absent_replica_is_deleted(void **state)
{
    catga_consumer_settings brief = consumer;
    catga_problem problem = {""};
    catga_subscription *subscription;
    char *info;

    (void)state;
    brief.unused_ns = SECOND;
    brief.only_new = true;
    make("$JS.API.STREAM.CREATE.DRIFT", stream_as_it_should_be);
    assert_int_equal(
        self.transport->streams->consume(self.transport, &brief, &subscription, &problem),
        CATGA_OK);
    pause_ms(2500);
    info = ask("$JS.API.CONSUMER.INFO.DRIFT.one", "");
    assert_null(strstr(info, "\"error\""));
    free(info);
    assert_int_equal(peer_unsubscribe(&self, subscription), CATGA_OK);
    for (int i = 0; i < 100; i++) {
        pause_ms(100);
        info = ask("$JS.API.CONSUMER.INFO.DRIFT.one", "");
        bool gone = strstr(info, "consumer not found") != NULL;
        free(info);
        if (gone)
            return;
    }
    fail_msg("it is still there");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_field_of_a_stream_is_named, come, go),
        cmocka_unit_test_setup_teardown(each_field_of_a_consumer_is_named, come, go),
        cmocka_unit_test_setup_teardown(a_push_consumer_is_reported, come, go),
        cmocka_unit_test_setup_teardown(each_unfit_field_of_a_joined_consumer_is_named, come, go),
        cmocka_unit_test_setup_teardown(a_push_consumer_is_not_joined, come, go),
        cmocka_unit_test_setup_teardown(a_joined_consumer_is_left_as_it_is, come, go),
        cmocka_unit_test_setup_teardown(an_absent_consumer_is_created_for_its_group, come, go),
        cmocka_unit_test_setup_teardown(a_consumer_of_the_whole_stream_is_joined, come, go),
        cmocka_unit_test_setup_teardown(a_stream_and_consumer_without_drift_are_used, come, go),
        cmocka_unit_test_setup_teardown(the_consumer_of_an_absent_replica_is_deleted, come, go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
