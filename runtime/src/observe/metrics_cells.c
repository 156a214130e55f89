/* Finds and adds up the cells of threads; see metrics_cells.h. */
#include "observe/metrics_cells.h"

#include "observe/metrics_labels.h"

#include <stdlib.h>

enum { CACHE_LINE = 64, CHAINS = 64 };

/* The owner of a cell: a thread; nobody, so that the next thread takes it; or a thread although the
 * table is gone, so that the thread frees it. */
enum { RUNNING, ENDED, ORPHANED };

struct catga_metrics_series {
    catga_metrics_series *next;
    const catga_message *message;
    catga_metrics_cell *cells;
    char service[]; /* in kebab case */
};

/* ---- The cells of a thread ---- */

/* The cells of this thread, of all tables, by service and message. */
static _Thread_local catga_metrics_cell *chains[CHAINS];

static catga_metrics_cell **chain_of(const catga_service *service, const catga_message *message)
{
    uintptr_t hash = (uintptr_t)message ^ ((uintptr_t)service << 1);

    return &chains[(hash >> 4 ^ hash >> 12) % CHAINS];
}

static void release(catga_metrics_cell *cell)
{
    if (atomic_exchange(&cell->owner, ENDED) == ORPHANED)
        free(cell);
}

/* Releases the cells of a thread that ends. */
static void release_all(void *unused)
{
    (void)unused;
    for (size_t i = 0; i < CHAINS; i++) {
        catga_metrics_cell *next;
        for (catga_metrics_cell *cell = chains[i]; cell != NULL; cell = next) {
            next = cell->next_here;
            release(cell);
        }
        chains[i] = NULL;
    }
}

/* One key for the process: a thread that ends may outlive every table. */
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t key;
static bool has_key;

static void make_key(void)
{
    has_key = pthread_key_create(&key, release_all) == 0;
}

/* Has release_all called at the end of this thread. */
static bool watch_end(void)
{
    return pthread_once(&key_once, make_key) == 0 && has_key &&
           pthread_setspecific(key, chains) == 0;
}

/* Frees the cells of a chain whose table is gone. */
static void free_orphans(catga_metrics_cell **chain)
{
    while (*chain != NULL) {
        catga_metrics_cell *cell = *chain;
        if (atomic_load(&cell->owner) == ORPHANED) {
            *chain = cell->next_here;
            free(cell);
        } else {
            chain = &cell->next_here;
        }
    }
}

/* ---- Series ---- */

/* Two services or messages of one name have one series: their labels are the same. */
static catga_metrics_series *find_series(const catga_metrics_table *table, const char *service,
                                         const catga_message *message)
{
    catga_metrics_series *series = table->first;

    while (series != NULL && (strcmp(series->service, service) != 0 ||
                              strcmp(series->message->table->name, message->table->name) != 0))
        series = series->next;
    return series;
}

static catga_metrics_series *add_series(catga_metrics_table *table, const char *service,
                                        const catga_message *message)
{
    size_t size = strlen(service) + 1;
    catga_metrics_series *series = calloc(1, sizeof *series + size);

    if (series == NULL)
        return NULL;
    series->message = message;
    memcpy(series->service, service, size);
    series->next = table->first;
    table->first = series;
    table->count++;
    return series;
}

static catga_metrics_series *series_of(catga_metrics_table *table, const catga_service *service,
                                       const catga_message *message)
{
    const char *name = service == NULL ? "" : service->name;
    char *kebab = malloc(2 * strlen(name) + 1);

    if (kebab == NULL)
        return NULL;
    catga_metrics_kebab(name, kebab);
    catga_metrics_series *series = find_series(table, kebab, message);
    if (series == NULL)
        series = add_series(table, kebab, message);
    free(kebab);
    return series;
}

/* ---- Cells ---- */

/* Takes over the cell of a thread that has ended. */
static catga_metrics_cell *take_ended(const catga_metrics_series *series)
{
    for (catga_metrics_cell *cell = series->cells; cell != NULL; cell = cell->next) {
        int ended = ENDED;
        if (atomic_compare_exchange_strong(&cell->owner, &ended, RUNNING))
            return cell;
    }
    return NULL;
}

