/*
 * Claims that are kept or lost, over each transport: takeover local | nats (at $NATS_URL, with
 * JetStream). One replica serves; the owners are peers.
 */
#include "fixture.h"
#include "peer.h"

#include <stdatomic.h>

enum { EVENTS = 200, LEASE_MS = 800, SHORT_LEASE_MS = 100 };

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
static const catga_handler handlers[] = {{"notify", &shipped, CATGA_GROUP,
                                          offsetof(sample_listener, notify),
                                          sample_listener_run_notify, NULL}};
static const catga_service service = {"Reader", handlers, 1, sizeof(sample_listener), NULL};

static const char owner_name[] = "AAAAAAAAAAAAAAAAAAAAAA";

typedef struct fixture {
    fixture_base base;
    char subject[128];
    char bucket[128];
    catga_bus *bus;
    peer peer;
    catga_subscription *owner; /* the peer that plays a live owner */
    atomic_int answers_after_ms;
    atomic_uint questions;
    atomic_uint handled[EVENTS]; /* by number */
    atomic_uint total;
    atomic_bool waits; /* true while the handler waits for may_end */
} fixture;

static void pause_for(long milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

static catga_status notify(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);

    atomic_fetch_add(&s->handled[sample_get_number(view) % EVENTS], 1);
    atomic_fetch_add(&s->total, 1);
    if (atomic_load(&s->waits))
        sem_wait(&s->base.may_end);
    return CATGA_OK;
}

static void serve(fixture *s, int lease_ms)
{
    static const sample_listener functions = {.notify = notify};

    s->bus = fixture_join(&s->base, (catga_options){.instance = "a", .lease_ms = lease_ms});
    assert_int_equal(catga_serve(s->bus, &service, &functions, s), CATGA_OK);
}

static int set_stage(void **state)
{
    fixture *s = fixture_new(sizeof *s, "TAKEOVER");

    snprintf(s->subject, sizeof s->subject, "%s.events.sample.v1.Shipped", s->base.prefix);
    snprintf(s->bucket, sizeof s->bucket, "%s_SAMPLE_V1_DONE", s->base.prefix);
    peer_open(&s->peer, s->base.broker);
    *state = s;
    return 0;
}

static int clear_stage(void **state)
{
    fixture *s = *state;
    const catga_transport_operations *operations = s->peer.transport->operations;

    if (s->owner != NULL) {
        while (operations->drain(s->peer.transport, s->owner, 1000) != CATGA_OK)
            continue;
        operations->unsubscribe(s->peer.transport, s->owner);
    }
    peer_close(&s->peer);
    return fixture_clear(state);
}

/* ---- The owner ---- */

/* The owner's attempt with this number claims the event with this number. */
static void claim(fixture *s, unsigned number)
{
    char key[128];
    char attempt[64];

    snprintf(key, sizeof key, "Reader__notify.event-%u", number);
    snprintf(attempt, sizeof attempt, "%s.%u.%u", owner_name, number % 7, number + 1);
    peer_claim(&s->peer, (catga_kv_key){s->bucket, key}, "taken", attempt, 0);
}

static void publish(fixture *s, unsigned number)
{
    char id[32];

    snprintf(id, sizeof id, "event-%u", number);
    peer_store(&s->peer, s->subject, id, number);
}

static void answer(void *user, catga_incoming *question)
{
    fixture *s = user;
    const catga_outgoing works = {.data = (const uint8_t *)"works", .length = 5};

    atomic_fetch_add(&s->questions, 1);
    pause_for(atomic_load(&s->answers_after_ms));
    (void)s->peer.transport->operations->respond(s->peer.transport, question, &works);
    s->peer.transport->operations->release(question);
}

static void let_owner_live(fixture *s)
{
    char subject[128];
    const catga_subscription_options options = {
        .subject = subject, .queue_group = "owner", .pending = 1000, .receive = answer, .user = s};

    snprintf(subject, sizeof subject, "%s.owners.%s", s->base.prefix, owner_name);
    assert_int_equal(
        s->peer.transport->operations->subscribe(s->peer.transport, &options, &s->owner), CATGA_OK);
    assert_int_equal(s->peer.transport->operations->flush(s->peer.transport, 2000), CATGA_OK);
}

/* ---- Cases ---- */

/* Each would take a quarter of the lease if the handler's thread waited for it. */
static void all_claims_of_a_dead_owner_are_taken_within_three_leases(void **state)
{
    fixture *s = *state;

    serve(s, LEASE_MS);
    for (unsigned i = 0; i < EVENTS; i++)
        claim(s, i);
    int64_t began = catga_clock_now();
    for (unsigned i = 0; i < EVENTS; i++)
        publish(s, i);
    wait_until(atomic_load(&s->total) >= EVENTS);
    int64_t took_ms = (catga_clock_now() - began) / CATGA_MILLISECOND;
    assert_in_range(took_ms, LEASE_MS, 3 * LEASE_MS);
    for (unsigned i = 0; i < EVENTS; i++)
        assert_int_equal(atomic_load(&s->handled[i]), 1);
}

