/*
 * scaling.h: the three parts of `scaling`. Each prints a line for each size, "scaling" and then
 * figures as NAME=VALUE. With BENCH_ONCE they measure only small sizes, briefly.
 *
 * The calling process never connects, so that each size has new processes.
 */
#ifndef SIDE_SCALING_H
#define SIDE_SCALING_H

#include "api_requests.h"

#include <stdbool.h>
#include <stddef.h>

/* Requests to JetStream's API: until the processes have started, and each second afterwards. */
typedef struct scaling_requests {
    size_t to_start;
    double idle;
    double idle_info; /* of these, for the state of a stream or a consumer */
} scaling_requests;

/* Returns whether a quick form was requested. */
bool scaling_is_quick(void);

/* Counts the requests of processes that have just started; `before` is a count before that. */
scaling_requests scaling_count(const api_counter *counter, size_t before);

/* Handlers of one process: time to serve, memory, threads, requests. */
void scaling_handlers(const api_counter *counter);

/* Replicas of a stored broadcast: the same, the server's memory, and the time of one event. */
void scaling_replicas(const api_counter *counter);

/* Bytes of a message: time of a call, and of events. */
void scaling_bytes(void);

#endif
