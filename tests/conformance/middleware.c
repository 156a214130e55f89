/*
 * Middleware around handlers, and headers of calls, over each transport: middleware local | nats
 * (at $NATS_URL, with JetStream).
 */
#include "fixture.h"
#include "kept.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- Messages ---- */

static const catga_claims claims = {"SAMPLE_V1_Echo", 60000};
static const catga_message once_echo = {.subject = "catga.commands.sample.v1.Echo",
                                        .table = &sample_echo_table,
                                        .result = &sample_answer_table,
                                        .errors = &sample_error,
                                        .kind = CATGA_COMMAND,
                                        .timeout_ms = 3000,
                                        .retries = 2,
                                        .claims = &claims};
static const catga_handler once_handlers[] = {{"echo", &once_echo, CATGA_GROUP,
                                               offsetof(sample_answerer, echo),
                                               sample_answerer_run_echo, NULL}};
static const catga_service once_service = {"Answerer", once_handlers, 1, sizeof(sample_answerer),
                                           NULL};

static const catga_delivery stored_delivery = {
    .stream = &kept_stream, .backoff_ms = 20, .backoff_longest_ms = 20, .dead_letter = true};
static const catga_message stored = KEPT(&stored_delivery, .timeout_ms = 3000, .retries = 2);
static const catga_delivery once_delivery = {.stream = &kept_stream,
                                             .backoff_ms = 20,
                                             .backoff_longest_ms = 20,
                                             .dead_letter = true,
                                             .once = true};
static const catga_message once_stored = KEPT(&once_delivery, .timeout_ms = 3000, .retries = 2);

static const catga_handler reader_handlers[] = {
    {"notify", &stored, CATGA_GROUP, offsetof(sample_listener, notify), sample_listener_run_notify,
     NULL},
};
static const catga_service reader = {"Reader", reader_handlers, 1, sizeof(sample_listener), NULL};
static const catga_handler once_reader_handlers[] = {
    {"notify", &once_stored, CATGA_GROUP, offsetof(sample_listener, notify),
     sample_listener_run_notify, NULL},
};
static const catga_service once_reader = {"Reader", once_reader_handlers, 1,
                                          sizeof(sample_listener), NULL};

static const sample hello = {{"hello", 5}, 7};

/* ---- The fixture ---- */

typedef struct fixture fixture;

/* One middleware: what it does, and the letter that it notes. */
typedef struct layer {
    fixture *fixture;
    char letter;
    catga_status (*act)(catga_context *context, catga_next *next, struct layer *layer);
    atomic_uint runs;
} layer;

struct fixture {
    fixture_base base;
    catga_bus *caller;
    catga_bus *service;
    layer layers[3];
    atomic_uint handled;
    catga_status handler_result; /* of events */
    atomic_uint denials;         /* number of runs that are still denied */
    _Atomic(catga_status) inner; /* what a second run returned, or a handler */
    pthread_mutex_t lock;        /* guards the texts */
    char order[64];
    char seen[256];
    char log[4096];
};

static void note(fixture *f, char letter)
{
    pthread_mutex_lock(&f->lock);
    size_t length = strlen(f->order);
    if (length + 1 < sizeof f->order)
        f->order[length] = letter;
    pthread_mutex_unlock(&f->lock);
}

static bool has_seen(fixture *f, const char *text)
{
    pthread_mutex_lock(&f->lock);
    bool same = strcmp(f->seen, text) == 0;
    pthread_mutex_unlock(&f->lock);
    return same;
}

static bool has_order(fixture *f, const char *order)
{
    pthread_mutex_lock(&f->lock);
    bool same = strcmp(f->order, order) == 0;
    pthread_mutex_unlock(&f->lock);
    return same;
}

static void keep_log(void *user, catga_log_level level, const char *text)
{
    fixture *f = user;

    (void)level;
    pthread_mutex_lock(&f->lock);
    size_t length = strlen(f->log);
    snprintf(f->log + length, sizeof f->log - length, "%s\n", text);
    pthread_mutex_unlock(&f->lock);
}

