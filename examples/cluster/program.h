/* The main function of the programs of the cluster: gateways and services. */
#ifndef CLUSTER_PROGRAM_H
#define CLUSTER_PROGRAM_H

#include <catga/catga.h>
#include <catga/routes.h>

typedef struct cluster_program {
    const char *name;                                  /* name of the service in /health */
    const char *instance;                              /* or NULL: CATGA_INSTANCE */
    int port;                                          /* or 0: CATGA_HTTP_PORT */
    const char *endpoint;                              /* or NULL: CATGA_HTTP_ENDPOINT */
    const catga_routes *routes;                        /* of a gateway; or NULL */
    catga_status (*serve)(catga_bus *bus, void *user); /* of a service; or NULL */
    void *user;                                        /* of `serve` */
    const catga_claim_store *claims;                   /* or NULL: Redis or the NATS servers */
} cluster_program;

/* Returns a variable of the environment, or NULL if it is not set or empty. */
const char *cluster_variable(const char *name);

/*
 * Connects to NATS_URL and listens at CATGA_HTTP_PORT, for routes, /health, /ready and /metrics.
 * Exports spans if the variables OTEL_... ask for it. With REDIS_CONNECTION, Redis keeps the
 * claims, and `claims` stores effects only (claim_pair.h). Serves, prints the address, and runs
 * until SIGTERM or SIGINT; then finishes its work. Returns the exit status of the program.
 */
int cluster_program_run(const cluster_program *program);

#endif
