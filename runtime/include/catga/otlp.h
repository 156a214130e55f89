/*
 * otlp.h: exports spans to an OpenTelemetry collector, by OTLP over HTTP, in the optional library
 * libcatga_otlp.
 *
 *     catga_bus *bus;
 *     catga_otlp *exporter;
 *     catga_status status = catga_open(&bus, NULL);
 *     status = catga_otlp_open(&exporter, bus, NULL);      traces the messages of the bus
 *     status = catga_run(bus);
 *     catga_close(bus);
 *     catga_otlp_close(exporter);                          sends the last spans
 *
 * The variables OTEL_... of the environment say whether and where to; otlp/README.md lists them.
 * Without them, *exporter is NULL and nothing is traced, so every program can have these lines.
 *
 * A thread of the exporter sends the spans. Threads of messages only copy a span into a queue: they
 * never wait, and allocate nothing. When the queue is full, new spans are dropped and counted.
 *
 * Threads: any thread may call any function; catga_otlp_close is the last call.
 *
 * Processes: a child of fork exports nothing. There, catga_otlp_close does nothing.
 */
#ifndef CATGA_OTLP_H
#define CATGA_OTLP_H

#include <catga/trace.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct catga_otlp catga_otlp;

/* The options of an exporter; all zero is all defaults. Texts are needed until the function
 * returns. The environment overrides `service` and `instance`. */
typedef struct catga_otlp_options {
    /* the attribute service.name; catga_otlp_open: CATGA_NAME, the instance; catga_otlp_start:
     * "unknown_service" */
    const char *service;
    /* the attribute service.instance.id; catga_otlp_open: the instance; catga_otlp_start: none */
    const char *instance;
    /* limit of catga_otlp_close in milliseconds; 5000 */
    int close_ms;
    /* receives log lines, also after the bus was closed, in a thread of the exporter; NULL:
     * standard error */
    catga_log_function *log;
    void *log_user;
} catga_otlp_options;

/*
 * Starts an exporter and traces the messages of a bus. `options` may be NULL. CATGA_OK with
 * *exporter NULL: the environment does not ask for it. CATGA_INVALID_ARGUMENT: a variable or an
 * option has a wrong value, or the bus is traced already; the log of the bus explains it. Else a
 * status of catga_trace_open, or CATGA_NO_MEMORY. After a failure, *exporter is NULL.
 */
CATGA_CHECKED catga_status catga_otlp_open(catga_otlp **exporter, catga_bus *bus,
                                           const catga_otlp_options *options);

/*
 * Starts an exporter without a bus, for programs that call catga_trace_open with a sink of their
 * own, or make spans of their own. CATGA_OK with *exporter NULL: as above. CATGA_INVALID_ARGUMENT:
 * *problem (may be NULL) names the variable or option, its value, and the accepted values.
 * CATGA_NO_MEMORY.
 */
CATGA_CHECKED catga_status catga_otlp_start(catga_otlp **exporter,
                                            const catga_otlp_options *options,
                                            catga_problem *problem);

/* Returns the options of catga_trace_open for an exporter: its sink, and the sampler of the
 * environment. The sink is valid until catga_otlp_close. */
catga_trace_options catga_otlp_trace_options(catga_otlp *exporter);

/* The counters of an exporter. Each span is counted once, when its fate is known. */
typedef struct catga_otlp_counters {
    uint64_t exported; /* spans that the collector accepted */
    uint64_t dropped;  /* spans that were lost: the queue was full, or the collector refused them or
                          could not be reached in time */
} catga_otlp_counters;
catga_otlp_counters catga_otlp_count(const catga_otlp *exporter);

/* Sends the spans of the queue, waiting at most close_ms, and frees the exporter. Call it after
 * catga_close of the bus, whose spans would have no sink. NULL is allowed. */
void catga_otlp_close(catga_otlp *exporter);

#ifdef __cplusplus
}
#endif

#endif
