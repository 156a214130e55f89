/* Opens and closes the claim store; its connection, and the renewal of its claims. */
#include "claims.h"

#include "base/clock.h"
#include "base/text.h"
#include "memory_policy.h"

#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_SERVERS "redis://127.0.0.1:6379"

enum { CONNECT_WAIT_MS = 5000, LEASE_MS = 2000, DONE_WAIT_MS = 10000 };

/* Intervals, and how long a server may be silent. A lease is renewed four times while it lasts. */
#define MEMORY  (2 * CATGA_SECOND)
#define FAILURE (5 * CATGA_SECOND)
#define SILENCE (CATGA_SECOND + CATGA_SECOND / 2)
#define PULSE   (CATGA_SECOND / 2) /* at most, so that the server is never silent for SILENCE */
enum { RENEWALS = 4, SMALL = 1024, MEDIUM = 65536 };

/* ---- The connection ---- */

static void note_opening(catga_redis_claims *claims, catga_status status)
{
    pthread_mutex_lock(&claims->lock);
    atomic_store(&claims->opening, (int)status);
    pthread_cond_broadcast(&claims->opened);
    pthread_mutex_unlock(&claims->lock);
}

static void on_connected(void *owner, const char *server)
{
    catga_redis_claims *claims = owner;

    claims->renewal_ns = 0;
    claims->pulse_ns = 0;
    claims->memory_ns = 0;
    atomic_store(&claims->up, 1);
    if (atomic_fetch_add(&claims->connects, 1) == 0)
        catga_log(&claims->logger, CATGA_LOG_INFO, "redis: connected for claims (server=%s)",
                  server);
    else
        catga_log(&claims->logger, CATGA_LOG_WARNING, "redis: reconnected for claims (server=%s)",
                  server);
    note_opening(claims, CATGA_OK);
}

static void on_failed(void *owner, catga_status status, const char *reason)
{
    catga_redis_claims *claims = owner;
    int64_t now = catga_clock_now();

    note_opening(claims, status);
    if (now < claims->failure_ns)
        return;
    claims->failure_ns = now + FAILURE;
    catga_log(&claims->logger, CATGA_LOG_WARNING, "redis: cannot connect for claims: %s", reason);
}

static void on_lost(void *owner, const char *reason)
{
    catga_redis_claims *claims = owner;

    atomic_store(&claims->up, 0);
    claims->failure_ns = catga_clock_now() + FAILURE;
    catga_log(&claims->logger, CATGA_LOG_WARNING,
              "redis: lost the connection for claims: no message is claimed until it is back (%s)",
              reason);
}

static void on_refused(void *owner, const redisReply *error)
{
    catga_redis_claims *claims = owner;

    catga_log_limited(&claims->logger, &claims->errors, CATGA_LOG_ERROR,
                      "redis: cannot renew claims: %.120s", error->str);
}

/* ---- Periodic work ---- */

static void on_info(void *owner, const catga_redis_command *command, const redisReply *reply)
{
    catga_redis_claims *claims = owner;

    (void)command;
    if (reply != NULL && reply->type == REDIS_REPLY_STRING)
        atomic_store(&claims->nearly_full, catga_redis_memory_nearly_full(reply->str));
}

static void send(catga_redis_claims *claims, catga_redis_command *command)
{
    if (command != NULL) /* without memory, it is sent again soon */
        (void)catga_redis_pipeline_send(&claims->pipeline, command);
}

static void ask_for_memory(catga_redis_claims *claims)
{
    catga_redis_command *command =
        catga_redis_command_new(catga_redis_claim_pools(claims), 2, 2 * catga_redis_part_size(8));

    if (command == NULL)
        return;
    catga_redis_command_text(command, "INFO");
    catga_redis_command_text(command, "memory");
    command->on_reply = on_info;
    send(claims, command);
}

static void show_life(catga_redis_claims *claims)
{
    catga_redis_command *command =
        catga_redis_pipeline_script(&claims->pipeline, catga_redis_claim_pools(claims),
                                    CATGA_REDIS_ALIVE, 1, 1, 2 * catga_redis_part_size(16));

    if (command == NULL)
        return;
    catga_redis_command_text(command, CATGA_REDIS_PULSE);
    catga_redis_command_number(command, claims->lease_ms);
    send(claims, command);
}

