/* The thread of an exporter. */
#ifndef CATGA_OTLP_WORKER_H
#define CATGA_OTLP_WORKER_H

#include "exporter.h"

/* Starts the thread, which receives no signals. Returns false if there is none. */
bool otlp_worker_start(catga_otlp *exporter);

/* Delivers the spans of the queue, for at most close_ms, and ends the thread. */
void otlp_worker_stop(catga_otlp *exporter);

#endif