static bool has_logged(fixture *f, const char *part)
{
    pthread_mutex_lock(&f->lock);
    bool found = strstr(f->log, part) != NULL;
    pthread_mutex_unlock(&f->lock);
    return found;
}

static catga_status run_layer(catga_context *context, catga_next *next, void *user)
{
    layer *self = user;

    atomic_fetch_add(&self->runs, 1);
    return self->act(context, next, self);
}

/* ---- Handlers ---- */

static catga_status reply_to(catga_context *context, const catga_message *message)
{
    fixture *f = catga_context_user(context);
    const sample answer = {CATGA_STR("handler"), 1};

    atomic_fetch_add(&f->handled, 1);
    note(f, 'h');
    return catga_answer(context, message, &answer);
}

static catga_status echo(catga_context *context, sample_view view)
{
    if (sample_get_number(view) == 1)
        return sample_fail(context, &sample_error, "declared");
    return reply_to(context, &sample_echo_message);
}

static catga_status echo_once(catga_context *context, sample_view view)
{
    (void)view;
    return reply_to(context, &once_echo);
}

/* Has its effect, and fails without an answer. */
static catga_status fail_after_effect(catga_context *context, sample_view view)
{
    fixture *f = catga_context_user(context);

    (void)view;
    atomic_fetch_add(&f->handled, 1);
    return CATGA_HANDLER_FAILED;
}

static catga_status ask(catga_context *context, sample_view view)
{
    (void)view;
    return reply_to(context, &sample_ask_message);
}

static catga_status notify(catga_context *context, sample_view view)
{
    fixture *f = catga_context_user(context);

    (void)view;
    atomic_fetch_add(&f->handled, 1);
    note(f, 'h');
    return f->handler_result;
}

/* ---- Begin and end of a case ---- */

static int begin(void **state)
{
    fixture *f = fixture_new(sizeof *f, "MIDDLE");

    pthread_mutex_init(&f->lock, NULL);
    f->caller = fixture_join(&f->base, (catga_options){.instance = "caller"});
    *state = f;
    return 0;
}

static int end(void **state)
{
    fixture *f = *state;
    fixture_base *base = &f->base;

    while (base->bus_count > 0)
        fixture_leave(base);
    pthread_mutex_destroy(&f->lock);
    return fixture_clear(state);
}

typedef catga_status act(catga_context *context, catga_next *next, layer *layer);

/* Serves a service behind middleware; NULL ends the list. */
static void serve(fixture *f, const catga_service *service, const void *functions, act *first,
                  act *second, act *third)
{
    act *const acts[] = {first, second, third};
    catga_middleware list[3];
    size_t count = 0;

    for (; count < 3 && acts[count] != NULL; count++) {
        f->layers[count].fixture = f;
        f->layers[count].letter = (char)('a' + count);
        f->layers[count].act = acts[count];
        list[count] = (catga_middleware){run_layer, &f->layers[count]};
    }
    f->service = fixture_join(&f->base, (catga_options){.instance = "service",
                                                        .middleware = list,
                                                        .middleware_count = count,
                                                        .ack_wait_ms = 400,
                                                        .lease_ms = 200,
                                                        .log = keep_log,
                                                        .log_user = f});
    memset(list, 0xff, sizeof list); /* the bus has its copy */
    assert_int_equal(catga_serve(f->service, service, functions, f), CATGA_OK);
}

static const sample_answerer answerer = {echo, ask};
static const sample_answerer failing_answerer = {fail_after_effect, ask};
static const sample_answerer once_answerer = {echo_once, NULL};
static const sample_listener listener = {notify, notify};