static catga_metrics_cell *add_cell(const catga_metrics_table *table, catga_metrics_series *series)
{
    size_t size = (sizeof(catga_metrics_cell) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
    catga_metrics_cell *cell = aligned_alloc(CACHE_LINE, size);

    if (cell == NULL)
        return NULL;
    memset(cell, 0, size);
    cell->table = table;
    cell->next = series->cells;
    series->cells = cell;
    return cell;
}

static catga_metrics_cell *take_cell(catga_metrics_table *table, const catga_service *service,
                                     const catga_message *message)
{
    catga_metrics_cell *cell = NULL;

    pthread_mutex_lock(&table->lock);
    catga_metrics_series *series = series_of(table, service, message);
    if (series != NULL)
        cell = take_ended(series);
    if (series != NULL && cell == NULL)
        cell = add_cell(table, series);
    pthread_mutex_unlock(&table->lock);
    return cell;
}

/* Gives this thread a cell for its first message of this kind. */
static CATGA_NOINLINE catga_metrics_cell *
assign_cell(catga_metrics_table *table, const catga_service *service, const catga_message *message)
{
    catga_metrics_cell **chain = chain_of(service, message);
    catga_metrics_cell *cell = watch_end() ? take_cell(table, service, message) : NULL;

    free_orphans(chain);
    if (cell == NULL)
        return NULL;
    cell->service = service;
    cell->message = message;
    cell->next_here = *chain;
    *chain = cell;
    return cell;
}

/* A table may have the address of an earlier one, whose cells are orphaned. */
catga_metrics_cell *catga_metrics_cell_of(catga_metrics_table *table, const catga_service *service,
                                          const catga_message *message)
{
    catga_metrics_cell *cell = *chain_of(service, message);

    for (; cell != NULL; cell = cell->next_here)
        if (cell->message == message && cell->service == service && cell->table == table &&
            atomic_load_explicit(&cell->owner, memory_order_relaxed) == RUNNING)
            return cell;
    return assign_cell(table, service, message);
}

/* ---- The table ---- */

void catga_metrics_table_begin(catga_metrics_table *table)
{
    *table = (catga_metrics_table){.first = NULL};
    pthread_mutex_init(&table->lock, NULL);
}

/* A cell of a running thread is freed by that thread, which may be reading it. */
static void free_cells(catga_metrics_cell *cell)
{
    while (cell != NULL) {
        catga_metrics_cell *next = cell->next;
        if (atomic_exchange(&cell->owner, ORPHANED) == ENDED)
            free(cell);
        cell = next;
    }
}

void catga_metrics_table_end(catga_metrics_table *table)
{
    while (table->first != NULL) {
        catga_metrics_series *series = table->first;
        table->first = series->next;
        free_cells(series->cells);
        free(series);
    }
    pthread_mutex_destroy(&table->lock);
}

/* ---- Sums ---- */

static void add_up(const catga_metrics_series *series, unsigned value, uint64_t *sum)
{
    *sum = 0;
    for (const catga_metrics_cell *cell = series->cells; cell != NULL; cell = cell->next)
        *sum += atomic_load_explicit(&cell->values[value], memory_order_acquire);
}

/*
 * Adds up a moment in which no message began. Otherwise messages that begin between two loads would
 * seem to be in flight together: thousands, if this thread is suspended there. A series in which
 * messages begin without a pause is read as it is.
 */
static void sum(const catga_metrics_series *series, catga_metrics_total *total)
{
    enum { TRIES = 1000 };
    uint64_t begun;

    total->service = series->service;
    total->message = series->message;
    for (int i = 0; i < TRIES; i++) {
        add_up(series, CATGA_METRICS_BEGUN, &begun);
        for (unsigned value = CATGA_METRICS_VALUES; value-- > 0;)
            add_up(series, value, &total->values[value]);
        if (total->values[CATGA_METRICS_BEGUN] == begun)
            return;
    }
}

catga_metrics_total *catga_metrics_table_sum(catga_metrics_table *table, size_t *count)
{
    pthread_mutex_lock(&table->lock);
    size_t next = table->count;
    catga_metrics_total *totals = calloc(next + 1, sizeof *totals);
    *count = next;
    for (const catga_metrics_series *at = table->first; totals != NULL && at != NULL; at = at->next)
        sum(at, &totals[--next]); /* the list begins with the latest */
    pthread_mutex_unlock(&table->lock);
    return totals;
}
