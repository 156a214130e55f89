/* The traces of a bus: an observer that makes spans of messages and gives them to a sink. */
#ifndef CATGA_OBSERVE_TRACE_H
#define CATGA_OBSERVE_TRACE_H

#include "bus/message_id.h"
#include "observe/observer.h"

#include <catga/trace.h>

/* The observer is the first member, so that a pointer to it is a pointer to the traces. */
typedef struct catga_trace {
    catga_observer observer;
    catga_span_sink *sink;
    void *user;
    uint64_t limit; /* a trace is sampled if the low 63 bits of its id are below */
    bool ignores_parent;
    catga_message_ids ids; /* source of the ids of traces and spans */
} catga_trace;

#endif