/* Calls, and compares status, code and text: of the answer, or of the error. */
static void assert_call(catga_bus *bus, const catga_message *message, const sample *input,
                        catga_status status, uint32_t code, const char *text)
{
    catga_reply reply;
    char got[600];

    assert_int_equal(catga_call(bus, message, input, &reply), status);
    sample_view view = {reply.table};
    catga_string found = status == CATGA_OK ? sample_get_text(view) : reply.error.text;
    snprintf(got, sizeof got, "%.*s", CATGA_PRINT(found));
    if (strstr(got, text) == NULL)
        fail_msg("'%s' is not in '%s'", text, got);
    assert_int_equal(reply.error.code, code);
    catga_received_free(reply.received);
}

static void pause_for(long milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000}, NULL);
}

/* ---- Kinds of middleware ---- */

static catga_status pass(catga_context *context, catga_next *next, layer *self)
{
    (void)context;
    note(self->fixture, self->letter);
    catga_status status = catga_run_next(next);
    note(self->fixture, (char)(self->letter - 'a' + 'A'));
    atomic_store(&self->fixture->inner, status);
    return status;
}

static catga_status look(catga_context *context, catga_next *next, layer *self)
{
    fixture *f = self->fixture;
    catga_string name = catga_context_message_name(context);
    catga_string service = catga_context_service(context);
    catga_string login = catga_context_header(context, "Authorization");

    pthread_mutex_lock(&f->lock);
    snprintf(f->seen, sizeof f->seen, "%.*s %.*s %.*s", CATGA_PRINT(name), CATGA_PRINT(service),
             CATGA_PRINT(login));
    pthread_mutex_unlock(&f->lock);
    assert_int_equal(catga_verify(&sample_echo_table, catga_context_payload(context).data,
                                  catga_context_payload(context).length, &(const uint8_t *){NULL},
                                  NULL),
                     CATGA_OK);
    return catga_run_next(next);
}

/* Returns whether this run is still denied. */
static bool is_denied(layer *self)
{
    return atomic_load(&self->fixture->denials) > 0 &&
           atomic_fetch_sub(&self->fixture->denials, 1) > 0;
}

static catga_status deny(catga_context *context, catga_next *next, layer *self)
{
    return is_denied(self) ? catga_deny(context, CATGA_NOT_PERMITTED, "needs %s", "a login")
                           : catga_run_next(next);
}

static catga_status overload(catga_context *context, catga_next *next, layer *self)
{
    return is_denied(self) ? catga_deny(context, CATGA_OVERLOADED, "too many")
                           : catga_run_next(next);
}

static catga_status deny_wrongly(catga_context *context, catga_next *next, layer *self)
{
    (void)next;
    (void)self;
    return catga_deny(context, CATGA_TIMEOUT, "no");
}

/* Returns the status without catga_deny, as a handler that passes on the status of a call. */
static catga_status fail_like_a_denial(catga_context *context, catga_next *next, layer *self)
{
    (void)context;
    (void)next;
    (void)self;
    return CATGA_OVERLOADED;
}

static catga_status deny_after(catga_context *context, catga_next *next, layer *self)
{
    (void)self;
    catga_ignore(catga_run_next(next));
    return catga_deny(context, CATGA_NOT_PERMITTED, "too late");
}

static catga_status postpone(catga_context *context, catga_next *next, layer *self)
{
    return is_denied(self) ? catga_retry_after(context, 0) : catga_run_next(next);
}

static catga_status reject(catga_context *context, catga_next *next, layer *self)
{
    (void)next;
    (void)self;
    return catga_reject(context, "not for us");
}

static catga_status answer(catga_context *context, catga_next *next, layer *self)
{
    const sample instead = {CATGA_STR("middleware"), 2};

    (void)next;
    (void)self;
    return catga_answer(context, &sample_echo_message, &instead);
}

static catga_status run_twice(catga_context *context, catga_next *next, layer *self)
{
    (void)context;
    catga_status status = catga_run_next(next);
    atomic_store(&self->fixture->inner, catga_run_next(next));
    return status;
}

static catga_status do_nothing(catga_context *context, catga_next *next, layer *self)
{
    (void)context;
    (void)next;
    (void)self;
    return CATGA_OK;
}

