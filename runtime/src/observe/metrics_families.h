/* The metrics of messages: their names, and their values in the totals of a series. */
#ifndef CATGA_METRICS_FAMILIES_H
#define CATGA_METRICS_FAMILIES_H

#include "observe/metrics_cells.h"

typedef enum catga_metrics_shape {
    CATGA_METRICS_SAMPLE,   /* one value */
    CATGA_METRICS_REASONS,  /* one value for each reason of a failure */
    CATGA_METRICS_HISTOGRAM /* of durations */
} catga_metrics_shape;

typedef struct catga_metrics_family {
    const char *name;
    const char *type;
    const char *alias; /* second name in the text format, or NULL */
    const char *help;
    catga_metrics_shape shape;
    bool is_sent;
    bool (*has)(const catga_message *message);
    uint64_t (*value)(const catga_metrics_total *total); /* NULL for a histogram */
} catga_metrics_family;

extern const catga_metrics_family catga_metrics_families[];
extern const size_t catga_metrics_family_count;

/* Returns whether a series belongs to a family. */
bool catga_metrics_family_has(const catga_metrics_family *family, const catga_metrics_total *total);

/* Returns the label that names the message: "method" of requests, else "type". */
const char *catga_metrics_message_label(const catga_metrics_family *family);

/* Returns the number of messages of a received series that wait for the end of their handling. */
uint64_t catga_metrics_in_flight(const catga_metrics_total *total);

/* Returns the reason of an end of the family, or NULL if that is no failure. */
const char *catga_metrics_reason(const catga_metrics_family *family, unsigned end);

#endif
