/* The state of an exporter. Threads of messages write to the queue; the exporter's own thread does
 * the rest. */
#ifndef CATGA_OTLP_EXPORTER_H
#define CATGA_OTLP_EXPORTER_H

#include "curl/client.h"
#include "gzip.h"
#include "queue.h"
#include "settings.h"

#include <pthread.h>
#include <sys/types.h>

struct catga_otlp {
    otlp_settings settings;
    otlp_queue *queue;
    otlp_client *client;
    otlp_gzip *gzip; /* NULL without compression */
    otlp_buffer body;
    pthread_t thread;
    pid_t process; /* that has the thread */

    /* of all threads */
    atomic_bool is_woken; /* the thread was woken since it last looked at the queue */
    atomic_bool closes;
    atomic_int_fast64_t deadline; /* of all requests, in milliseconds of the clock */
    atomic_uint_fast64_t exported;
    atomic_uint_fast64_t overflowed; /* spans without room in the queue */
    atomic_uint_fast64_t lost;       /* spans that were taken from the queue and not accepted */

    /* of the exporter's thread */
    uint64_t reported_overflow; /* what `overflowed` was when it was last reported */
    int64_t next_report_ms;
};

#endif