static void an_owner_that_answers_late_keeps_its_claims(void **state)
{
    fixture *s = *state;

    atomic_store(&s->answers_after_ms, LEASE_MS / 3);
    let_owner_live(s);
    serve(s, LEASE_MS);
    for (unsigned i = 0; i < 3; i++) {
        claim(s, i);
        publish(s, i);
    }
    pause_for(5 * LEASE_MS);
    assert_int_equal(atomic_load(&s->total), 0);
    assert_in_range(atomic_load(&s->questions), 3, 1000);
}

static void an_owner_that_answers_keeps_its_claims(void **state)
{
    fixture *s = *state;

    let_owner_live(s);
    serve(s, SHORT_LEASE_MS);
    claim(s, 1);
    publish(s, 1);
    pause_for(10 * SHORT_LEASE_MS);
    assert_int_equal(atomic_load(&s->total), 0);
}

/* The owner lives, but neither it nor the replica has a connection. */
static void a_lost_connection_is_no_silence(void **state)
{
    fixture *s = *state;

    if (s->base.broker == NULL)
        skip();                                       /* a server keeps running */
    atomic_store(&s->answers_after_ms, LEASE_MS / 3); /* so that the replica watches the owner */
    let_owner_live(s);
    serve(s, LEASE_MS);
    claim(s, 1);
    publish(s, 1);
    wait_until(atomic_load(&s->questions) >= 1);
    for (unsigned i = 0; i < 2; i++) {
        catga_local_set_connected(s->base.broker, false);
        pause_for(2 * LEASE_MS);
        catga_local_set_connected(s->base.broker, true);
        pause_for(LEASE_MS / 2);
        assert_int_equal(atomic_load(&s->total), 0);
    }
}

static void a_claim_with_an_impossible_owner_is_free(void **state)
{
    fixture *s = *state;

    serve(s, LEASE_MS);
    peer_claim(&s->peer, (catga_kv_key){s->bucket, "Reader__notify.event-1"}, "taken", "nobody", 0);
    publish(s, 1);
    wait_until(atomic_load(&s->total) == 1);
}

/* ---- Slow handlers ---- */

static uint64_t revision_of(fixture *s, const char *key)
{
    return peer_read(&s->peer, (catga_kv_key){s->bucket, key}).revision;
}

static void a_claim_at_work_is_renewed(void **state)
{
    const char *key = "Reader__notify.event-1";
    fixture *s = *state;

    serve(s, SHORT_LEASE_MS);
    atomic_store(&s->waits, true);
    publish(s, 1);
    wait_until(atomic_load(&s->total) == 1);
    uint64_t revision = revision_of(s, key);
    assert_true(revision != 0);
    for (unsigned i = 0; i < 2; i++) {
        if (s->base.broker != NULL)
            catga_local_advance(s->base.broker,
                                INT64_C(6) * 24 * 3600 * 1000); /* the record is kept for seven days
                                                                 */
        wait_until(revision_of(s, key) > revision);
        revision = revision_of(s, key);
    }
    sem_post(&s->base.may_end);
    wait_until(catga_count(s->bus).handled == 1);
    assert_int_equal(atomic_load(&s->total), 1);
}

/* The record is gone, as after recreating its bucket. The claim holds anyway. */
static void a_claim_whose_record_is_gone_is_renewed(void **state)
{
    const char *key = "Reader__notify.event-1";
    fixture *s = *state;

    if (s->base.broker == NULL)
        skip(); /* the clock of a server cannot be advanced */
    serve(s, SHORT_LEASE_MS);
    atomic_store(&s->waits, true);
    publish(s, 1);
    wait_until(atomic_load(&s->total) == 1);
    catga_local_advance(s->base.broker, INT64_C(8) * 24 * 3600 * 1000);
    assert_int_equal(revision_of(s, key), 0);
    wait_until(revision_of(s, key) != 0);
    sem_post(&s->base.may_end);
    wait_until(catga_count(s->bus).handled == 1);
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_stage, clear_stage)
    const struct CMUnitTest tests[] = {
        CASE(all_claims_of_a_dead_owner_are_taken_within_three_leases),
        CASE(an_owner_that_answers_late_keeps_its_claims),
        CASE(an_owner_that_answers_keeps_its_claims),
        CASE(a_lost_connection_is_no_silence),
        CASE(a_claim_with_an_impossible_owner_is_free),
        CASE(a_claim_at_work_is_renewed),
        CASE(a_claim_whose_record_is_gone_is_renewed),
    };

    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