static catga_status hide_a_failure(catga_context *context, catga_next *next, layer *self)
{
    (void)context;
    atomic_store(&self->fixture->inner, catga_run_next(next));
    return CATGA_OK;
}

/* ---- Commands and queries ---- */

static void the_first_is_outermost(void **state)
{
    fixture *f = *state;

    serve(f, &sample_answerer_service, &answerer, pass, pass, pass);
    assert_call(f->caller, &sample_echo_message, &hello, CATGA_OK, 0, "handler");
    wait_until(catga_count(f->service).handled == 1);
    assert_true(has_order(f, "abchCBA"));
    assert_int_equal(atomic_load(&f->inner), CATGA_OK);
    assert_call(f->caller, &sample_ask_message, &hello, CATGA_OK, 0, "handler");
    wait_until(catga_count(f->service).handled == 2);
    assert_int_equal(catga_count(f->service).handlers_failed, 0);
    assert_int_equal(f->layers[2].runs, 2);
}

static void a_middleware_sees_the_message(void **state)
{
    static const catga_header login = {"Authorization", "Bearer 1"};
    fixture *f = *state;
    catga_bus with = catga_with_headers(f->caller, &login, 1);

    serve(f, &sample_answerer_service, &answerer, look, NULL, NULL);
    assert_call(&with, &sample_echo_message, &hello, CATGA_OK, 0, "handler");
    assert_true(has_seen(f, "test.sample.Echo Answerer Bearer 1"));
    assert_call(f->caller, &sample_echo_message, &hello, CATGA_OK, 0, "handler");
    assert_true(has_seen(f, "test.sample.Echo Answerer "));
}

static void a_declared_error_passes(void **state)
{
    fixture *f = *state;
    const sample refused = {{"hello", 5}, 1};

    serve(f, &sample_answerer_service, &answerer, pass, NULL, NULL);
    assert_call(f->caller, &sample_echo_message, &refused, CATGA_DECLARED_ERROR, 1001, "declared");
    wait_until(catga_count(f->service).handled == 1);
    assert_int_equal(atomic_load(&f->inner), CATGA_DECLARED_ERROR);
}

static void a_denied_request_does_not_run(void **state)
{
    fixture *f = *state;

    serve(f, &sample_answerer_service, &answerer, pass, deny, NULL);
    atomic_store(&f->denials, 2);
    assert_call(f->caller, &sample_echo_message, &hello, CATGA_NOT_PERMITTED, 403, "needs a login");
    assert_call(f->caller, &sample_ask_message, &hello, CATGA_NOT_PERMITTED, 403, "needs a login");
    assert_int_equal(f->handled, 0);
    assert_int_equal(catga_count(f->service).refused, 2);
    assert_int_equal(catga_count(f->service).handlers_failed, 0);
    assert_int_equal(catga_count(f->caller).calls_retried, 0);
    assert_int_equal(atomic_load(&f->inner), CATGA_NOT_PERMITTED);
    assert_call(f->caller, &sample_echo_message, &hello, CATGA_OK, 0, "handler");
}

static void an_overload_is_retried(void **state)
{
    fixture *f = *state;

    serve(f, &sample_answerer_service, &answerer, overload, NULL, NULL);
    atomic_store(&f->denials, 1);
    assert_call(f->caller, &sample_echo_message, &hello, CATGA_OK, 0, "handler");
    assert_int_equal(catga_count(f->service).refused, 1);
    assert_int_equal(catga_count(f->caller).calls_retried, 1);
    atomic_store(&f->denials, 1000);
    assert_call(f->caller, &sample_echo_message, &hello, CATGA_OVERLOADED, 429, "too many");
    assert_int_equal(f->handled, 1);
}

static void a_denial_needs_a_status_for_it(void **state)
{
    fixture *f = *state;

    serve(f, &sample_answerer_service, &answerer, deny_wrongly, NULL, NULL);
    assert_call(f->caller, &sample_echo_message, &hello, CATGA_HANDLER_FAILED, 500,
                "refused with CATGA_TIMEOUT");
    assert_int_equal(catga_count(f->service).refused, 0);
}

