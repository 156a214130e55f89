/*
 * Writes metrics in both formats, piece by piece into a sink. After the first failure of the sink,
 * the functions do nothing.
 */
#ifndef CATGA_METRICS_TEXT_H
#define CATGA_METRICS_TEXT_H

#include <catga/metrics.h>

enum { CATGA_METRICS_PIECE = 2048 };

/* All zero but `format`, `sink` and `user` is an empty text. */
typedef struct catga_metrics_text {
    catga_metrics_format format;
    catga_metrics_sink *sink;
    void *user;
    catga_status status; /* of the sink */
    size_t length;       /* of `piece` */
    char piece[CATGA_METRICS_PIECE];
} catga_metrics_text;

/* Write texts of any length, and numbers. */
void catga_metrics_put(catga_metrics_text *text, const char *added);
void catga_metrics_put_number(catga_metrics_text *text, uint64_t number);

/* Writes nanoseconds in seconds: "0.000500000". */
void catga_metrics_put_seconds(catga_metrics_text *text, uint64_t nanoseconds);

/* Writes a label without escapes: `name="value"`. */
void catga_metrics_put_label(catga_metrics_text *text, const char *name, const char *value);

/* Writes the lines before the samples of a metric. `type` is "counter", "gauge", "histogram" or
 * "untyped"; the name of a counter ends in "_total". */
void catga_metrics_put_head(catga_metrics_text *text, const char *name, const char *type,
                            const char *help);

/* Ends the text, and returns the status of the sink. */
catga_status catga_metrics_text_end(catga_metrics_text *text);

#endif
