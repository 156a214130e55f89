/* Takes and ends claims; see claims.h. */
#include "base/clock.h"
#include "base/text.h"
#include "claims.h"

#include <catga/trace.h>

#include <stdio.h>
#include <stdlib.h>

#define CLAIM_BEGIN "catga:claim:"

/* Pause between two attempts to reach the server. */
#define PAUSE (20 * CATGA_MILLISECOND)

enum { NUMBER = 24, SPAN_TARGET = 160 };

/* ---- Claims that are renewed ---- */

static void hold(catga_redis_claims *claims, catga_redis_held_claim *held)
{
    pthread_mutex_lock(&claims->lock);
    held->next = claims->own.next;
    held->previous = &claims->own;
    held->next->previous = held;
    claims->own.next = held;
    pthread_mutex_unlock(&claims->lock);
}

static void let_go(catga_redis_claims *claims, catga_redis_held_claim *held)
{
    pthread_mutex_lock(&claims->lock);
    held->previous->next = held->next;
    held->next->previous = held->previous;
    pthread_mutex_unlock(&claims->lock);
}

/* ---- Round trips ---- */

/* The content of a reply, for the thread that waits for it. */
typedef struct round_trip {
    sem_t came;
    bool sent;                    /* now or before: the server may have run the command */
    bool answered;                /* false: the connection was lost before the reply */
    bool refused;                 /* by an error: the server has not run the command */
    bool ended;                   /* of END */
    catga_claim *claim;           /* of CLAIM */
    catga_redis_held_claim *held; /* the same, while it is taken */
    catga_claim_result result;
    char *answer; /* memory of the answer and the texts of its error */
} round_trip;

static bool has_texts(const redisReply *reply, size_t count)
{
    bool all = reply->type == REDIS_REPLY_ARRAY && reply->elements == count;

    for (size_t i = 0; all && i < count; i++)
        all = reply->element[i]->type == REDIS_REPLY_STRING;
    return all;
}

/* Copies a part of a reply behind the others, with an end. */
static catga_string copy(char **at, const redisReply *part)
{
    catga_string text = {*at, part->len};

    memcpy(*at, part->str, part->len);
    (*at)[part->len] = '\0';
    *at += part->len + 1;
    return text;
}

/* Reads the outcome of a handled message: 'done', answer, code, name, text. */
static catga_claim_result read_outcome(round_trip *trip, const redisReply *reply)
{
    catga_claim *claim = trip->claim;
    size_t size = 0;

    if (!has_texts(reply, 5))
        return CATGA_CLAIM_UNKNOWN;
    for (size_t i = 1; i < 5; i++)
        size += reply->element[i]->len + 1;
    trip->answer = malloc(size);
    if (trip->answer == NULL)
        return CATGA_CLAIM_UNKNOWN;
    char *at = trip->answer;
    catga_string answer = copy(&at, reply->element[1]);
    claim->answer = (catga_bytes){(const uint8_t *)answer.data, answer.length};
    claim->error.code = (uint32_t)strtonum(reply->element[2]->str, 0, UINT32_MAX, NULL);
    claim->error.name = copy(&at, reply->element[3]);
    claim->error.text = copy(&at, reply->element[4]);
    return CATGA_CLAIM_DONE;
}

static catga_claim_result read_result(round_trip *trip, const redisReply *reply)
{
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0 ||
        reply->element[0]->type != REDIS_REPLY_STRING)
        return CATGA_CLAIM_UNKNOWN;
    const char *word = reply->element[0]->str;
    if (strcmp(word, "taken") == 0 && reply->elements == 2 &&
        reply->element[1]->type == REDIS_REPLY_INTEGER) {
        trip->claim->attempt = (uint32_t)reply->element[1]->integer;
        return CATGA_CLAIM_TAKEN;
    }
    return strcmp(word, "done") == 0     ? read_outcome(trip, reply)
           : strcmp(word, "held") == 0   ? CATGA_CLAIM_HELD
           : strcmp(word, "reused") == 0 ? CATGA_CLAIM_REUSED
                                         : CATGA_CLAIM_UNKNOWN;
}

/* The text of the error names no secret. */
static void read_error(catga_redis_claims *claims, round_trip *trip, const redisReply *reply)
{
    trip->refused = true;
    catga_log_limited(&claims->logger, &claims->errors, CATGA_LOG_ERROR,
                      "redis: cannot write a claim: %.120s", reply->str);
}

/* A taken claim is renewed from its reply on, however late the waiting thread runs. */
static void note_result(catga_redis_claims *claims, round_trip *trip, const redisReply *reply)
{
    trip->result = read_result(trip, reply);
    if (trip->result == CATGA_CLAIM_TAKEN)
        hold(claims, trip->held);
}

