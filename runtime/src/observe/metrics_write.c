/* Writes the metrics of a bus; see catga/metrics.h. */
#include "bus/bus_state.h"
#include "observe/metrics.h"
#include "observe/metrics_consumers.h"
#include "observe/metrics_families.h"
#include "observe/metrics_labels.h"
#include "observe/metrics_text.h"

#include <stdlib.h>

/* The totals of all series, and the backlogs of consumers, at one time. */
typedef struct snapshot {
    catga_metrics_total *totals;
    size_t count;
    catga_metrics_backlogs backlogs;
} snapshot;

/* The snapshot must be freed, whatever the status. */
static catga_status snapshot_take(snapshot *now, catga_metrics *metrics)
{
    *now = (snapshot){.totals = NULL};
    now->totals = catga_metrics_table_sum(&metrics->table, &now->count);
    return now->totals == NULL ? CATGA_NO_MEMORY
                               : catga_metrics_read_backlogs(metrics->state, &now->backlogs);
}

static void snapshot_free(snapshot *now)
{
    free(now->totals);
    free(now->backlogs.first);
}

/* ---- Samples ---- */

/* Writes the labels that every sample of a series has, without the closing brace. */
static void put_labels(catga_metrics_text *text, const catga_metrics_family *family,
                       const catga_metrics_total *total)
{
    catga_metrics_put(text, "{");
    if (total->service[0] != '\0') {
        catga_metrics_put_label(text, "service", total->service);
        catga_metrics_put(text, ",");
    }
    catga_metrics_put_label(text, catga_metrics_message_label(family), total->message->table->name);
}

static void put_value(catga_metrics_text *text, uint64_t value)
{
    catga_metrics_put(text, "} ");
    catga_metrics_put_number(text, value);
    catga_metrics_put(text, "\n");
}

/* `name` is the name or the alias of the family. */
static void put_counter(catga_metrics_text *text, const char *name,
                        const catga_metrics_family *family, const catga_metrics_total *total,
                        const char *reason, uint64_t value)
{
    catga_metrics_put(text, name);
    put_labels(text, family, total);
    catga_metrics_put(text, ",");
    catga_metrics_put_label(text, "qos", catga_metrics_qos(total->message));
    if (reason != NULL) {
        catga_metrics_put(text, ",");
        catga_metrics_put_label(text, "reason", reason);
    }
    put_value(text, value);
}

/* A status that has not ended a sent message has no sample: there are too many of them. */
static void put_reasons(catga_metrics_text *text, const catga_metrics_family *family,
                        const catga_metrics_total *total)
{
    for (unsigned end = 0; end < CATGA_METRICS_ENDS; end++) {
        const char *reason = catga_metrics_reason(family, end);
        uint64_t value = total->values[CATGA_METRICS_END + end];
        if (reason != NULL && (value != 0 || !family->is_sent))
            put_counter(text, family->name, family, total, reason, value);
    }
}

static void put_histogram(catga_metrics_text *text, const char *name,
                          const catga_metrics_family *family, const catga_metrics_total *total)
{
    uint64_t count = 0;

    for (unsigned i = 0; i < CATGA_METRICS_BUCKETS; i++) {
        count += total->values[CATGA_METRICS_BUCKET + i];
        catga_metrics_put(text, name);
        catga_metrics_put(text, "_bucket");
        put_labels(text, family, total);
        catga_metrics_put(text, ",");
        catga_metrics_put_label(text, "le", catga_metrics_bounds[i].text);
        put_value(text, count);
    }
    catga_metrics_put(text, name);
    catga_metrics_put(text, "_sum");
    put_labels(text, family, total);
    catga_metrics_put(text, "} ");
    catga_metrics_put_seconds(text, total->values[CATGA_METRICS_SUM_NS]);
    catga_metrics_put(text, "\n");
    catga_metrics_put(text, name);
    catga_metrics_put(text, "_count");
    put_labels(text, family, total);
    put_value(text, count);
}

/* ---- Messages ---- */

static void put_total(catga_metrics_text *text, const catga_metrics_family *family,
                      const catga_metrics_total *total)
{
    switch (family->shape) {
    case CATGA_METRICS_SAMPLE:
        put_counter(text, family->name, family, total, NULL, family->value(total));
        break;
    case CATGA_METRICS_REASONS:
        put_reasons(text, family, total);
        break;
    case CATGA_METRICS_HISTOGRAM:
        put_histogram(text, family->name, family, total);
        break;
    }
}

/* A counter under a name without "_total" has no type. */
static void put_alias_total(catga_metrics_text *text, const catga_metrics_family *family,
                            const catga_metrics_total *total)
{
    if (family->shape == CATGA_METRICS_HISTOGRAM)
        put_histogram(text, family->alias, family, total);
    else
        put_counter(text, family->alias, family, total, NULL, family->value(total));
}

static bool is_empty(const catga_metrics_family *family, const snapshot *now)
{
    for (size_t i = 0; i < now->count; i++)
        if (catga_metrics_family_has(family, &now->totals[i]))
            return false;
    return true;
}

