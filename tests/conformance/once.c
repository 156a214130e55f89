/*
 * Exactly-once events over each transport: once local | nats (at $NATS_URL, with JetStream). Two
 * replicas serve in each case.
 */
#include "fixture.h"
#include "peer.h"

#include <stdatomic.h>

enum { EVENTS = 256, LEASE_MS = 200 };

static const char *const subjects[] = {"catga.events.sample.v1.Shipped"};
static const catga_stream stream = {
    .name = "SAMPLE_V1",
    .subjects = subjects,
    .subject_count = 1,
    .window_ms = 120000,
};
static const catga_delivery delivery = {
    .stream = &stream,
    .backoff_ms = 20,
    .backoff_longest_ms = 100,
    .dead_letter = true,
    .once = true,
};
static const catga_message shipped = {
    .subject = "catga.events.sample.v1.Shipped",
    .table = &sample_noted_table,
    .kind = CATGA_EVENT,
    .timeout_ms = 3000,
    .retries = 2,
    .delivery = &delivery,
};

static const catga_handler handlers[] = {
    {"notify", &shipped, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
    {"refresh", &shipped, CATGA_BROADCAST, offsetof(sample_listener, refresh),
     sample_listener_run_refresh, NULL},
};
static const catga_service both = {"Reader", handlers, 2, sizeof(sample_listener), NULL};
static const catga_service group = {"Reader", handlers, 1, sizeof(sample_listener), NULL};

static const char nobody[] = "AAAAAAAAAAAAAAAAAAAAAA.3.4";

typedef struct fixture {
    fixture_base base;
    char subject[128];
    char bucket[128];
    catga_bus *buses[2]; /* of the replicas */
    peer peer;
    atomic_uint handled[EVENTS]; /* by number */
    atomic_uint total;
    atomic_uint refreshed;
    atomic_uint failures;  /* number of runs of the handler that still have to fail */
    atomic_bool outage;    /* the server stops after the handler's effect, */
    atomic_bool published; /* and after the publisher's call has returned */
    atomic_uint attempt;
    atomic_uint key_is_right;
    atomic_long run_ms;
} fixture;

static void pause_for(long milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

static void lose_server(fixture *s)
{
    while (!atomic_load(&s->published))
        pause_for(1);
    catga_local_set_connected(s->base.broker, false);
    atomic_store(&s->outage, false);
}

static catga_status notify(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);
    const catga_claim *claim = catga_context_claim(context);

    atomic_fetch_add(&s->handled[sample_get_number(view) % EVENTS], 1);
    atomic_fetch_add(&s->total, 1);
    atomic_store(&s->attempt, catga_context_attempt(context));
    atomic_fetch_add(&s->key_is_right, claim != NULL && claim->key.length > 16 &&
                                           memcmp(claim->key.data, "Reader__notify.", 15) == 0);
    if (atomic_load(&s->outage))
        lose_server(s);
    pause_for(atomic_load(&s->run_ms));
    if (atomic_load(&s->failures) == 0)
        return CATGA_OK;
    atomic_fetch_sub(&s->failures, 1);
    return CATGA_HANDLER_FAILED;
}

static catga_status refresh(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    (void)view;
    atomic_fetch_add(&s->refreshed, 1);
    return CATGA_OK;
}

static void serve(fixture *s, const catga_service *service, const catga_claim_store *store)
{
    static const sample_listener functions = {notify, refresh};
    static const char *const instances[] = {"a", "b"};

    for (unsigned i = 0; i < 2; i++) {
        s->buses[i] = fixture_join(
            &s->base, (catga_options){.instance = instances[i],
                                      .ack_wait_ms = 400,
                                      .lease_ms = LEASE_MS,
                                      .claims = store == NULL ? fixture_claims : store});
        assert_int_equal(catga_serve(s->buses[i], service, &functions, s), CATGA_OK);
    }
}

static int set_stage(void **state)
{
    fixture *s = fixture_new(sizeof *s, "ONCE");

    snprintf(s->subject, sizeof s->subject, "%s.events.sample.v1.Shipped", s->base.prefix);
    snprintf(s->bucket, sizeof s->bucket, "%s_SAMPLE_V1_DONE", s->base.prefix);
    peer_open(&s->peer, s->base.broker);
    *state = s;
    return 0;
}

static int clear_stage(void **state)
{
    fixture *s = *state;

    peer_close(&s->peer);
    return fixture_clear(state);
}

static void publish(fixture *s, uint32_t number)
{
    const sample numbered = {CATGA_STR("shipped"), number};

    assert_int_equal(catga_publish(s->buses[0], &shipped, &numbered), CATGA_OK);
}

static void claim(fixture *s, const char *id, const char *state, const char *owner)
{
    char key[128];

    fixture_needs_records();
    snprintf(key, sizeof key, "Reader__notify.%s", id);
    peer_claim(&s->peer, (catga_kv_key){s->bucket, key}, state, owner, 0);
}

static uint64_t repeated(const fixture *s)
{
    return catga_count(s->buses[0]).repeated + catga_count(s->buses[1]).repeated;
}

static uint64_t lost_claims(const fixture *s)
{
    return catga_count(s->buses[0]).claims_lost + catga_count(s->buses[1]).claims_lost;
}

/* ---- Cases ---- */

static void each_is_handled_once(void **state)
{
    fixture *s = *state;

    serve(s, &both, NULL);
    for (uint32_t i = 0; i < 50; i++)
        publish(s, i);
    wait_until(atomic_load(&s->total) == 50 && atomic_load(&s->refreshed) == 100);
    pause_for(600); /* longer than an unacknowledged event waits */
    for (uint32_t i = 0; i < 50; i++)
        assert_int_equal(atomic_load(&s->handled[i]), 1);
    assert_int_equal(atomic_load(&s->refreshed), 100);
    assert_int_equal(atomic_load(&s->key_is_right), 50);
}

static void a_done_event_is_acknowledged_and_does_not_run(void **state)
{
    fixture *s = *state;

    serve(s, &group, NULL);
    claim(s, "one", "done", nobody);
    peer_store(&s->peer, s->subject, "one", 1);
    peer_store(&s->peer, s->subject, "two", 2);
    wait_until(repeated(s) == 1 && atomic_load(&s->handled[2]) == 1);
    pause_for(600);
    assert_int_equal(atomic_load(&s->handled[1]), 0);
    assert_int_equal(repeated(s), 1); /* it was not delivered again */
}

/* This also holds when the server has forgotten the event's id. */
static void an_id_that_was_given_up_does_not_run(void **state)
{
    fixture *s = *state;

    serve(s, &group, NULL);
    claim(s, "one", "ended", nobody);
    peer_store(&s->peer, s->subject, "one", 1);
    peer_store(&s->peer, s->subject, "two", 2);
    wait_until(catga_count(s->buses[0]).dead_letters + catga_count(s->buses[1]).dead_letters == 1);
    wait_until(atomic_load(&s->handled[2]) == 1);
    pause_for(600);
    assert_int_equal(atomic_load(&s->handled[1]), 0);
}

static void events_of_a_dead_replica_run_after_its_lease(void **state)
{
    fixture *s = *state;

    serve(s, &group, NULL);
    claim(s, "one", "taken", nobody);
    int64_t began = catga_clock_now();
    peer_store(&s->peer, s->subject, "one", 1);
    wait_until(atomic_load(&s->total) == 1);
    assert_true(catga_clock_now() - began >= LEASE_MS * CATGA_MILLISECOND);
    assert_int_equal(atomic_load(&s->attempt), 2); /* whatever the number of redeliveries */
}

static void attempts_are_counted_over_replicas(void **state)
{
    fixture *s = *state;

    serve(s, &group, NULL);
    atomic_store(&s->failures, 100);
    publish(s, 7);
    wait_until(catga_count(s->buses[0]).dead_letters + catga_count(s->buses[1]).dead_letters == 1);
    pause_for(600);
    assert_int_equal(atomic_load(&s->total), 3);
    assert_int_equal(atomic_load(&s->attempt), 3);
    assert_int_equal(catga_count(s->buses[0]).dead_letters + catga_count(s->buses[1]).dead_letters,
                     1);
}

/* ---- Replayed dead letters ---- */

static bool count_letter(const catga_dead_letter *letter, void *user)
{
    unsigned *count = user;

    (void)letter;
    ++*count;
    return true;
}

static unsigned count_letters(fixture *s)
{
    unsigned count = 0;

    assert_int_equal(catga_dead_letters(s->buses[0], "SAMPLE_V1", 1, count_letter, &count),
                     CATGA_OK);
    return count;
}

/* Returns whether an attempt that gave event 7 up has released its claim, which is in Redis. */
static bool is_released(fixture *s)
{
    catga_claim claim = {.bucket = catga_str(s->bucket), .key = CATGA_STR("Reader__notify.seven")};

    if (fixture_claims == NULL)
        return true;
    if (fixture_claims->claim(fixture_claims->user, &claim) != CATGA_CLAIM_TAKEN)
        return false;
    fixture_claims->release(fixture_claims->user, &claim);
    return true;
}

/* Event 7, after all its attempts. */
static void make_dead_letter(fixture *s)
{
    serve(s, &group, NULL);
    atomic_store(&s->failures, 3);
    peer_store(&s->peer, s->subject, "seven", 7);
    wait_until(catga_count(s->buses[0]).dead_letters + catga_count(s->buses[1]).dead_letters == 1);
    assert_int_equal(atomic_load(&s->total), 3);
    wait_until(is_released(s));
}

typedef struct replayer {
    catga_bus *bus;
    catga_status status;
} replayer;

static void *replay(void *argument)
{
    replayer *r = argument;

    r->status = catga_dead_letter_replay(r->bus, "SAMPLE_V1", 1, 5000, NULL);
    return NULL;
}

static void of_two_replays_at_once_one_runs(void **state)
{
    fixture *s = *state;
    pthread_t threads[2];
    replayer replayers[2];

    make_dead_letter(s);
    atomic_store(&s->run_ms, 300);
    for (unsigned i = 0; i < 2; i++) {
        replayers[i].bus = s->buses[i];
        assert_int_equal(pthread_create(&threads[i], NULL, replay, &replayers[i]), 0);
    }
    for (unsigned i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    bool first = replayers[0].status == CATGA_OK;
    catga_status other = replayers[first ? 1 : 0].status;
    assert_int_equal(replayers[first ? 0 : 1].status, CATGA_OK);
    assert_true(other == CATGA_IN_PROGRESS || other == CATGA_ALREADY_DONE);
    assert_int_equal(atomic_load(&s->total), 4);
    assert_int_equal(count_letters(s), 0);
}

/* As a second replay does that finds the event handled. */
static void a_replay_succeeds_if_its_dead_letter_was_removed_meanwhile(void **state)
{
    fixture *s = *state;
    pthread_t thread;

    make_dead_letter(s);
    replayer one = {.bus = s->buses[0]};
    atomic_store(&s->run_ms, 1000);
    assert_int_equal(pthread_create(&thread, NULL, replay, &one), 0);
    wait_until(atomic_load(&s->total) == 4);
    assert_int_equal(catga_dead_letter_remove(s->buses[1], "SAMPLE_V1", 1), CATGA_OK);
    pthread_join(thread, NULL);
    assert_int_equal(one.status, CATGA_OK);
    assert_int_equal(count_letters(s), 0);
}

static void a_replay_that_fails_leaves_the_event_given_up(void **state)
{
    fixture *s = *state;

    make_dead_letter(s);
    atomic_store(&s->failures, 1);
    assert_int_equal(catga_dead_letter_replay(s->buses[0], "SAMPLE_V1", 1, 5000, NULL),
                     CATGA_HANDLER_FAILED);
    assert_int_equal(count_letters(s), 1);
    assert_int_equal(catga_dead_letter_replay(s->buses[1], "SAMPLE_V1", 1, 5000, NULL), CATGA_OK);
    assert_int_equal(atomic_load(&s->total), 5);
    assert_int_equal(count_letters(s), 0);
}

/* The dead letter stayed because its removal was lost. */
static void a_replay_after_success_says_so(void **state)
{
    fixture *s = *state;
    char key[128];

    fixture_needs_records();
    make_dead_letter(s);
    snprintf(key, sizeof key, "Reader__notify.%s", "seven");
    const catga_kv_key place = {s->bucket, key};
    peer_claim(&s->peer, place, "done", nobody, peer_read(&s->peer, place).revision);
    assert_int_equal(catga_dead_letter_replay(s->buses[0], "SAMPLE_V1", 1, 5000, NULL),
                     CATGA_ALREADY_DONE);
    assert_int_equal(atomic_load(&s->total), 3);
    assert_int_equal(count_letters(s), 0);
}

static void an_event_without_id_is_identified_by_its_sequence(void **state)
{
    fixture *s = *state;

    serve(s, &group, NULL);
    peer_store(&s->peer, s->subject, "no.token", 1);
    peer_store(&s->peer, s->subject, "no token", 2);
    wait_until(atomic_load(&s->total) == 2);
    assert_int_equal(atomic_load(&s->handled[1]), 1);
    assert_int_equal(atomic_load(&s->handled[2]), 1);
}

static void a_redelivered_event_does_not_run_again(void **state)
{
    fixture *s = *state;

    if (s->base.broker == NULL)
        skip(); /* a server does not lose messages on demand */
    serve(s, &group, NULL);
    for (uint32_t i = 0; i < 2; i++) {
        catga_local_inject(s->base.broker, CATGA_LOCAL_LOSE_ACK, 1);
        publish(s, i);
        wait_until(repeated(s) == i + 1);
        assert_int_equal(atomic_load(&s->handled[i]), 1);
    }
}

static void lost_writes_of_the_store_are_detected(void **state)
{
    fixture *s = *state;

    if (s->base.broker == NULL)
        skip(); /* a server does not lose messages on demand */
    serve(s, &group, NULL);
    for (uint32_t i = 0; i < 4; i++) {
        catga_local_inject(s->base.broker,
                           i < 2 ? CATGA_LOCAL_LOSE_WRITE : CATGA_LOCAL_LOSE_WRITE_ACK, 1 + i % 2);
        publish(s, i);
        wait_until(catga_count(s->buses[0]).handled + catga_count(s->buses[1]).handled == i + 1);
    }
    pause_for(1200);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(atomic_load(&s->handled[i]), 1);
}

/* Longer than the owner retries marking the claim before it gives up. */
static void an_event_stays_claimed_through_an_outage_after_its_effect(void **state)
{
    fixture *s = *state;

    if (s->base.broker == NULL)
        skip(); /* tests/delivery/run T12 covers a server process */
    serve(s, &group, NULL);
    atomic_store(&s->outage, true);
    publish(s, 1);
    atomic_store(&s->published, true);
    wait_until(!atomic_load(&s->outage));
    pause_for(4000);
    catga_local_set_connected(s->base.broker, true);
    wait_until(catga_count(s->buses[0]).handled + catga_count(s->buses[1]).handled == 1);
    pause_for(1200);
    assert_int_equal(atomic_load(&s->handled[1]), 1);
}

static void an_event_waits_for_room_in_a_full_bucket(void **state)
{
    fixture *s = *state;
    char full[160];

    if (s->base.broker == NULL)
        skip(); /* claims: a_full_bucket_refuses_claims_and_is_named */
    serve(s, &group, NULL);
    snprintf(full, sizeof full, "KV_%s", s->bucket);
    assert_int_equal(catga_local_set_limits(s->base.broker, full, 0, 1), CATGA_OK);
    publish(s, 1);
    wait_until(catga_count(s->buses[0]).claims_held + catga_count(s->buses[1]).claims_held >= 2);
    assert_int_equal(atomic_load(&s->total), 0);
    assert_int_equal(catga_local_set_limits(s->base.broker, full, 0, 0), CATGA_OK);
    wait_until(atomic_load(&s->total) == 1);
    assert_int_equal(atomic_load(&s->attempt), 1);
}

/* ---- An external claim store ---- */

typedef struct own {
    atomic_uint claimed, done, released;
} own;

static catga_claim_result own_claim(void *user, catga_claim *claim)
{
    own *o = user;

    (void)claim;
    return atomic_fetch_add(&o->claimed, 1) == 3 ? CATGA_CLAIM_DONE : CATGA_CLAIM_TAKEN;
}

static bool own_done(void *user, catga_claim *claim)
{
    own *o = user;

    (void)claim;
    return atomic_fetch_add(&o->done, 1) != 0; /* another replica has taken the first event */
}

static void own_release(void *user, catga_claim *claim)
{
    own *o = user;

    (void)claim;
    atomic_fetch_add(&o->released, 1);
}

static void an_external_claim_store_decides(void **state)
{
    fixture *s = *state;
    own o = {0};
    const catga_claim_store store = {own_claim, own_done, own_release, &o};

    serve(s, &group, &store);
    atomic_store(&s->failures, 1);
    publish(s, 1); /* results: failed; done, but by another replica; done */
    wait_until(atomic_load(&o.done) == 2);
    assert_int_equal(atomic_load(&s->total), 3);
    assert_int_equal(atomic_load(&o.released), 1);
    publish(s, 2);
    wait_until(repeated(s) == 1);
    assert_int_equal(atomic_load(&s->total), 3);
    assert_int_equal(lost_claims(s), 1);
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_stage, clear_stage)
    const struct CMUnitTest tests[] = {
        CASE(each_is_handled_once),
        CASE(a_done_event_is_acknowledged_and_does_not_run),
        CASE(an_id_that_was_given_up_does_not_run),
        CASE(events_of_a_dead_replica_run_after_its_lease),
        CASE(attempts_are_counted_over_replicas),
        CASE(of_two_replays_at_once_one_runs),
        CASE(a_replay_succeeds_if_its_dead_letter_was_removed_meanwhile),
        CASE(a_replay_that_fails_leaves_the_event_given_up),
        CASE(a_replay_after_success_says_so),
        CASE(an_event_without_id_is_identified_by_its_sequence),
        CASE(a_redelivered_event_does_not_run_again),
        CASE(lost_writes_of_the_store_are_detected),
        CASE(an_event_stays_claimed_through_an_outage_after_its_effect),
        CASE(an_event_waits_for_room_in_a_full_bucket),
        CASE(an_external_claim_store_decides),
    };
    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