static void on_reply(void *owner, const catga_redis_command *command, const redisReply *reply)
{
    round_trip *trip = command->user;

    trip->answered = reply != NULL;
    if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
        read_error(owner, trip, reply);
    else if (reply != NULL && trip->claim != NULL)
        note_result(owner, trip, reply);
    else if (reply != NULL)
        trip->ended = reply->type == REDIS_REPLY_INTEGER && reply->integer == 1;
    sem_post(&trip->came);
}

/* Sends a command, and waits for its reply. The pipeline ends a connection that is silent. Returns
 * false if the server has not run the command, or nobody knows. */
static bool run(catga_redis_claims *claims, catga_redis_command *command, round_trip *trip)
{
    if (command == NULL)
        return false;
    trip->answered = false;
    trip->refused = false;
    trip->result = CATGA_CLAIM_UNKNOWN;
    sem_init(&trip->came, 0, 0);
    command->on_reply = on_reply;
    command->user = trip;
    bool sent = catga_redis_pipeline_send(&claims->pipeline, command) == CATGA_OK;
    while (sent && sem_wait(&trip->came) != 0)
        continue;
    sem_destroy(&trip->came);
    trip->sent = trip->sent || sent;
    return trip->answered && !trip->refused;
}

static void pause_shortly(void)
{
    nanosleep(&(struct timespec){.tv_nsec = PAUSE}, NULL);
}

/* ---- Commands ---- */

static void put_key(catga_redis_command *command, const catga_claim *claim)
{
    size_t begin = sizeof CLAIM_BEGIN - 1;

    catga_redis_command_begin_part(command, begin + claim->bucket.length + 1 + claim->key.length);
    catga_redis_command_append(command, CLAIM_BEGIN, begin);
    catga_redis_command_append(command, claim->bucket.data, claim->bucket.length);
    catga_redis_command_append(command, ":", 1);
    catga_redis_command_append(command, claim->key.data, claim->key.length);
    catga_redis_command_end_part(command);
}

static void put_string(catga_redis_command *command, catga_string text)
{
    catga_redis_command_part(command, text.length == 0 ? "" : text.data, text.length);
}

static size_t size_of(const catga_claim *claim)
{
    return sizeof CLAIM_BEGIN + claim->bucket.length + claim->key.length + claim->request.length +
           CATGA_REDIS_ATTEMPT + 10 * catga_redis_part_size(NUMBER);
}

/* A claim is kept for longer than its lease. */
static int64_t kept_ms(const catga_redis_claims *claims, const catga_claim *claim)
{
    int64_t least = 20 * (int64_t)claims->lease_ms;

    return claim->kept_ms > least ? claim->kept_ms : least;
}

catga_redis_command *catga_redis_claim_command(catga_redis_claims *claims, const char *attempt,
                                               const catga_claim *claim, bool renews)
{
    catga_redis_command *command = catga_redis_pipeline_script(
        &claims->pipeline, catga_redis_claim_pools(claims), CATGA_REDIS_CLAIM, 2, 6,
        size_of(claim) + sizeof CATGA_REDIS_PULSE + catga_redis_part_size(1));

    if (command == NULL)
        return NULL;
    catga_redis_command_text(command, CATGA_REDIS_PULSE);
    put_key(command, claim);
    catga_redis_command_number(command, claims->lease_ms);
    catga_redis_command_text(command, attempt);
    put_string(command, claim->request);
    catga_redis_command_number(command, kept_ms(claims, claim));
    catga_redis_command_text(command, atomic_load(&claims->nearly_full) ? "1" : "0");
    catga_redis_command_text(command, renews ? "1" : "0");
    return command;
}

static catga_redis_command *end_command(catga_redis_claims *claims, const char *attempt,
                                        const catga_claim *claim, const char *state)
{
    const catga_error *error = &claim->error;
    size_t size = size_of(claim) + claim->answer.length + error->name.length + error->text.length;
    catga_redis_command *command = catga_redis_pipeline_script(
        &claims->pipeline, catga_redis_claim_pools(claims), CATGA_REDIS_END, 1, 8, size);

    if (command == NULL)
        return NULL;
    put_key(command, claim);
    catga_redis_command_text(command, attempt);
    put_string(command, claim->request);
    catga_redis_command_number(command, kept_ms(claims, claim));
    catga_redis_command_text(command, state);
    put_string(command, (catga_string){(const char *)claim->answer.data, claim->answer.length});
    catga_redis_command_number(command, error->code);
    put_string(command, error->name);
    put_string(command, error->text);
    return command;
}

/* ---- Claims that this process has ---- */

static void name_attempt(char attempt[CATGA_REDIS_ATTEMPT + 1])
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    for (int i = 0; i < CATGA_REDIS_ATTEMPT; i++)
        attempt[i] = letters[arc4random_uniform(sizeof letters - 1)];
    attempt[CATGA_REDIS_ATTEMPT] = '\0';
}

