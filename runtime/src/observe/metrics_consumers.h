/* The backlogs of the consumers of a bus: the events that wait at the server. */
#ifndef CATGA_METRICS_CONSUMERS_H
#define CATGA_METRICS_CONSUMERS_H

#include "bus/bus_state.h"
#include "observe/metrics_text.h"

/* The backlog of the consumer of a handler. */
typedef struct catga_metrics_backlog {
    const catga_service *service;
    const catga_handler *handler;
    uint64_t pending;
    uint64_t ack_pending;
} catga_metrics_backlog;

/* All zero is an empty list; free `first`. */
typedef struct catga_metrics_backlogs {
    catga_metrics_backlog *first;
    size_t count;
    bool no_memory; /* a backlog is missing */
} catga_metrics_backlogs;

/* Adds the backlogs that the transport knows. Does not wait for the server. CATGA_NO_MEMORY. */
catga_status catga_metrics_read_backlogs(const catga_bus_state *state,
                                         catga_metrics_backlogs *backlogs);

/* Writes the backlogs, each consumer once. */
void catga_metrics_put_backlogs(catga_metrics_text *text, const catga_bus_state *state,
                                const catga_metrics_backlogs *backlogs);

#endif
