/* The metrics of a bus: an observer that counts and measures each message. */
#ifndef CATGA_METRICS_STATE_H
#define CATGA_METRICS_STATE_H

#include "observe/metrics_cells.h"
#include "observe/observer.h"

#include <catga/metrics.h>

struct catga_metrics {
    catga_observer observer; /* the first member: its functions find the metrics from it */
    catga_bus_state *state;
    bool has_aliases;
    catga_metrics_table table;
};

#endif
