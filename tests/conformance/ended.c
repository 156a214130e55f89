/*
 * Stored events that fail finally: the counting of their attempts, and their dead letters while the
 * dead-letter stream is full. ended local | nats (at $NATS_URL, with JetStream).
 */
#include "fixture.h"
#include "peer.h"

#include <ctype.h>
#include <stdatomic.h>

static const char *const subjects[] = {"catga.events.sample.v1.Kept",
                                       "catga.events.sample.v1.Once"};
static const catga_stream stream = {
    .name = "SAMPLE_V1",
    .subjects = subjects,
    .subject_count = 2,
    .window_ms = 120000,
};
static const catga_delivery kept_delivery = {
    .stream = &stream, .backoff_ms = 20, .backoff_longest_ms = 100, .dead_letter = true};
static const catga_delivery once_delivery = {.stream = &stream,
                                             .backoff_ms = 20,
                                             .backoff_longest_ms = 100,
                                             .dead_letter = true,
                                             .once = true};
static const catga_message kept = {.subject = "catga.events.sample.v1.Kept",
                                   .table = &sample_noted_table,
                                   .kind = CATGA_EVENT,
                                   .timeout_ms = 3000,
                                   .retries = 2,
                                   .delivery = &kept_delivery};
static const catga_message once = {.subject = "catga.events.sample.v1.Once",
                                   .table = &sample_noted_table,
                                   .kind = CATGA_EVENT,
                                   .timeout_ms = 3000,
                                   .retries = 2,
                                   .delivery = &once_delivery};
