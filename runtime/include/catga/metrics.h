/*
 * metrics.h: metrics of a bus for Prometheus. An optional part of libcatga: a program that does not
 * use it does not link it, and its messages are not measured.
 *
 *     catga_metrics *metrics;
 *     status = catga_metrics_open(&metrics, bus);          measures messages from now on
 *     ...
 *     status = catga_metrics_write(metrics, CATGA_METRICS_TEXT, NULL, 0, write_some, file);
 *
 * The HTTP gateway (http.h) does this by itself: it serves the metrics of its bus at /metrics.
 * The section "Metrics" of runtime/README.md lists all names and labels.
 *
 * A measured message costs some tens of nanoseconds. Each thread counts in memory of its own: it
 * takes a lock and allocates memory only for its first message of each kind. Without memory, a
 * message is not measured. Counts of threads that end are kept.
 *
 * Labels come from the schema, so their number is limited: names of services, messages, handlers,
 * streams and statuses, never ids or texts of messages.
 *
 * Threads. Any thread may call any function here.
 */
#ifndef CATGA_METRICS_H
#define CATGA_METRICS_H

#include <catga/catga.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct catga_metrics catga_metrics;

typedef enum catga_metrics_format {
    CATGA_METRICS_TEXT,       /* the text format of Prometheus, 0.0.4 */
    CATGA_METRICS_OPENMETRICS /* OpenMetrics 1.0, which has no aliases */
} catga_metrics_format;

typedef enum catga_metrics_kind { CATGA_METRICS_COUNTER, CATGA_METRICS_GAUGE } catga_metrics_kind;

/* A metric of the program's own, without labels. */
typedef struct catga_metrics_source {
    const char *name; /* "shop_orders_total"; the name of a counter ends in "_total" */
    const char *help; /* one sentence */
    catga_metrics_kind kind;
    uint64_t (*read)(void *user);
    void *user;
} catga_metrics_source;

/* Gets a piece of the text, which is not terminated. Any status but CATGA_OK ends the writing. */
typedef catga_status catga_metrics_sink(void *user, const char *text, size_t length);

/*
 * Measures the messages of a bus from now on. Returns the same metrics for each call; they belong
 * to the bus, and catga_close frees them. The environment variable CATGA_METRICS_COMPAT=0 drops the
 * aliases. CATGA_INVALID_ARGUMENT: it is neither 0 nor 1; the log says so. CATGA_CLOSED,
 * CATGA_NO_MEMORY. *metrics is then NULL.
 */
CATGA_CHECKED catga_status catga_metrics_open(catga_metrics **metrics, catga_bus *bus);

/* Returns whether the text format has the aliases: second names, for dashboards made for them. */
bool catga_metrics_has_aliases(const catga_metrics *metrics);

/* Returns the media type of a format, for the header Content-Type. */
const char *catga_metrics_media_type(catga_metrics_format format);

/*
 * Writes all metrics, and those of `sources`, which may be NULL. Calls `sink` for each piece; no
 * lock is held meanwhile. Returns the status of `sink`, CATGA_CLOSED in a forked child, or
 * CATGA_NO_MEMORY.
 */
CATGA_CHECKED catga_status catga_metrics_write(catga_metrics *metrics, catga_metrics_format format,
                                               const catga_metrics_source *sources,
                                               size_t source_count, catga_metrics_sink *sink,
                                               void *user);

#ifdef __cplusplus
}
#endif

#endif
