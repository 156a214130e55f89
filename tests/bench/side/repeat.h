/*
 * repeat.h: our service that repeats a text of 128 bytes, and its caller, which keeps many calls in
 * flight: each answer's callback sends the next call. Service and caller are two processes.
 */
#ifndef SIDE_REPEAT_H
#define SIDE_REPEAT_H

#include "progress.h"
#include "timings.h"
#include "traffic.catga.h"

#include <sys/types.h>

enum { REPEAT_LENGTH = 128 };

/* The query, 128 bytes on the wire; its answer has the same bytes. */
extern const traffic_repeat repeat_query;

typedef struct repeat_service {
    const char *prefix;        /* as in catga_options; services with others do not share calls */
    const char *instance;      /* as in catga_options */
    unsigned workers;          /* as in catga_options */
    void (*work)(void *state); /* work of the handler before it answers, or NULL */
    void *state;
} repeat_service;

/* Starts the service in a process of its own. Before any thread exists. */
pid_t repeat_start(repeat_service *service);

typedef struct repeat_call repeat_call;

typedef struct repeat_caller {
    catga_bus *bus;
    size_t depth; /* calls in flight */
    repeat_call *calls;
    progress progress;
    timings *timings; /* receives the time of each call, or NULL */
} repeat_caller;

/* Connects. `prefix` is that of the service, or NULL. */
void repeat_open(repeat_caller *caller, const char *prefix, size_t depth);

void repeat_close(repeat_caller *caller);

/* Makes calls, and returns thousands per second, up to the last answer. */
double repeat_rate(repeat_caller *caller, size_t calls);

/*
 * Makes calls, and returns calls per second while `depth` of them are in flight. At the end of a
 * round some replicas have answered all of their calls; this figure leaves that time out.
 */
double repeat_steady_rate(repeat_caller *caller, size_t calls);

#endif
