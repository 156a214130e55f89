/*
 * The metrics of a bus, which a run compares with its ledgers. A thread writes them every 100 ms
 * and discards the text, as if the process were scraped. At the end they are written to a file.
 */
#ifndef MEASURES_H
#define MEASURES_H

#include <catga/metrics.h>

#include <pthread.h>
#include <stdatomic.h>

typedef struct measures {
    catga_metrics *metrics;
    pthread_t thread;
    atomic_bool ends;
} measures;

/* Measures a bus that has just been opened. Ends the process on failure. */
void measures_begin(measures *self, catga_bus *bus);

/* Ends the thread, and writes the file LEDGER_PATH.PID.metrics. Called before the bus is closed. */
void measures_end(measures *self, const char *ledger_path);

#endif
