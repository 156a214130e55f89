/*
 * The counts of metrics. A series is a message, with the service that receives it; without a
 * service, the message is sent. Each thread counts a series in a cell of its own, so counting is a
 * load and a store. A reader adds up the cells of a series. The cell of a thread that has ended is
 * taken over by the next thread, so no count is lost and the number of cells is limited by the
 * number of threads at one time.
 */
#ifndef CATGA_METRICS_CELLS_H
#define CATGA_METRICS_CELLS_H

#include "observe/metrics_buckets.h"

#include <catga/gen.h>

#include <pthread.h>
#include <stdatomic.h>

/* The ends of messages: by catga_status if sent, by catga_counter if received. */
enum { CATGA_METRICS_ENDS = 40 };

/* The values of a cell. A reader reads them backwards: it sees the begin of each end. */
typedef enum catga_metrics_value {
    CATGA_METRICS_BEGUN,
    CATGA_METRICS_AGAIN,    /* received: stored before and delivered again; sent: further tries */
    CATGA_METRICS_DECLARED, /* answered with a declared error */
    CATGA_METRICS_RETRIED,  /* put back, to be handled again */
    CATGA_METRICS_DEAD_LETTERS,
    CATGA_METRICS_GIVEN_UP, /* without a dead letter */
    CATGA_METRICS_END,
    CATGA_METRICS_BUCKET = CATGA_METRICS_END + CATGA_METRICS_ENDS,
    CATGA_METRICS_SUM_NS = CATGA_METRICS_BUCKET + CATGA_METRICS_BUCKETS,
    CATGA_METRICS_VALUES
} catga_metrics_value;

typedef struct catga_metrics_series catga_metrics_series;

/* The series of a bus. */
typedef struct catga_metrics_table {
    pthread_mutex_t lock; /* guards the lists, not the values */
    catga_metrics_series *first;
    size_t count;
} catga_metrics_table;

typedef struct catga_metrics_cell {
    /* Set when the cell is allocated. */
    const catga_metrics_table *table;
    const catga_service *service;
    const catga_message *message;
    struct catga_metrics_cell *next; /* of the series; guarded by the lock of the table */

    struct catga_metrics_cell *next_here; /* of the thread */
    atomic_int owner;

    /* Written by the thread of the cell only. */
    atomic_uint_fast64_t values[CATGA_METRICS_VALUES];
} catga_metrics_cell;

/* The values of a series, added up. */
typedef struct catga_metrics_total {
    const char *service; /* "order-service"; empty if the message is sent */
    const catga_message *message;
    uint64_t values[CATGA_METRICS_VALUES];
} catga_metrics_total;

void catga_metrics_table_begin(catga_metrics_table *table);

/* Frees the series. No message passes any more; threads may still end. */
void catga_metrics_table_end(catga_metrics_table *table);

/* Returns the cell of this thread; NULL without memory. `service` is NULL for a sent message. */
catga_metrics_cell *catga_metrics_cell_of(catga_metrics_table *table, const catga_service *service,
                                          const catga_message *message);

/* Returns the totals of all series, which the caller frees, and their number; NULL without
 * memory. */
catga_metrics_total *catga_metrics_table_sum(catga_metrics_table *table, size_t *count);

static inline void catga_metrics_add(catga_metrics_cell *cell, unsigned value, uint64_t amount)
{
    atomic_uint_fast64_t *at = &cell->values[value];

    atomic_store_explicit(at, atomic_load_explicit(at, memory_order_relaxed) + amount,
                          memory_order_release);
}

static inline void catga_metrics_add_duration(catga_metrics_cell *cell, int64_t duration_ns)
{
    uint64_t duration = duration_ns > 0 ? (uint64_t)duration_ns : 0;

    catga_metrics_add(cell, CATGA_METRICS_SUM_NS, duration);
    catga_metrics_add(cell, CATGA_METRICS_BUCKET + catga_metrics_bucket(duration), 1);
}

#endif
