/* Runs a gateway or a service; see program.h. */
#include "program.h"

#include "claim_pair.h"

#include <catga/http.h>
#include <catga/otlp.h>
#include <catga/redis.h>

#include <stdio.h>
#include <stdlib.h>

/* Milliseconds after which the claims of a dead replica are free: its callers wait so long. */
enum { LEASE_MS = 300, CONNECT_WAIT_MS = 60000 };

/* The claims in Redis. */
typedef struct redis_claims {
    catga_redis_claims *redis; /* NULL without REDIS_CONNECTION */
    claim_pair pair;
    catga_claim_store store; /* of the bus, if there is Redis */
    catga_http_check check;
    catga_metrics_source metrics[CATGA_REDIS_CLAIMS_METRICS];
} redis_claims;

typedef struct running {
    redis_claims claims;
    catga_bus *bus;
    catga_otlp *exporter;
    catga_http *http;
} running;

const char *cluster_variable(const char *name)
{
    const char *value = getenv(name);

    return value == NULL || *value == '\0' ? NULL : value;
}

/* ---- Claims in Redis ---- */

/* Opens the claims in Redis, if REDIS_CONNECTION is set. */
static catga_status open_claims(redis_claims *self, const cluster_program *program)
{
    const catga_redis_claims_options options = {
        .name = program->name, .lease_ms = LEASE_MS, .connect_wait_ms = CONNECT_WAIT_MS};

    if (cluster_variable("REDIS_CONNECTION") == NULL)
        return CATGA_OK;
    catga_status status = catga_redis_claims_open(&self->redis, &options);
    if (status != CATGA_OK)
        return status;
    self->store = *catga_redis_claims_store(self->redis);
    if (program->claims != NULL) {
        self->pair = (claim_pair){.first = self->store, .effects = *program->claims};
        self->store = claim_pair_store(&self->pair);
    }
    self->check = (catga_http_check){"Redis_Connection", catga_redis_claims_connected, self->redis};
    catga_redis_claims_metrics(self->redis, self->metrics);
    return CATGA_OK;
}

/* ---- The parts, in the order of their opening ---- */

static catga_status open_bus(running *self, const cluster_program *program)
{
    return catga_open(&self->bus,
                      &(catga_options){.instance = program->instance,
                                       .claims = self->claims.redis != NULL ? &self->claims.store
                                                                            : program->claims});
}

static catga_status open_exporter(running *self, const cluster_program *program)
{
    return catga_otlp_open(&self->exporter, self->bus,
                           &(catga_otlp_options){.service = program->name});
}

static catga_status open_http(running *self, const cluster_program *program)
{
    const bool has_redis = self->claims.redis != NULL;
    const catga_http_options options = {.name = program->name,
                                        .port = program->port,
                                        .endpoint = program->endpoint,
                                        .metrics = 1,
                                        .checks = &self->claims.check,
                                        .check_count = has_redis,
                                        .sources = self->claims.metrics,
                                        .source_count = has_redis ? CATGA_REDIS_CLAIMS_METRICS : 0};

    return catga_http_open(&self->http, self->bus, &program->routes, program->routes != NULL,
                           &options);
}

static catga_status serve(running *self, const cluster_program *program)
{
    catga_status status =
        program->serve == NULL ? CATGA_OK : program->serve(self->bus, program->user);

    if (status != CATGA_OK)
        return status;
    printf("http://127.0.0.1:%u\n", catga_http_port(self->http));
    return catga_http_run(self->http);
}

static void close_all(running *self)
{
    catga_http_close(self->http);
    catga_close(self->bus);
    catga_otlp_close(self->exporter);
    catga_redis_claims_close(self->claims.redis);
}

int cluster_program_run(const cluster_program *program)
{
    running self = {.bus = NULL};

    setvbuf(stdout, NULL, _IOLBF, 0);
    catga_status status = open_claims(&self.claims, program);
    if (status == CATGA_OK)
        status = open_bus(&self, program);
    if (status == CATGA_OK)
        status = open_exporter(&self, program);
    if (status == CATGA_OK)
        status = open_http(&self, program);
    if (status == CATGA_OK)
        status = serve(&self, program);
    close_all(&self);
    if (status != CATGA_OK)
        fprintf(stderr, "%s: %s\n", program->name, catga_status_text(status));
    return status == CATGA_OK ? 0 : 1;
}