static const catga_handler kept_handlers[] = {
    {"notify", &kept, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service reader = {"Reader", kept_handlers, 1, sizeof(sample_listener), NULL};
static const catga_handler once_handlers[] = {
    {"notify", &once, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service exactly = {"Exactly", once_handlers, 1, sizeof(sample_listener), NULL};

/* Each message has its own case. */
typedef struct sort {
    const catga_message *message;
    const catga_service *service;
    const char *consumer;
} sort;

static const sort sorts[] = {{&kept, &reader, "Reader__notify"},
                             {&once, &exactly, "Exactly__notify"}};

/* tests/conformance/CMakeLists.txt gives the server the same LARGEST. */
enum { LARGEST = 65536, NUMBERS = 512, GOOD = 500, ACK_WAIT_MS = 400, DRAIN_MS = 4000 };

typedef struct fixture {
    fixture_base base;
    peer peer;
    char stream[128];
    char dead[128];
    atomic_uint runs[NUMBERS]; /* by number */
    atomic_uint total;
    atomic_uint last_attempt;
    atomic_uint delivered; /* number of deliveries to the peer */
    atomic_uint replies;   /* of them: deliveries with a reply subject */
    unsigned workers;
    unsigned unacknowledged;
} fixture;

static void put_name(const fixture *s, char *name, size_t size, const char *of)
{
    snprintf(name, size, "%s_%s", s->base.prefix, of);
    for (char *at = name; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
}

static int open_stage(void **state)
{
    fixture *s = fixture_new(sizeof *s, "ended");

    put_name(s, s->stream, sizeof s->stream, "SAMPLE_V1");
    put_name(s, s->dead, sizeof s->dead, "SAMPLE_V1_DEAD");
    s->unacknowledged = 256;
    if (s->base.broker != NULL)
        catga_local_set_max_payload(s->base.broker, LARGEST);
    peer_open(&s->peer, s->base.broker);
    *state = s;
    return 0;
}

static int close_stage(void **state)
{
    fixture *s = *state;

    while (s->base.bus_count > 0)
        fixture_leave(&s->base);
    peer_close(&s->peer);
    return fixture_clear(state);
}

static catga_bus *join(fixture *s, const char *instance)
{
    return fixture_join(&s->base, (catga_options){.instance = instance,
                                                  .ack_wait_ms = ACK_WAIT_MS,
                                                  .lease_ms = 400,
                                                  .drain_wait_ms = DRAIN_MS,
                                                  .workers = s->workers,
                                                  .unacknowledged = s->unacknowledged});
}

static void pause_for(long milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

static void publish(catga_bus *bus, const catga_message *message, uint32_t number)
{
    sample numbered = {CATGA_STR("kept"), number};

    assert_int_equal(catga_publish(bus, message, &numbered), CATGA_OK);
}

/* ---- Handlers ---- */

static void note(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    atomic_fetch_add(&s->runs[sample_get_number(view) % NUMBERS], 1);
    atomic_store(&s->last_attempt, catga_context_attempt(context));
    atomic_fetch_add(&s->total, 1);
}

static catga_status fail_always(catga_context *context, sample_view view)
{
    note(context, view);
    return CATGA_HANDLER_FAILED;
}

static catga_status reject_all_but_good(catga_context *context, sample_view view)
{
    note(context, view);
    return sample_get_number(view) >= GOOD ? CATGA_OK : catga_reject(context, "no use");
}

static void serve(fixture *s, catga_bus *bus, const catga_service *service,
                  sample_function *function)
{
    const sample_listener functions = {function, function};

    assert_int_equal(catga_serve(bus, service, &functions, s), CATGA_OK);
}

/* ---- The server ---- */

static void ask_server(fixture *s, const char *subject, const char *body)
{
    const catga_outgoing request = {
        .subject = subject, .data = (const uint8_t *)body, .length = strlen(body)};
    uint64_t token = peer_token(&s->peer);

    assert_int_equal(s->peer.transport->operations->request(s->peer.transport, &request, token),
                     CATGA_OK);
    (void)peer_wait(&s->peer, token);
}

/* Limits the dead-letter stream to this number of messages; -1 removes the limit. The first service
 * creates the stream. */
static void limit_dead_letters(fixture *s, int messages)
{
    char subject[256], body[512];

    if (s->base.broker != NULL) {
        assert_int_equal(
            catga_local_set_limits(s->base.broker, s->dead, messages < 0 ? 0 : (size_t)messages, 0),
            CATGA_OK);
        return;
    }
    snprintf(subject, sizeof subject, "$JS.API.STREAM.UPDATE.%s", s->dead);
    snprintf(body, sizeof body,
             "{\"name\":\"%s\",\"subjects\":[\"%s.dead.%s.*\"],\"retention\":\"limits\","
             "\"storage\":\"file\",\"discard\":\"new\",\"max_msgs\":%d,\"max_bytes\":-1,"
             "\"max_age\":604800000000000,\"duplicate_window\":120000000000,\"num_replicas\":1}",
             s->dead, s->base.prefix, s->stream, messages);
    ask_server(s, subject, body);
}

/* ---- Attempts ---- */

static void return_at_once(void *user, catga_incoming *message)
{
    fixture *s = user;
    const catga_transport_operations *operations = s->peer.transport->operations;

    atomic_fetch_add(&s->delivered, 1);
    if (message->reply != NULL)
        atomic_fetch_add(&s->replies, 1);
    (void)s->peer.transport->streams->settle(s->peer.transport, message, CATGA_SETTLE_RETRY, 0);
    operations->release(message);
}

/* Makes the server deliver the event to a peer without handler, more often than the allowed
 * attempts. */
static void deliver_in_vain(fixture *s, const sort *of, unsigned times)
{
    const catga_transport_operations *operations = s->peer.transport->operations;
    char subject[256];
    const catga_consumer_settings consumer = {.stream = s->stream,
                                              .name = of->consumer,
                                              .subject = subject,
                                              .ack_wait_ns = ACK_WAIT_MS * CATGA_MILLISECOND,
                                              .unacknowledged = s->unacknowledged,
                                              .workers = 1,
                                              .receive = return_at_once,
                                              .user = s};
    catga_subscription *subscription;
    catga_problem problem = {""};

    snprintf(subject, sizeof subject, "%s%s", s->base.prefix, strchr(of->message->subject, '.'));
    assert_int_equal(
        s->peer.transport->streams->consume(s->peer.transport, &consumer, &subscription, &problem),
        CATGA_OK);
    wait_until(atomic_load(&s->delivered) >= times);
    assert_int_equal(atomic_load(&s->replies), 0); /* a delivery is settled, not answered */
    while (operations->drain(s->peer.transport, subscription, 100) != CATGA_OK)
        continue;
    operations->unsubscribe(s->peer.transport, subscription);
}

static void deliveries_are_no_attempts(fixture *s, const sort *of)
{
    catga_bus *bus = join(s, "a");

    publish(bus, of->message, 1);
    deliver_in_vain(s, of, 40);
    serve(s, bus, of->service, fail_always);
    wait_until(catga_count(bus).dead_letters == 1);
    assert_int_equal(atomic_load(&s->total), 3);
    assert_int_equal(atomic_load(&s->last_attempt), 3);
}

static void deliveries_that_reach_no_handler_are_no_attempts(void **state)
{
    deliveries_are_no_attempts(*state, &sorts[0]);
}

static void deliveries_that_reach_no_handler_are_no_attempts_at_a_claim(void **state)
{
    deliveries_are_no_attempts(*state, &sorts[1]);
}

/* ---- A full dead-letter stream ---- */

static uint64_t dead_letters_of(fixture *s)
{
    uint64_t count = 0;

    for (size_t i = 0; i < s->base.bus_count; i++)
        count += catga_count(s->base.buses[i]).dead_letters;
    return count;
}

/* The first dead letter fills the stream. Then `count` more events are rejected. */
static catga_bus *reject_without_room(fixture *s, const sort *of, unsigned count)
{
    catga_bus *bus = join(s, "a");

    serve(s, bus, of->service, reject_all_but_good);
    limit_dead_letters(s, 1);
    publish(bus, of->message, 0);
    wait_until(dead_letters_of(s) == 1);
    for (uint32_t i = 1; i <= count; i++)
        publish(bus, of->message, i);
    wait_until(atomic_load(&s->total) == count + 1);
    return bus;
}

static void assert_each_ran_once(fixture *s, unsigned count)
{
    for (uint32_t i = 0; i <= count; i++)
        assert_int_equal(atomic_load(&s->runs[i]), 1);
}

static void without_room(fixture *s, const sort *of)
{
    enum { REJECTED = 11 };
    catga_bus *bus = reject_without_room(s, of, REJECTED);
    for (uint32_t i = 0; i < 3; i++)
        publish(bus, of->message, GOOD + i);
    wait_until(atomic_load(&s->total) == REJECTED + 1 + 3); /* later events run at once */
    pause_for(3 * ACK_WAIT_MS);
    assert_each_ran_once(s, REJECTED);
    assert_int_equal(dead_letters_of(s), 1);
    limit_dead_letters(s, -1);
    wait_until(dead_letters_of(s) == REJECTED + 1);
    pause_for(2 * ACK_WAIT_MS);
    assert_each_ran_once(s, REJECTED);
    assert_int_equal(dead_letters_of(s), REJECTED + 1);
}

static void events_that_are_given_up_run_once_while_there_is_no_room(void **state)
{
    without_room(*state, &sorts[0]);
}

static void claimed_events_that_are_given_up_run_once_while_there_is_no_room(void **state)
{
    without_room(*state, &sorts[1]);
}

/* A draining replica hands back rejected events. Another replica stores them without running the
 * handler. */
static void drain_without_room(fixture *s, const sort *of)
{
    enum { REJECTED = 5 };
    catga_bus *first = reject_without_room(s, of, REJECTED);
    pause_for(100);
    int64_t begin = catga_clock_now();
    assert_int_equal(catga_drain(first), CATGA_OK);
    assert_true(catga_clock_now() - begin < DRAIN_MS * CATGA_MILLISECOND);
    fixture_leave(&s->base);
    catga_bus *second = join(s, "b");
    serve(s, second, of->service, reject_all_but_good);
    publish(second, of->message, GOOD);
    wait_until(atomic_load(&s->runs[GOOD]) == 1);
    limit_dead_letters(s, -1);
    wait_until(dead_letters_of(s) == REJECTED);
    assert_each_ran_once(s, REJECTED);
    assert_int_equal(atomic_load(&s->total), REJECTED + 1 + 1);
}

static void a_replica_that_drains_hands_back_what_it_cannot_store(void **state)
{
    drain_without_room(*state, &sorts[0]);
}

static void a_replica_that_drains_hands_back_claimed_events_that_it_cannot_store(void **state)
{
    drain_without_room(*state, &sorts[1]);
}

/* A rejected event that finds no room in the queue is handed back, and does not run again. */
static void more_events_are_given_up_than_a_process_holds(void **state)
{
    enum { REJECTED = 290 };
    fixture *s = *state;
    s->unacknowledged = 400;
    catga_bus *bus = reject_without_room(s, &sorts[0], REJECTED);
    publish(bus, &kept, GOOD);
    wait_until(atomic_load(&s->runs[GOOD]) == 1);
    pause_for(1500);
    assert_each_ran_once(s, REJECTED);
    limit_dead_letters(s, -1);
    wait_until(dead_letters_of(s) == REJECTED + 1);
    assert_each_ran_once(s, REJECTED);
}

/* ---- Events close to the size limit ---- */

/* Stores an event of this size from a publisher that reserves no room for headers. */
static catga_status publish_large(catga_bus *bus, const catga_message *message, size_t bytes)
{
    const sample empty = {{"", 0}, GOOD - 1};
    uint8_t buffer[256];
    size_t frame = 0;

    assert_int_equal(catga_encode(&sample_noted_table, &empty, buffer, sizeof buffer, &frame, NULL),
                     CATGA_OK);
    char *text = malloc(bytes);
    assert_non_null(text);
    memset(text, 'x', bytes);
    const sample large = {{text, bytes - frame}, GOOD - 1};
    catga_status status = catga_publish(bus, message, &large);
    free(text);
    return status;
}

typedef struct seen {
    unsigned count;
    uint64_t omitted;
    uint64_t sequence;
    size_t length;
} seen;

static bool see(const catga_dead_letter *letter, void *user)
{
    seen *s = user;

    s->count++;
    s->omitted = letter->omitted;
    s->sequence = letter->sequence;
    s->length = letter->data.length;
    return true;
}

static seen look(catga_bus *bus)
{
    seen s = {0};

    assert_int_equal(catga_dead_letters(bus, "SAMPLE_V1", 1, see, &s), CATGA_OK);
    return s;
}

static void a_publisher_leaves_room_for_the_dead_letter(void **state)
{
    fixture *s = *state;
    catga_bus *bus = join(s, "a");

    serve(s, bus, &reader, reject_all_but_good);
    assert_int_equal(publish_large(bus, &kept, LARGEST - CATGA_DEAD_LETTER_ROOM + 8),
                     CATGA_TOO_LARGE);
    assert_int_equal(publish_large(bus, &kept, LARGEST - CATGA_DEAD_LETTER_ROOM - 64), CATGA_OK);
    wait_until(dead_letters_of(s) == 1);
    assert_int_equal(look(bus).omitted, 0);
    assert_true(look(bus).length > LARGEST - CATGA_DEAD_LETTER_ROOM - 128);
}

/* Another publisher reserves no room, so the dead letter only names the event. */
static void an_event_too_large_to_copy(fixture *s, const sort *of)
{
    static const catga_delivery without = {.stream = &stream};
    catga_message other = *of->message;
    catga_bus *bus = join(s, "a");

    other.delivery = &without;
    serve(s, bus, of->service, reject_all_but_good);
    publish(bus, of->message, GOOD);
    assert_int_equal(publish_large(bus, &other, LARGEST - 200), CATGA_OK);
    wait_until(dead_letters_of(s) == 1);
    const seen letter = look(bus);
    assert_int_equal(letter.count, 1);
    assert_int_equal(letter.length, 0);
    assert_true(letter.omitted > LARGEST - 300);
    assert_int_equal(letter.sequence, 2);
    pause_for(2 * ACK_WAIT_MS);
    assert_int_equal(atomic_load(&s->runs[GOOD - 1]), 1);
    assert_int_equal(catga_dead_letter_replay(bus, "SAMPLE_V1", 1, 5000, NULL),
                     CATGA_HANDLER_FAILED);
    assert_int_equal(atomic_load(&s->runs[GOOD - 1]), 2);
    catga_problem problem = {""};
    assert_int_equal(s->peer.transport->streams->erase(s->peer.transport, s->stream, 2, &problem),
                     CATGA_OK);
    assert_int_equal(catga_dead_letter_replay(bus, "SAMPLE_V1", 1, 5000, &problem),
                     CATGA_NOT_FOUND);
    assert_non_null(strstr(problem.text, s->stream));
    assert_int_equal(look(bus).count, 1);
}

static void an_event_too_large_to_copy_is_named(void **state)
{
    an_event_too_large_to_copy(*state, &sorts[0]);
}

static void a_claimed_event_too_large_to_copy_is_named(void **state)
{
    an_event_too_large_to_copy(*state, &sorts[1]);
}

/* ---- Attempt records that cannot be written: on the local server ---- */

static void an_end_that_cannot_be_recorded_waits(void **state)
{
    fixture *s = *state;

    if (s->base.broker == NULL)
        return;
    catga_bus *bus = join(s, "a");
    serve(s, bus, &reader, reject_all_but_good);
    catga_local_set_allowed(s->base.broker, "$KV.>", false);
    publish(bus, &kept, 1);
    publish(bus, &kept, GOOD);
    wait_until(atomic_load(&s->total) == 2);
    pause_for(3 * ACK_WAIT_MS);
    assert_int_equal(dead_letters_of(s), 0);
    assert_int_equal(atomic_load(&s->total), 2);
    catga_local_set_allowed(s->base.broker, "$KV.>", true);
    wait_until(dead_letters_of(s) == 1);
    assert_int_equal(atomic_load(&s->total), 2);
}

/* The first run fails without a record, so it is not counted. */
static void runs_that_cannot_be_recorded_wait(void **state)
{
    fixture *s = *state;

    if (s->base.broker == NULL)
        return;
    catga_bus *bus = join(s, "a");
    serve(s, bus, &reader, fail_always);
    catga_local_set_allowed(s->base.broker, "$KV.>", false);
    publish(bus, &kept, 1);
    wait_until(catga_count(bus).redelivered >= 1);
    pause_for(3 * ACK_WAIT_MS);
    assert_int_equal(atomic_load(&s->total), 1);
    catga_local_set_allowed(s->base.broker, "$KV.>", true);
    wait_until(dead_letters_of(s) == 1);
    assert_int_equal(atomic_load(&s->total), 1 + 3);
    assert_int_equal(atomic_load(&s->last_attempt), 3);
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, open_stage, close_stage)
    const struct CMUnitTest tests[] = {
        CASE(deliveries_that_reach_no_handler_are_no_attempts),
        CASE(deliveries_that_reach_no_handler_are_no_attempts_at_a_claim),
        CASE(events_that_are_given_up_run_once_while_there_is_no_room),
        CASE(claimed_events_that_are_given_up_run_once_while_there_is_no_room),
        CASE(a_replica_that_drains_hands_back_what_it_cannot_store),
        CASE(a_replica_that_drains_hands_back_claimed_events_that_it_cannot_store),
        CASE(more_events_are_given_up_than_a_process_holds),
        CASE(a_publisher_leaves_room_for_the_dead_letter),
        CASE(an_event_too_large_to_copy_is_named),
        CASE(a_claimed_event_too_large_to_copy_is_named),
        CASE(an_end_that_cannot_be_recorded_waits),
        CASE(runs_that_cannot_be_recorded_wait),
    };
    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