static void a_status_alone_is_a_failure(void **state)
{
    fixture *f = *state;

    serve(f, &sample_answerer_service, &answerer, fail_like_a_denial, NULL, NULL);
    assert_call(f->caller, &sample_echo_message, &hello, CATGA_HANDLER_FAILED, 500,
                "the handler failed");
    assert_int_equal(catga_count(f->service).handlers_failed, 1);
}

static void a_denial_after_the_answer_is_a_failure(void **state)
{
    fixture *f = *state;

    serve(f, &sample_answerer_service, &answerer, deny_after, NULL, NULL);
    assert_call(f->caller, &sample_echo_message, &hello, CATGA_OK, 0, "handler");
    wait_until(catga_count(f->service).handlers_failed == 1);
    assert_int_equal(catga_count(f->service).refused, 0);
}

/* The caller would repeat the command, which has had its effect. */
static void a_denial_after_the_handler_is_a_failure(void **state)
{
    fixture *f = *state;

    serve(f, &sample_answerer_service, &failing_answerer, deny_after, NULL, NULL);
    assert_call(f->caller, &sample_echo_message, &hello, CATGA_HANDLER_FAILED, 500, "");
    wait_until(has_logged(f, "middleware 1 denied a message that had run"));
    assert_int_equal(f->handled, 1);
    assert_int_equal(catga_count(f->service).refused, 0);
}

static void a_middleware_answers_instead(void **state)
{
    fixture *f = *state;

    serve(f, &sample_answerer_service, &answerer, pass, answer, NULL);
    assert_call(f->caller, &sample_echo_message, &hello, CATGA_OK, 0, "middleware");
    assert_int_equal(f->handled, 0);
    wait_until(catga_count(f->service).handled == 1);
}

static void the_next_runs_once(void **state)
{
    fixture *f = *state;

    serve(f, &sample_answerer_service, &answerer, run_twice, pass, NULL);
    assert_call(f->caller, &sample_echo_message, &hello, CATGA_OK, 0, "handler");
    wait_until(has_logged(f, "service: run Answerer.echo: middleware 1 ran the next twice"));
    wait_until(catga_count(f->service).handled == 1);
    assert_int_equal(atomic_load(&f->inner), CATGA_INVALID_ARGUMENT);
    assert_int_equal(f->handled, 1);
    assert_int_equal(f->layers[1].runs, 1);
}

static void doing_nothing_is_a_failure(void **state)
{
    fixture *f = *state;

    serve(f, &sample_answerer_service, &answerer, pass, do_nothing, NULL);
    assert_call(f->caller, &sample_echo_message, &hello, CATGA_HANDLER_FAILED, 500,
                "middleware 2 neither answered nor ran the next");
    assert_true(has_logged(f, "middleware 2 neither answered nor ran the next"));
    assert_int_equal(f->handled, 0);
    assert_int_equal(catga_count(f->service).handlers_failed, 1);
    assert_int_equal(atomic_load(&f->inner), CATGA_HANDLER_FAILED);
}

/* ---- Idempotent commands ---- */

static void assert_call_with_id(fixture *f, const char *id, catga_status status)
{
    catga_reply reply;

    assert_int_equal(catga_call_with_id(f->caller, &once_echo, catga_str(id), &hello, &reply),
                     status);
    catga_received_free(reply.received);
}

static void a_kept_answer_needs_no_middleware(void **state)
{
    fixture *f = *state;

    serve(f, &once_service, &once_answerer, pass, NULL, NULL);
    assert_call_with_id(f, "first", CATGA_OK);
    assert_call_with_id(f, "first", CATGA_OK);
    assert_int_equal(f->layers[0].runs, 1);
    assert_int_equal(f->handled, 1);
    assert_int_equal(catga_count(f->service).repeated, 1);
}

