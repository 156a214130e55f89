/* The settings of an exporter: options and environment. */
#ifndef CATGA_OTLP_SETTINGS_H
#define CATGA_OTLP_SETTINGS_H

#include "resource.h"
#include "writer.h"

typedef struct otlp_settings {
    bool is_wanted; /* else nothing below is set */
    const otlp_writer *writer;
    char *url;
    otlp_pairs headers;
    otlp_resource resource;
    bool compresses;
    const char *authorities; /* files of https, texts of the environment; each may be NULL */
    const char *certificate;
    const char *key;
    int timeout_ms; /* of a request */
    int export_ms;  /* of a batch, with its retries */
    int delay_ms;   /* until a batch that is not full is sent */
    int queue_size; /* in spans, as is the next */
    int batch_size;
    int close_ms;
    double ratio;
    bool ignores_parent;
    catga_log_function *log;
    void *log_user;
} otlp_settings;

/* Returns CATGA_OK; CATGA_INVALID_ARGUMENT with *problem; or CATGA_NO_MEMORY. The caller frees
 * *settings, whatever the status. */
catga_status otlp_settings_read(otlp_settings *settings, const catga_otlp_options *options,
                                catga_problem *problem);
void otlp_settings_free(otlp_settings *settings);

#endif
