/*
 * Idempotent commands over each transport: claims local | nats (at $NATS_URL, with JetStream). Two
 * replicas serve in each case.
 */
#include "fixture.h"
#include "peer.h"

#include <stdatomic.h>

enum { FAILS = 500, REFUSES = 501, WAITS = 502, FILLS = 503, LEASE_MS = 200 };

static const catga_claims claims = {"SAMPLE_V1_Settle", 120000};
static const catga_message settle_message = {
    .subject = "catga.commands.sample.v1.Settle",
    .table = &sample_echo_table,
    .result = &sample_answer_table,
    .errors = &sample_error,
    .kind = CATGA_COMMAND,
    .timeout_ms = 3000,
    .retries = 2,
    .claims = &claims,
};

typedef struct settler {
    sample_function *settle;
} settler;

static catga_status run_settle(const void *handlers, catga_context *context, const uint8_t *table)
{
    return ((const settler *)handlers)->settle(context, (sample_view){table});
}

static const catga_handler handlers[] = {
    {"settle", &settle_message, CATGA_GROUP, offsetof(settler, settle), run_settle, NULL}};
static const catga_service service = {"Settler", handlers, 1, sizeof(settler), NULL};

typedef struct fixture {
    fixture_base base;
    char subject[128];
    char bucket[128];
    char bucket_stream[160];
    catga_bus *buses[2]; /* of the replicas */
    peer peer;
    atomic_uint effects;
    atomic_uint failures; /* number of runs of the handler that still have to fail */
    atomic_uint attempt;
    atomic_uint waiting;
} fixture;

static void fill_bucket(fixture *s);

static catga_status settle(catga_context *context, sample_view view)
{
    fixture *s = catga_context_user(context);
    sample same = {sample_get_text(view), sample_get_number(view)};

    atomic_fetch_add(&s->effects, 1);
    atomic_store(&s->attempt,
                 catga_context_claim(context) == NULL ? 0 : catga_context_claim(context)->attempt);
    if (same.number == FAILS && atomic_load(&s->failures) != 0) {
        atomic_fetch_sub(&s->failures, 1);
        return CATGA_HANDLER_FAILED;
    }
    if (same.number == REFUSES)
        return sample_fail(context, &sample_error, "no %u", (unsigned)atomic_load(&s->effects));
    if (same.number == FILLS)
        fill_bucket(s);
    if (same.number == WAITS) {
        atomic_fetch_add(&s->waiting, 1);
        sem_wait(&s->base.may_end);
    }
    return catga_answer(context, &settle_message, &same);
}

static catga_bus *join(fixture *s, const char *instance, const catga_claim_store *store)
{
    return fixture_join(&s->base, (catga_options){.instance = instance,
                                                  .lease_ms = LEASE_MS,
                                                  .workers = 2,
                                                  .claims = store,
                                                  .claim_bucket_mib = 1});
}

static void serve(fixture *s, const catga_claim_store *store)
{
    static const settler functions = {settle};
    static const char *const instances[] = {"a", "b"};

    for (unsigned i = 0; i < 2; i++) {
        s->buses[i] = join(s, instances[i], store == NULL ? fixture_claims : store);
        assert_int_equal(catga_serve(s->buses[i], &service, &functions, s), CATGA_OK);
    }
}