static void a_denial_is_not_kept(void **state)
{
    fixture *f = *state;

    serve(f, &once_service, &once_answerer, deny, NULL, NULL);
    atomic_store(&f->denials, 1);
    assert_call_with_id(f, "second", CATGA_NOT_PERMITTED);
    assert_int_equal(f->handled, 0);
    assert_call_with_id(f, "second", CATGA_OK);
    assert_int_equal(f->handled, 1);
    assert_int_equal(catga_count(f->service).refused, 1);
}

/* ---- Events ---- */

static void an_event_that_is_denied_is_lost(void **state)
{
    fixture *f = *state;

    serve(f, &sample_listener_service, &listener, deny, NULL, NULL);
    atomic_store(&f->denials, 2); /* of both handlers */
    assert_int_equal(catga_publish(f->caller, &sample_noted_message, &hello), CATGA_OK);
    wait_until(catga_count(f->service).handlers_failed == 2);
    assert_int_equal(f->handled, 0);
    assert_int_equal(catga_publish(f->caller, &sample_noted_message, &hello), CATGA_OK);
    wait_until(catga_count(f->service).handled == 2);
    assert_int_equal(catga_count(f->service).refused, 0);
}

/* Publishes a stored event, and moves the local clock over its pauses. */
static void publish_stored(fixture *f, const catga_message *message)
{
    assert_int_equal(catga_publish(f->caller, message, &hello), CATGA_OK);
}

static void advance(const fixture *f)
{
    if (f->base.broker != NULL)
        catga_local_advance(f->base.broker, 1000);
}

#define wait_and_advance(f, condition)                                                             \
    do {                                                                                           \
        for (int tries = 0; !(condition) && tries < 1000; tries++) {                               \
            advance(f);                                                                            \
            pause_for(10);                                                                         \
        }                                                                                          \
        assert_true(condition);                                                                    \
    } while (0)

static void a_stored_event_that_is_denied_is_a_dead_letter(void **state)
{
    fixture *f = *state;

    serve(f, &reader, &listener, deny, NULL, NULL);
    atomic_store(&f->denials, 1);
    publish_stored(f, &stored);
    wait_until(catga_count(f->service).dead_letters == 1);
    assert_int_equal(f->layers[0].runs, 1);
    assert_int_equal(f->handled, 0);
    wait_until(has_logged(f, "the handler rejected it: needs a login"));
    publish_stored(f, &stored);
    wait_until(catga_count(f->service).handled == 1);
}

static void a_stored_event_that_is_rejected_is_a_dead_letter(void **state)
{
    fixture *f = *state;

    serve(f, &reader, &listener, pass, reject, NULL);
    publish_stored(f, &stored);
    wait_until(catga_count(f->service).dead_letters == 1);
    assert_int_equal(f->layers[1].runs, 1);
    assert_int_equal(atomic_load(&f->inner), CATGA_REJECTED);
    wait_until(has_logged(f, "the handler rejected it: not for us"));
}

static void a_stored_event_that_is_postponed_runs_later(void **state)
{
    fixture *f = *state;

    serve(f, &reader, &listener, postpone, NULL, NULL);
    atomic_store(&f->denials, 1);
    publish_stored(f, &stored);
    wait_and_advance(f, catga_count(f->service).handled == 1);
    assert_int_equal(f->layers[0].runs, 2);
    assert_int_equal(catga_count(f->service).retried_later, 1);
}

static void an_overload_of_stored_events_is_retried(void **state)
{
    fixture *f = *state;

    serve(f, &reader, &listener, overload, NULL, NULL);
    atomic_store(&f->denials, 2);
    publish_stored(f, &stored);
    wait_and_advance(f, catga_count(f->service).handled == 1);
    assert_int_equal(f->layers[0].runs, 3);
    assert_int_equal(catga_count(f->service).dead_letters, 0);
}

static void an_event_that_nobody_handled_is_not_acknowledged(void **state)
{
    fixture *f = *state;

    serve(f, &reader, &listener, do_nothing, NULL, NULL);
    publish_stored(f, &stored);
    wait_and_advance(f, catga_count(f->service).dead_letters == 1);
    assert_int_equal(f->layers[0].runs, 3);
    wait_until(has_logged(f, "middleware 1 neither answered nor ran the next"));
}