static void renew_all(catga_redis_claims *claims)
{
    pthread_mutex_lock(&claims->lock);
    for (catga_redis_held_claim *at = claims->own.next; at != &claims->own; at = at->next)
        send(claims, catga_redis_claim_command(claims, at->attempt, at->claim, true));
    pthread_mutex_unlock(&claims->lock);
}

static int64_t tick(void *owner, int64_t now)
{
    catga_redis_claims *claims = owner;

    if (now >= claims->memory_ns) {
        claims->memory_ns = now + MEMORY;
        ask_for_memory(claims);
    }
    if (now >= claims->renewal_ns) {
        claims->renewal_ns = now + claims->lease_ms * CATGA_MILLISECOND / RENEWALS;
        renew_all(claims);
    }
    if (now >= claims->pulse_ns) {
        int64_t interval = claims->lease_ms * CATGA_MILLISECOND / RENEWALS;
        claims->pulse_ns = now + (interval < PULSE ? interval : PULSE);
        show_life(claims);
    }
    return claims->pulse_ns < claims->renewal_ns ? claims->pulse_ns : claims->renewal_ns;
}

/* ---- Begin and end ---- */

static void init_lock(catga_redis_claims *claims)
{
    pthread_condattr_t monotonic;

    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&claims->opened, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&claims->lock, NULL);
}

static int number_or(int number, int preset)
{
    return number == 0 ? preset : number;
}

static catga_redis_claims *claims_new(const catga_redis_claims_options *options)
{
    catga_redis_claims *claims = calloc(1, sizeof *claims);

    if (claims == NULL)
        return NULL;
    claims->name = strdup(options->name == NULL ? "catga-claims" : options->name);
    if (claims->name == NULL || pthread_key_create(&claims->answers, free) != 0) {
        free(claims->name);
        free(claims);
        return NULL;
    }
    claims->store = (catga_claim_store){.claim = catga_redis_claim,
                                        .done = catga_redis_claim_done,
                                        .release = catga_redis_claim_release,
                                        .user = claims};
    claims->logger = (catga_logger){
        .function = options->log, .user = options->log_user, .level = CATGA_LOG_WARNING};
    claims->lease_ms = number_or(options->lease_ms, LEASE_MS);
    claims->done_wait_ms = number_or(options->done_wait_ms, DONE_WAIT_MS);
    claims->pipeline.wake_fd = -1;
    claims->own.next = &claims->own;
    claims->own.previous = &claims->own;
    atomic_init(&claims->opening, CATGA_DISCONNECTED);
    catga_pool_begin(&claims->small, SMALL);
    catga_pool_begin(&claims->medium, MEDIUM);
    catga_pool_begin(&claims->claims, sizeof(catga_redis_held_claim));
    init_lock(claims);
    return claims;
}

void catga_redis_claims_close(catga_redis_claims *claims)
{
    if (claims == NULL)
        return;
    catga_redis_pipeline_stop(&claims->pipeline);
    catga_redis_pipeline_end(&claims->pipeline);
    catga_log_report(&claims->logger, &claims->errors);
    catga_redis_addresses_clear(&claims->addresses);
    catga_pool_end(&claims->small);
    catga_pool_end(&claims->medium);
    catga_pool_end(&claims->claims);
    free(pthread_getspecific(claims->answers));
    pthread_key_delete(claims->answers);
    pthread_mutex_destroy(&claims->lock);
    pthread_cond_destroy(&claims->opened);
    free(claims->name);
    free(claims);
}

/* ---- Opening ---- */

static catga_status refuse(const catga_redis_claims *claims, const char *name, int value,
                           const char *accepted)
{
    catga_log(&claims->logger, CATGA_LOG_ERROR,
              "redis: option %s of the claim store is %d, and must be %s", name, value, accepted);
    return CATGA_INVALID_ARGUMENT;
}

static catga_status check_options(const catga_redis_claims *claims,
                                  const catga_redis_claims_options *options)
{
    if (claims->lease_ms < 100 || claims->lease_ms > 60000)
        return refuse(claims, "lease_ms", claims->lease_ms, "from 100 to 60000");
    if (claims->done_wait_ms < 1)
        return refuse(claims, "done_wait_ms", claims->done_wait_ms, "at least 1");
    if (options->connect_wait_ms < -1)
        return refuse(claims, "connect_wait_ms", options->connect_wait_ms, "at least -1");
    return CATGA_OK;
}