static void put_family(catga_metrics_text *text, const catga_metrics_family *family,
                       const snapshot *now)
{
    catga_metrics_put_head(text, family->name, family->type, family->help);
    for (size_t i = 0; i < now->count; i++)
        if (catga_metrics_family_has(family, &now->totals[i]))
            put_total(text, family, &now->totals[i]);
}

static void put_alias(catga_metrics_text *text, const catga_metrics_family *family,
                      const snapshot *now)
{
    bool is_histogram = family->shape == CATGA_METRICS_HISTOGRAM;

    catga_metrics_put_head(text, family->alias, is_histogram ? family->type : "untyped",
                           family->help);
    for (size_t i = 0; i < now->count; i++)
        if (catga_metrics_family_has(family, &now->totals[i]))
            put_alias_total(text, family, &now->totals[i]);
}

static void put_messages(catga_metrics_text *text, const snapshot *now, bool has_aliases)
{
    bool is_plain = text->format == CATGA_METRICS_TEXT;

    for (size_t i = 0; i < catga_metrics_family_count; i++) {
        const catga_metrics_family *family = &catga_metrics_families[i];
        if (is_empty(family, now))
            continue;
        put_family(text, family, now);
        if (has_aliases && is_plain && family->alias != NULL)
            put_alias(text, family, now);
    }
}

/* ---- The bus ---- */

static void put_single(catga_metrics_text *text, const char *name, catga_metrics_kind kind,
                       const char *help, uint64_t value)
{
    catga_metrics_put_head(text, name, kind == CATGA_METRICS_COUNTER ? "counter" : "gauge", help);
    catga_metrics_put(text, name);
    catga_metrics_put(text, " ");
    catga_metrics_put_number(text, value);
    catga_metrics_put(text, "\n");
}

/* Returns the number of received messages that wait for a worker. */
static uint64_t pending(catga_bus_state *state, const snapshot *now)
{
    uint64_t held = state->operations->in_hand(state->transport);
    uint64_t running = 0;

    for (size_t i = 0; i < now->count; i++)
        if (now->totals[i].service[0] != '\0')
            running += catga_metrics_in_flight(&now->totals[i]);
    return held > running ? held - running : 0;
}

/* Without a known time there is no sample. */
static void put_round_trip(catga_metrics_text *text, const catga_bus_state *state)
{
    static const char name[] = "catga_nats_rtt_seconds";
    int64_t round_trip_ns = state->operations->round_trip_ns(state->transport);

    if (round_trip_ns <= 0)
        return;
    catga_metrics_put_head(text, name, "gauge", "Time of the last round trip to the server.");
    catga_metrics_put(text, name);
    catga_metrics_put(text, " ");
    catga_metrics_put_seconds(text, (uint64_t)round_trip_ns);
    catga_metrics_put(text, "\n");
}

static void put_bus(catga_metrics_text *text, catga_bus_state *state, const snapshot *now)
{
    const catga_counters counters = catga_count(&state->bus);

    put_single(text, "catga_pending_messages", CATGA_METRICS_GAUGE,
               "Received messages that wait for a worker.", pending(state, now));
    put_single(text, "catga_slow_consumer_dropped_total", CATGA_METRICS_COUNTER,
               "Events that were dropped because too many waited for a handler.",
               counters.dropped_messages);
    put_single(text, "catga_nats_connected", CATGA_METRICS_GAUGE,
               "1 while there is a connection to a server.", catga_connected(&state->bus));
    put_single(text, "catga_nats_reconnects_total", CATGA_METRICS_COUNTER,
               "Times that the connection was restored.", counters.reconnects);
    put_single(text, "catga_nats_disconnects_total", CATGA_METRICS_COUNTER,
               "Times that the connection was lost.", counters.disconnects);
    put_round_trip(text, state);
    catga_metrics_put_head(text, "catga_build_info", "gauge",
                           "The version of the library; the value is 1.");
    catga_metrics_put(text, "catga_build_info{version=\"" CATGA_VERSION "\"} 1\n");
}

/* ---- All ---- */

static void put_all(catga_metrics_text *text, const catga_metrics *metrics, const snapshot *now,
                    const catga_metrics_source *sources, size_t source_count)
{
    put_messages(text, now, metrics->has_aliases);
    catga_metrics_put_backlogs(text, metrics->state, &now->backlogs);
    put_bus(text, metrics->state, now);
    for (size_t i = 0; i < source_count; i++)
        put_single(text, sources[i].name, sources[i].kind, sources[i].help,
                   sources[i].read(sources[i].user));
}

catga_status catga_metrics_write(catga_metrics *metrics, catga_metrics_format format,
                                 const catga_metrics_source *sources, size_t source_count,
                                 catga_metrics_sink *sink, void *user)
{
    catga_metrics_text text = {.format = format, .sink = sink, .user = user};
    catga_status status = catga_bus_may_use(&metrics->state->bus);
    snapshot now;

    if (status != CATGA_OK)
        return status;
    status = snapshot_take(&now, metrics);
    if (status == CATGA_OK) {
        put_all(&text, metrics, &now, sources, source_count);
        status = catga_metrics_text_end(&text);
    }
    snapshot_free(&now);
    return status;
}

const char *catga_metrics_media_type(catga_metrics_format format)
{
    return format == CATGA_METRICS_OPENMETRICS
               ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
               : "text/plain; version=0.0.4; charset=utf-8";
}