static void a_middleware_may_accept_a_failed_event(void **state)
{
    fixture *f = *state;

    f->handler_result = CATGA_HANDLER_FAILED;
    serve(f, &reader, &listener, hide_a_failure, NULL, NULL);
    publish_stored(f, &stored);
    wait_until(catga_count(f->service).handled == 1);
    assert_int_equal(atomic_load(&f->inner), CATGA_HANDLER_FAILED);
    assert_int_equal(catga_count(f->service).retried_later, 0);
}

static void an_exactly_once_event_runs_middleware_once(void **state)
{
    fixture *f = *state;

    serve(f, &once_reader, &listener, pass, deny, NULL);
    if (f->base.broker != NULL) /* a NATS server cannot be asked to redeliver */
        catga_local_inject(f->base.broker, CATGA_LOCAL_LOSE_ACK, 1);
    publish_stored(f, &once_stored);
    wait_until(catga_count(f->service).handled == 1);
    if (f->base.broker != NULL)
        wait_until(catga_count(f->service).repeated == 1);
    assert_int_equal(f->layers[0].runs, 1);
    assert_int_equal(f->handled, 1);
    atomic_store(&f->denials, 1);
    publish_stored(f, &once_stored);
    wait_until(catga_count(f->service).dead_letters == 1);
    assert_int_equal(f->handled, 1);
}

/* ---- Headers ---- */

static void count_answer(catga_status status, sample_view reply, const catga_error *error,
                         void *user)
{
    (void)reply;
    (void)error;
    if (status == CATGA_OK)
        atomic_fetch_add((atomic_uint *)user, 1);
}

static catga_status overload_then_look(catga_context *context, catga_next *next, layer *self)
{
    return is_denied(self) ? catga_deny(context, CATGA_OVERLOADED, "once")
                           : look(context, next, self);
}

/* A retry sends the headers again, after the caller's memory has changed. */
static void a_send_keeps_its_headers(void **state)
{
    fixture *f = *state;
    char name[] = "Authorization";
    char value[] = "Bearer 2";
    const catga_header login = {name, value};
    catga_bus with = catga_with_headers(f->caller, &login, 1);
    atomic_uint answers = 0;

    serve(f, &sample_answerer_service, &answerer, overload_then_look, NULL, NULL);
    atomic_store(&f->denials, 1);
    assert_int_equal(catga_send(&with, &sample_echo_message, &hello, sample_deliver,
                                (catga_function)count_answer, &answers),
                     CATGA_OK);
    memset(name, 'x', sizeof name - 1);
    memset(value, 'x', sizeof value - 1);
    wait_until(answers == 1);
    assert_true(has_seen(f, "test.sample.Echo Answerer Bearer 2"));
}

static void all_allowed_headers_arrive(void **state)
{
    static char longest[CATGA_HEADER_VALUE_CAP + 1];
    fixture *f = *state;
    const catga_header headers[CATGA_HEADERS_MAX] = {{"a", longest}, {"b_-9", "b"},
                                                     {"c", "c"},     {"d", "d"},
                                                     {"e", "e"},     {"f", "f: \xe6\x97\xa0"},
                                                     {"g", "g"},     {"Authorization", "last"}};
    catga_bus with = catga_with_headers(f->caller, headers, CATGA_HEADERS_MAX);

    memset(longest, 'x', sizeof longest - 1);
    serve(f, &sample_answerer_service, &answerer, look, NULL, NULL);
    assert_call(&with, &sample_echo_message, &hello, CATGA_OK, 0, "handler");
    assert_true(has_seen(f, "test.sample.Echo Answerer last"));
}