/* ---- Spans ---- */

static void begin_span(catga_active_span *span, const catga_claim *claim, const char *operation,
                       char target[SPAN_TARGET])
{
    snprintf(target, SPAN_TARGET, "%.*s", CATGA_PRINT(claim->bucket));
    if (claim->bus != NULL)
        catga_span_begin(span, claim->bus,
                         &(catga_span_start){
                             .kind = CATGA_SPAN_CLIENT, .operation = operation, .target = target});
}

static void end_span(catga_active_span *span, const catga_claim *claim, const char *outcome,
                     bool failed)
{
    const catga_span_attribute attributes[] = {
        {.name = "db.system.name", .text = CATGA_STR("redis")},
        {.name = "db.operation.name", .text = CATGA_STR("EVALSHA")},
        {.name = "catga.claim", .text = catga_str(outcome)}};

    if (claim->bus != NULL)
        catga_span_end(span, &(catga_span_outcome){.failed = failed,
                                                   .status_text = failed ? outcome : NULL,
                                                   .attributes = attributes,
                                                   .attribute_count = 3});
}

/* ---- Taking ---- */

/* Tries until the answer is known: a claim that was taken without our knowledge would keep others
 * away. Without a connection, nothing was sent. */
static catga_claim_result take(catga_redis_claims *claims, catga_redis_held_claim *held,
                               catga_claim *claim)
{
    int64_t end = catga_clock_now() + claims->lease_ms * CATGA_MILLISECOND;
    round_trip trip = {.claim = claim, .held = held};

    while (!run(claims, catga_redis_claim_command(claims, held->attempt, claim, false), &trip)) {
        if (!trip.sent || trip.refused || catga_clock_now() >= end)
            return CATGA_CLAIM_UNKNOWN;
        pause_shortly();
    }
    if (trip.answer != NULL) {
        free(pthread_getspecific(claims->answers));
        (void)pthread_setspecific(claims->answers, trip.answer);
    }
    return trip.result;
}

/* Counts a result. Returns its name. */
static const char *count(catga_redis_claims *claims, catga_claim_result result)
{
    switch (result) {
    case CATGA_CLAIM_TAKEN:
        atomic_fetch_add(&claims->taken, 1);
        return "taken";
    case CATGA_CLAIM_DONE:
        atomic_fetch_add(&claims->repeated, 1);
        return "done";
    case CATGA_CLAIM_HELD:
        atomic_fetch_add(&claims->held, 1);
        return "held";
    case CATGA_CLAIM_REUSED:
        return "reused";
    case CATGA_CLAIM_UNKNOWN:
        break;
    }
    atomic_fetch_add(&claims->failed, 1);
    return "unknown";
}

catga_claim_result catga_redis_claim(void *user, catga_claim *claim)
{
    catga_redis_claims *claims = user;
    catga_redis_held_claim *held = catga_pool_take(&claims->claims);
    char target[SPAN_TARGET];
    catga_active_span span;

    if (held == NULL)
        return CATGA_CLAIM_UNKNOWN;
    begin_span(&span, claim, "claim", target);
    name_attempt(held->attempt);
    held->claim = claim;
    catga_claim_result result = take(claims, held, claim);
    end_span(&span, claim, count(claims, result), result == CATGA_CLAIM_UNKNOWN);
    if (result != CATGA_CLAIM_TAKEN) {
        catga_pool_give(&claims->claims, held);
        return result;
    }
    claim->of_store = held;
    return result;
}

/* ---- Ending ---- */

/* Waits for a server that does not answer until `end_ns`. Returns false if another attempt has the
 * claim, or the server has not come back. */
static bool end_claim(catga_redis_claims *claims, const catga_claim *claim, const char *state,
                      int64_t end_ns)
{
    catga_redis_held_claim *held = claim->of_store;
    round_trip trip = {.ended = false};

    while (!run(claims, end_command(claims, held->attempt, claim, state), &trip) &&
           catga_clock_now() < end_ns)
        pause_shortly();
    let_go(claims, held); /* until now, the claim is renewed */
    catga_pool_give(&claims->claims, held);
    return trip.ended;
}

bool catga_redis_claim_done(void *user, catga_claim *claim)
{
    catga_redis_claims *claims = user;
    char target[SPAN_TARGET];
    catga_active_span span;

    begin_span(&span, claim, "done", target);
    bool done = end_claim(claims, claim, "done",
                          catga_clock_now() + claims->done_wait_ms * CATGA_MILLISECOND);
    end_span(&span, claim, done ? "done" : "lost", !done);
    if (!done)
        atomic_fetch_add(&claims->lost, 1);
    return done;
}

/* A claim that is not released ends with its lease. */
void catga_redis_claim_release(void *user, catga_claim *claim)
{
    (void)end_claim(user, claim, "free", 0);
}