static int set_stage(void **state)
{
    fixture *s = fixture_new(sizeof *s, "CLAIMS");

    snprintf(s->subject, sizeof s->subject, "%s.commands.sample.v1.Settle", s->base.prefix);
    snprintf(s->bucket, sizeof s->bucket, "%s_SAMPLE_V1_Settle", s->base.prefix);
    snprintf(s->bucket_stream, sizeof s->bucket_stream, "KV_%s", s->bucket);
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

static peer_answer try(fixture *s, const char *id, uint32_t number)
{
    return peer_try(&s->peer, s->subject, id, NULL, number);
}

static catga_kv_key place_of(const fixture *s, const char *id)
{
    fixture_needs_records();
    return (catga_kv_key){s->bucket, id};
}

static void assert_good(peer_answer answer, uint32_t number)
{
    assert_int_equal(answer.code, 0);
    assert_true(answer.is_good);
    assert_int_equal(answer.number, number);
}

/* Repeats a try while its answer says that it is in progress. */
static peer_answer persist(fixture *s, const char *id, uint32_t number)
{
    peer_answer answer = try(s, id, number);

    while (answer.code == 409 || answer.code == 429) {
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
        answer = try(s, id, number);
    }
    return answer;
}

/* ---- Answers ---- */

static void every_try_gets_the_first_answer(void **state)
{
    fixture *s = *state;

    serve(s, NULL);
    assert_good(try(s, "one", 7), 7);
    for (uint32_t i = 0; i < 10; i++) /* by any replica */
        assert_good(try(s, "one", 7), 7);
    assert_int_equal(atomic_load(&s->effects), 1);
    assert_int_equal(atomic_load(&s->attempt), 1);
    assert_int_equal(catga_count(s->buses[0]).repeated + catga_count(s->buses[1]).repeated, 10);
    assert_good(try(s, "other", 8), 8);
    assert_int_equal(atomic_load(&s->effects), 2);
}

static void a_declared_error_is_an_answer(void **state)
{
    fixture *s = *state;

    serve(s, NULL);
    for (unsigned i = 0; i < 4; i++) {
        peer_answer answer = try(s, "one", REFUSES);
        assert_int_equal(answer.code, 1001);
        assert_string_equal(answer.name, "sample.SampleError.Refused");
        assert_string_equal(answer.text, "no 1");
    }
    assert_int_equal(atomic_load(&s->effects), 1);
}

static void a_handler_that_failed_may_run_again(void **state)
{
    fixture *s = *state;

    serve(s, NULL);
    atomic_store(&s->failures, 2);
    assert_int_equal(try(s, "one", FAILS).code, 500);
    assert_int_equal(try(s, "one", FAILS).code, 500);
    assert_good(try(s, "one", FAILS), FAILS);
    assert_good(try(s, "one", FAILS), FAILS);
    assert_int_equal(atomic_load(&s->effects), 3);
    assert_int_equal(atomic_load(&s->attempt), 3);
}

static void a_command_without_id_runs_every_time(void **state)
{
    fixture *s = *state;

    serve(s, NULL);
    assert_good(try(s, NULL, 1), 1);
    assert_good(try(s, NULL, 1), 1);
    assert_int_equal(atomic_load(&s->effects), 2);
    assert_int_equal(atomic_load(&s->attempt), 0);
    assert_int_equal(try(s, "no.token", 1).code, 400);
    assert_int_equal(atomic_load(&s->effects), 2);
}

static void an_expired_command_does_not_run(void **state)
{
    fixture *s = *state;

    serve(s, NULL);
    assert_int_equal(peer_try(&s->peer, s->subject, "one", "0", 1).code, 408);
    assert_int_equal(atomic_load(&s->effects), 0);
    assert_good(try(s, "one", 2), 2); /* and the id is not claimed */
}

static catga_status call_as(catga_bus *bus, const catga_message *message, const char *id,
                            uint32_t number, uint32_t *answered)
{
    const sample input = {CATGA_STR("called"), number};
    catga_reply reply;

    catga_status status = catga_call_with_id(bus, message, catga_str(id), &input, &reply);
    *answered =
        status == CATGA_OK ? sample_get_number((sample_view){reply.table}) : reply.error.code;
    catga_received_free(reply.received);
    return status;
}

static void a_caller_may_repeat_a_call(void **state)
{
    const char *longest = "0123456789012345678901234567890123456789012345678901234567890-_z";
    fixture *s = *state;
    uint32_t answered;

    serve(s, NULL);
    for (uint32_t i = 0; i < 6; i++) { /* through either bus, as after a restart */
        assert_int_equal(call_as(s->buses[i % 2], &settle_message, "form-7", 7, &answered),
                         CATGA_OK);
        assert_int_equal(answered, 7);
    }
    assert_int_equal(atomic_load(&s->effects), 1);
    assert_int_equal(call_as(s->buses[0], &settle_message, longest, 8, &answered), CATGA_OK);
    assert_int_equal(answered, 8);
    assert_int_equal(call_as(s->buses[1], &settle_message, longest, 8, &answered), CATGA_OK);
    assert_int_equal(answered, 8);
    assert_int_equal(atomic_load(&s->effects), 2);
}

static void an_invalid_id_is_not_sent(void **state)
{
    static const char *const wrong[] = {
        NULL,
        "",
        "two words",
        "a.b",
        "a*",
        "a\r\nb",
        "0123456789012345678901234567890123456789012345678901234567890-_zz"};
    catga_message once = settle_message;
    fixture *s = *state;
    uint32_t code;

    serve(s, NULL);
    once.claims = NULL; /* a command that is not idempotent */
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(call_as(s->buses[0], &settle_message, wrong[i], 1, &code),
                         CATGA_INVALID_ARGUMENT);
    assert_int_equal(call_as(s->buses[0], &once, "form-7", 1, &code), CATGA_INVALID_ARGUMENT);
    assert_int_equal(atomic_load(&s->effects), 0);
}

static void a_call_carries_one_id(void **state)
{
    fixture *s = *state;
    catga_reply reply;
    const sample input = {CATGA_STR("called"), 9};

    serve(s, NULL);
    assert_int_equal(catga_call(s->buses[0], &settle_message, &input, &reply), CATGA_OK);
    assert_int_equal(sample_get_number((sample_view){reply.table}), 9);
    catga_received_free(reply.received);
    assert_int_equal(atomic_load(&s->effects), 1);
}

/* The first request may have succeeded, failed, or still run. */
static void an_id_with_another_request_is_refused(void **state)
{
    fixture *s = *state;
    uint32_t code;

    serve(s, NULL);
    assert_good(try(s, "one", 1), 1);
    for (unsigned i = 0; i < 4; i++) /* by any replica */
        assert_int_equal(try(s, "one", 2).code, 422);
    assert_string_equal(
        try(s, "one", 2).text,
        "the id \"one\" was used with another request; give each request its own id");
    assert_good(try(s, "one", 1), 1);
    assert_int_equal(atomic_load(&s->effects), 1);
    atomic_store(&s->failures, 1);
    assert_int_equal(try(s, "two", FAILS).code, 500);
    assert_int_equal(try(s, "two", 2).code, 422);
    assert_good(try(s, "two", FAILS), FAILS);
    assert_int_equal(call_as(s->buses[0], &settle_message, "one", 3, &code), CATGA_ID_REUSED);
    assert_int_equal(code, 422);
    assert_int_equal(catga_count(s->buses[0]).ids_reused + catga_count(s->buses[1]).ids_reused, 7);
    assert_int_equal(atomic_load(&s->effects), 3);
}

/* ---- Concurrent requests ---- */

typedef struct trier {
    fixture *s;
    uint32_t number;
    peer_answer answer;
    pthread_t thread;
} trier;

static void *run_trier(void *argument)
{
    trier *t = argument;

    t->answer = persist(t->s, "one", t->number);
    return NULL;
}

static void begin_trier(trier *t, fixture *s, uint32_t number)
{
    *t = (trier){.s = s, .number = number};
    assert_int_equal(pthread_create(&t->thread, NULL, run_trier, t), 0);
}

static void a_concurrent_try_is_retried(void **state)
{
    fixture *s = *state;
    trier first;
    trier others[8];

    serve(s, NULL);
    begin_trier(&first, s, WAITS);
    wait_until(atomic_load(&s->waiting) == 1);
    for (uint32_t i = 0; i < 8; i++)
        begin_trier(&others[i], s, WAITS);
    wait_until(catga_count(s->buses[0]).claims_held + catga_count(s->buses[1]).claims_held != 0);
    nanosleep(&(struct timespec){.tv_nsec = (LEASE_MS + 100) * 1000000L}, NULL);
    assert_int_equal(atomic_load(&s->effects), 1); /* a running handler keeps its claim beyond the
                                                      lease */
    sem_post(&s->base.may_end);
    pthread_join(first.thread, NULL);
    assert_good(first.answer, WAITS);
    for (uint32_t i = 0; i < 8; i++) {
        pthread_join(others[i].thread, NULL);
        assert_good(others[i].answer, WAITS);
    }
    assert_int_equal(atomic_load(&s->effects), 1);
}

static void an_id_at_work_with_another_request_is_refused(void **state)
{
    fixture *s = *state;
    trier first;

    serve(s, NULL);
    begin_trier(&first, s, WAITS);
    wait_until(atomic_load(&s->waiting) == 1);
    assert_int_equal(persist(s, "one", 2).code, 422);
    sem_post(&s->base.may_end);
    pthread_join(first.thread, NULL);
    assert_good(first.answer, WAITS);
    assert_int_equal(atomic_load(&s->effects), 1);
}

static void of_many_concurrent_requests_one_runs(void **state)
{
    fixture *s = *state;
    trier triers[8];

    serve(s, NULL);
    for (uint32_t i = 0; i < 8; i++)
        begin_trier(&triers[i], s, 3);
    for (uint32_t i = 0; i < 8; i++)
        pthread_join(triers[i].thread, NULL);
    for (uint32_t i = 0; i < 8; i++)
        assert_good(triers[i].answer, 3);
    assert_int_equal(atomic_load(&s->effects), 1);
}

/* ---- Dead owners ---- */

static void a_silent_replica_loses_its_claim_after_the_lease(void **state)
{
    fixture *s = *state;

    fixture_needs_records();
    serve(s, NULL);
    peer_claim(&s->peer, place_of(s, "one"), "taken", "AAAAAAAAAAAAAAAAAAAAAA.3.4", 0);
    int64_t began = catga_clock_now();
    assert_int_equal(try(s, "one", 1).code, 409);
    assert_good(persist(s, "one", 2), 2);
    assert_true(catga_clock_now() - began >= LEASE_MS * CATGA_MILLISECOND);
    assert_int_equal(atomic_load(&s->effects), 1);
    assert_int_equal(atomic_load(&s->attempt), 2);
}

static void a_replica_that_denies_a_claim_loses_it_at_once(void **state)
{
    fixture *s = *state;

    fixture_needs_records();
    serve(s, NULL);
    assert_good(try(s, "one", 1), 1);
    peer_answer owner = peer_read(&s->peer, place_of(s, "one"));
    assert_true(owner.revision != 0);
    peer_claim(&s->peer, place_of(s, "two"), "taken", owner.owner, 0); /* its time ended long ago */
    assert_good(try(s, "two", 2), 2);
    assert_int_equal(atomic_load(&s->effects), 2);
}

static void a_lost_claim_is_not_answered(void **state)
{
    fixture *s = *state;
    trier first;

    fixture_needs_records();
    serve(s, NULL);
    begin_trier(&first, s, WAITS);
    wait_until(atomic_load(&s->waiting) == 1);
    peer_answer record = peer_read(&s->peer, place_of(s, "one"));
    peer_claim(&s->peer, place_of(s, "one"), "taken", "AAAAAAAAAAAAAAAAAAAAAA.3.4",
               record.revision);
    sem_post(&s->base.may_end);
    sem_post(&s->base.may_end); /* the owner of the claim is dead now: the handler runs again */
    pthread_join(first.thread, NULL);
    assert_good(first.answer, WAITS);
    assert_int_equal(atomic_load(&s->effects), 2);
    assert_int_equal(catga_count(s->buses[0]).claims_lost + catga_count(s->buses[1]).claims_lost,
                     1);
}

/* ---- Claim buckets ---- */

static void a_bucket_with_other_settings_is_left_alone(void **state)
{
    static const settler functions = {settle};
    fixture *s = *state;
    const catga_bucket_settings shorter = {
        .name = s->bucket, .max_age_ns = 60 * CATGA_SECOND, .replicas = 1};
    catga_problem problem = {""};

    fixture_needs_records();
    assert_int_equal(s->peer.transport->kv->ensure(s->peer.transport, &shorter, &problem),
                     CATGA_OK);
    s->buses[0] = join(s, "a", NULL);
    assert_int_equal(catga_serve(s->buses[0], &service, &functions, s), CATGA_DRIFTED);
}

/* Writes records of 64 KiB; the bucket's limit is 1 MiB. */
static void write_records(fixture *s, unsigned count)
{
    static const uint8_t bytes[65536];
    const catga_outgoing record = {.subject = "", .data = bytes, .length = sizeof bytes};
    static unsigned number;
    char key[32];

    for (unsigned i = 0; i < count; i++) {
        snprintf(key, sizeof key, "filler-%u", number++);
        (void)peer_write(&s->peer, place_of(s, key), &record, 0);
    }
}

/* Fills the bucket until even the smallest record is rejected. */
static void fill_bucket(fixture *s)
{
    assert_int_equal(catga_local_set_limits(s->base.broker, s->bucket_stream, 0, 1), CATGA_OK);
}

static void empty_bucket(fixture *s)
{
    if (s->base.broker != NULL) {
        assert_int_equal(catga_local_set_limits(s->base.broker, s->bucket_stream, 0, 0), CATGA_OK);
        return;
    }
    char subject[192];
    snprintf(subject, sizeof subject, "$JS.API.STREAM.PURGE.%s", s->bucket_stream);
    const catga_outgoing purge = {.subject = subject};
    uint64_t token = peer_token(&s->peer);
    assert_int_equal(s->peer.transport->operations->request(s->peer.transport, &purge, token),
                     CATGA_OK);
    (void)peer_wait(&s->peer, token);
}

/* Replicas check the bucket every three seconds. */
static peer_answer try_until_refused(fixture *s)
{
    peer_answer answer;
    char id[32];

    for (unsigned i = 0; i < 100; i++) {
        snprintf(id, sizeof id, "probe-%u", i);
        answer = try(s, id, 2);
        if (answer.code != 0)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    }
    return answer;
}

static void a_full_bucket_refuses_claims_and_is_named(void **state)
{
    fixture *s = *state;

    fixture_needs_records();
    if (other_transport != NULL)
        skip(); /* its server limits the memory of all buckets together */
    serve(s, NULL);
    assert_good(try(s, "one", 1), 1);
    write_records(s, 15);
    peer_answer refused = try_until_refused(s);
    assert_int_equal(refused.code, 429);
    if (strstr(refused.text, s->bucket) == NULL || strstr(refused.text, "is full") == NULL)
        fail_msg("%s", refused.text);
    unsigned effects = atomic_load(&s->effects);
    assert_good(try(s, "one", 1), 1); /* recorded answers are still known */
    assert_int_equal(atomic_load(&s->effects), effects);
    empty_bucket(s);
    assert_good(persist(s, "two", 2), 2);
}

/* The last tenth of the limit is reserved for marking claims. */
static void a_claim_that_was_taken_is_marked_in_a_full_bucket(void **state)
{
    fixture *s = *state;
    trier first;

    fixture_needs_records();
    if (other_transport != NULL)
        skip(); /* as above */
    serve(s, NULL);
    begin_trier(&first, s, WAITS);
    wait_until(atomic_load(&s->waiting) == 1);
    write_records(s, 15);
    assert_int_equal(try_until_refused(s).code, 429);
    sem_post(&s->base.may_end);
    pthread_join(first.thread, NULL);
    assert_good(first.answer, WAITS);
    unsigned effects = atomic_load(&s->effects);
    assert_good(try(s, "one", WAITS), WAITS);
    assert_int_equal(atomic_load(&s->effects), effects);
}

static void *empty_bucket_later(void *user)
{
    nanosleep(&(struct timespec){.tv_nsec = 500000000}, NULL);
    empty_bucket(user);
    return NULL;
}

/* The bucket becomes full while the handler runs. Marking its success waits for room. */
static void a_success_waits_for_room_in_its_bucket(void **state)
{
    fixture *s = *state;
    pthread_t thread;

    fixture_needs_records();
    if (s->base.broker == NULL)
        skip(); /* a bus cannot shrink the bucket of a server */
    serve(s, NULL);
    assert_int_equal(pthread_create(&thread, NULL, empty_bucket_later, s), 0);
    assert_good(persist(s, "one", FILLS), FILLS);
    pthread_join(thread, NULL);
    assert_good(try(s, "one", FILLS), FILLS);
    assert_int_equal(atomic_load(&s->effects), 1);
}

static void an_answer_is_kept_for_its_time(void **state)
{
    fixture *s = *state;

    if (s->base.broker == NULL)
        skip(); /* the clock of a server cannot be advanced */
    serve(s, NULL);
    assert_good(try(s, "one", 1), 1);
    catga_local_advance(s->base.broker, 119000);
    assert_good(try(s, "one", 1), 1);
    catga_local_advance(s->base.broker, 2000);
    assert_good(try(s, "one", 2), 2);
    assert_int_equal(atomic_load(&s->effects), 2);
}

/* The first write takes the claim, and the second marks it as done. */
static void lose(fixture *s, catga_local_fault fault, unsigned nth)
{
    char id[32];

    atomic_store(&s->effects, 0);
    snprintf(id, sizeof id, "lost-%u-%u", (unsigned)fault, nth);
    catga_local_inject(s->base.broker, fault, nth);
    assert_good(persist(s, id, 5), 5);
    assert_good(try(s, id, 5), 5);
    assert_int_equal(atomic_load(&s->effects), 1);
}

static void lost_writes_of_the_store_are_detected(void **state)
{
    fixture *s = *state;

    if (s->base.broker == NULL)
        skip(); /* a server does not lose messages on demand */
    serve(s, NULL);
    lose(s, CATGA_LOCAL_LOSE_WRITE, 1);
    lose(s, CATGA_LOCAL_LOSE_WRITE, 2);
    lose(s, CATGA_LOCAL_LOSE_WRITE_ACK, 1);
    lose(s, CATGA_LOCAL_LOSE_WRITE_ACK, 2);
}

/* ---- An external claim store ---- */

/* Plain members are written before `count` is 1, and read after it. The server in between is no
 * memory barrier. */
typedef struct own {
    atomic_int says; /* catga_claim_result that it returns */
    atomic_bool lost;
    atomic_uint claimed, done, released;
    char bucket[128];
    char bucket_stream[160];
    char key[64];
    char request[64];
    uint8_t answer[512];
    size_t length;
} own;

static catga_claim_result own_claim(void *user, catga_claim *claim)
{
    own *o = user;
    catga_claim_result says = (catga_claim_result)atomic_load(&o->says);

    if (atomic_load(&o->claimed) == 0) {
        snprintf(o->bucket, sizeof o->bucket, "%.*s", CATGA_PRINT(claim->bucket));
        snprintf(o->key, sizeof o->key, "%.*s", CATGA_PRINT(claim->key));
        snprintf(o->request, sizeof o->request, "%.*s", CATGA_PRINT(claim->request));
    }
    claim->attempt = 5;
    if (says == CATGA_CLAIM_DONE && atomic_load(&o->done) != 0)
        claim->answer = (catga_bytes){o->answer, o->length};
    atomic_fetch_add(&o->claimed, 1);
    return says;
}

static bool own_done(void *user, catga_claim *claim)
{
    own *o = user;

    assert_true(claim->answer.length <= sizeof o->answer);
    if (atomic_load(&o->done) == 0) {
        memcpy(o->answer, claim->answer.data, claim->answer.length);
        o->length = claim->answer.length;
    }
    atomic_fetch_add(&o->done, 1);
    return !atomic_load(&o->lost);
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
    own o = {.says = CATGA_CLAIM_TAKEN};
    const catga_claim_store store = {own_claim, own_done, own_release, &o};

    serve(s, &store);
    assert_good(try(s, "one", 3), 3);
    assert_int_equal(atomic_load(&o.claimed), 1);
    assert_string_equal(o.bucket, s->bucket);
    assert_string_equal(o.key, "one");
    assert_int_equal(atomic_load(&s->attempt), 5);
    assert_int_equal(atomic_load(&o.done), 1);
    atomic_store(&o.says, CATGA_CLAIM_DONE);
    assert_good(try(s, "one", 4), 3);
    atomic_store(&o.says, CATGA_CLAIM_HELD);
    assert_int_equal(try(s, "one", 4).code, 409);
    atomic_store(&o.says, CATGA_CLAIM_UNKNOWN);
    assert_int_equal(try(s, "one", 4).code, 429);
    assert_int_equal(atomic_load(&s->effects), 1);
    atomic_store(&o.says, CATGA_CLAIM_TAKEN);
    atomic_store(&s->failures, 1);
    assert_int_equal(try(s, "two", FAILS).code, 500);
    assert_int_equal(atomic_load(&o.released), 1);
    atomic_store(&o.lost, true);
    assert_int_equal(try(s, "three", 4).code, 409);
    assert_int_equal(atomic_load(&o.done), 2);
}

static void an_external_claim_store_knows_the_request(void **state)
{
    fixture *s = *state;
    own o = {.says = CATGA_CLAIM_TAKEN};
    const catga_claim_store store = {own_claim, own_done, own_release, &o};

    serve(s, &store);
    assert_good(try(s, "one", 3), 3);
    assert_int_equal(atomic_load(&o.claimed), 1);
    assert_int_equal(strspn(o.request, "0123456789abcdef"), 32);
    assert_int_equal(strlen(o.request), 32);
    atomic_store(&o.says, CATGA_CLAIM_REUSED);
    assert_int_equal(try(s, "one", 4).code, 422);
    assert_int_equal(atomic_load(&s->effects), 1);
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_stage, clear_stage)
    const struct CMUnitTest tests[] = {
        CASE(every_try_gets_the_first_answer),
        CASE(a_declared_error_is_an_answer),
        CASE(a_handler_that_failed_may_run_again),
        CASE(a_command_without_id_runs_every_time),
        CASE(an_expired_command_does_not_run),
        CASE(a_caller_may_repeat_a_call),
        CASE(an_invalid_id_is_not_sent),
        CASE(a_call_carries_one_id),
        CASE(a_concurrent_try_is_retried),
        CASE(of_many_concurrent_requests_one_runs),
        CASE(a_silent_replica_loses_its_claim_after_the_lease),
        CASE(a_replica_that_denies_a_claim_loses_it_at_once),
        CASE(a_lost_claim_is_not_answered),
        CASE(a_bucket_with_other_settings_is_left_alone),
        CASE(a_full_bucket_refuses_claims_and_is_named),
        CASE(a_claim_that_was_taken_is_marked_in_a_full_bucket),
        CASE(a_success_waits_for_room_in_its_bucket),
        CASE(an_answer_is_kept_for_its_time),
        CASE(lost_writes_of_the_store_are_detected),
        CASE(an_external_claim_store_decides),
        CASE(an_external_claim_store_knows_the_request),
        CASE(an_id_with_another_request_is_refused),
        CASE(an_id_at_work_with_another_request_is_refused),
    };
    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