static void other_headers_are_refused(void **state)
{
    static char too_long[CATGA_HEADER_VALUE_CAP + 2];
    static const char valid[] = "header";
    fixture *f = *state;
    const catga_header wrong[] = {
        {NULL, "x"},
        {"", "x"},
        {"a b", "x"},
        {"a:", "x"},
        {"a\r\n", "x"},
        {"Nats-Msg-Id", "x"},
        {"nats-expected", "x"},
        {"Catga-Timeout", "1"},
        {"CATGA-X", "x"},
        {"Traceparent", "x"},
        {"tracestate", "x"},
        {"status", "503"},
        {"Description", "x"},
        {"a", NULL},
        {"a", ""},
        {"a", " x"},
        {"a", "x "},
        {"a", "x\r\nb: c"},
        {"a", "x\ty"},
        {"a", too_long},
    };

    memset(too_long, 'x', sizeof too_long - 1);
    serve(f, &sample_answerer_service, &answerer, pass, NULL, NULL);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        catga_bus with = catga_with_headers(f->caller, &wrong[i], 1);
        assert_call(&with, &sample_echo_message, &hello, CATGA_INVALID_ARGUMENT, 0, valid);
        assert_int_equal(catga_send(&with, &sample_echo_message, &hello, sample_deliver,
                                    (catga_function)count_answer, NULL),
                         CATGA_INVALID_ARGUMENT);
    }
    assert_int_equal(f->handled, 0);
}

static void headers_have_limits(void **state)
{
    static const catga_header many[CATGA_HEADERS_MAX + 1] = {{"a", "1"}, {"b", "1"}, {"c", "1"},
                                                             {"d", "1"}, {"e", "1"}, {"f", "1"},
                                                             {"g", "1"}, {"h", "1"}, {"i", "1"}};
    static const catga_header twice[] = {{"Login", "1"}, {"login", "2"}};
    fixture *f = *state;
    catga_bus with_many = catga_with_headers(f->caller, many, CATGA_HEADERS_MAX + 1);
    catga_bus with_twice = catga_with_headers(f->caller, twice, 2);

    assert_call(&with_many, &sample_echo_message, &hello, CATGA_INVALID_ARGUMENT, 0,
                "at most 8 headers");
    assert_call(&with_twice, &sample_echo_message, &hello, CATGA_INVALID_ARGUMENT, 0,
                "header login: its name is given twice");
    assert_int_equal(catga_publish(&with_twice, &sample_noted_message, &hello),
                     CATGA_INVALID_ARGUMENT);
    assert_int_equal(catga_publish(&with_twice, &stored, &hello), CATGA_INVALID_ARGUMENT);
}

int main(int argc, char **argv)
{
    fixture_choose(argc, argv);
    const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)
        CASE(the_first_is_outermost),
        CASE(a_middleware_sees_the_message),
        CASE(a_declared_error_passes),
        CASE(a_denied_request_does_not_run),
        CASE(an_overload_is_retried),
        CASE(a_denial_needs_a_status_for_it),
        CASE(a_status_alone_is_a_failure),
        CASE(a_denial_after_the_answer_is_a_failure),
        CASE(a_denial_after_the_handler_is_a_failure),
        CASE(a_middleware_answers_instead),
        CASE(the_next_runs_once),
        CASE(doing_nothing_is_a_failure),
        CASE(a_kept_answer_needs_no_middleware),
        CASE(a_denial_is_not_kept),
        CASE(an_event_that_is_denied_is_lost),
        CASE(a_stored_event_that_is_denied_is_a_dead_letter),
        CASE(a_stored_event_that_is_rejected_is_a_dead_letter),
        CASE(a_stored_event_that_is_postponed_runs_later),
        CASE(an_overload_of_stored_events_is_retried),
        CASE(an_event_that_nobody_handled_is_not_acknowledged),
        CASE(a_middleware_may_accept_a_failed_event),
        CASE(an_exactly_once_event_runs_middleware_once),
        CASE(a_send_keeps_its_headers),
        CASE(all_allowed_headers_arrive),
        CASE(other_headers_are_refused),
        CASE(headers_have_limits),
#undef CASE
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