static catga_status read_addresses(catga_redis_claims *claims,
                                   const catga_redis_claims_options *options)
{
    const char *variable = getenv("REDIS_CONNECTION");
    const char *servers = options->servers != NULL                  ? options->servers
                          : variable != NULL && variable[0] != '\0' ? variable
                                                                    : DEFAULT_SERVERS;
    catga_problem problem = {""};
    catga_status status = catga_redis_addresses_read(&claims->addresses, servers, &problem);

    if (status == CATGA_INVALID_ARGUMENT)
        catga_log(&claims->logger, CATGA_LOG_ERROR, "redis: %s", problem.text);
    return status;
}

/* Waits for the first connection. A wrong address or login is final. */
static catga_status await(catga_redis_claims *claims, int wait_ms)
{
    int64_t end = wait_ms < 0 ? CATGA_FOREVER : catga_clock_now() + wait_ms * CATGA_MILLISECOND;
    struct timespec until = catga_clock_timespec(end);
    int timed_out = 0;
    int status;

    pthread_mutex_lock(&claims->lock);
    while ((status = atomic_load(&claims->opening)) == CATGA_DISCONNECTED && timed_out == 0)
        timed_out = pthread_cond_timedwait(&claims->opened, &claims->lock, &until);
    pthread_mutex_unlock(&claims->lock);
    return (catga_status)status;
}

/* Refuses a server that would drop claims. */
static catga_status check_memory(catga_redis_claims *claims, const catga_redis_link_options *link)
{
    catga_redis_control control;
    catga_problem problem = {""};

    catga_redis_control_init(&control, link);
    catga_status status = catga_redis_memory_may_store(&control, &problem);
    catga_redis_control_end(&control);
    if (status == CATGA_REFUSED)
        catga_log(&claims->logger, CATGA_LOG_ERROR, "redis: %s", problem.text);
    return status == CATGA_REFUSED ? status : CATGA_OK;
}

static catga_status start(catga_redis_claims *claims, const catga_redis_claims_options *options)
{
    const catga_redis_link_options link = {
        .addresses = &claims->addresses, .name = claims->name, .timeout_ns = SILENCE};
    const catga_redis_pipeline_options pipeline = {.link = link,
                                                   .silence_ns = SILENCE,
                                                   .connected = on_connected,
                                                   .failed = on_failed,
                                                   .lost = on_lost,
                                                   .refused = on_refused,
                                                   .tick = tick,
                                                   .owner = claims};

    catga_status status = check_options(claims, options);
    if (status == CATGA_OK)
        status = read_addresses(claims, options);
    if (status == CATGA_OK)
        status = catga_redis_pipeline_start(&claims->pipeline, &pipeline);
    if (status == CATGA_OK)
        status = await(claims, number_or(options->connect_wait_ms, CONNECT_WAIT_MS));
    return status == CATGA_OK ? check_memory(claims, &link) : status;
}

catga_status catga_redis_claims_open(catga_redis_claims **claims,
                                     const catga_redis_claims_options *options)
{
    static const catga_redis_claims_options defaults = {.servers = NULL};
    catga_redis_claims *made = claims_new(options == NULL ? &defaults : options);

    *claims = NULL;
    if (made == NULL)
        return CATGA_NO_MEMORY;
    catga_status status = start(made, options == NULL ? &defaults : options);
    if (status == CATGA_OK)
        *claims = made;
    else
        catga_redis_claims_close(made);
    return status;
}

/* ---- State and metrics ---- */

const catga_claim_store *catga_redis_claims_store(catga_redis_claims *claims)
{
    return &claims->store;
}

bool catga_redis_claims_connected(void *claims)
{
    return atomic_load(&((catga_redis_claims *)claims)->up) != 0;
}

static uint64_t read_metric(void *user)
{
    return atomic_load((atomic_uint_fast64_t *)user);
}

void catga_redis_claims_metrics(catga_redis_claims *claims,
                                catga_metrics_source sources[CATGA_REDIS_CLAIMS_METRICS])
{
    const catga_metrics_source all[CATGA_REDIS_CLAIMS_METRICS] = {
#define METRIC(count, name, kind, help)                                                            \
    {name, help, CATGA_METRICS_##kind, read_metric, &claims->count},
#include "claim_metrics.def"
#undef METRIC
    };

    memcpy(sources, all, sizeof all);
}
