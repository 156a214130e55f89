/*
 * The faults that the proxy injects, and its counters: one set for all connections, including new
 * ones. Directions are seen from the client: up is to the server, down is to the client.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UP, DOWN, DIRECTIONS };

/* Messages that can be dropped. */
typedef enum fault_matter {
    PUBACK,  /* the server's acknowledgement of storing an event */
    ACK,     /* a consumer's acknowledgement of an event */
    PONG,    /* the server's answer to a ping */
    MESSAGE, /* any message to the client whose subject begins with `prefix` */
    MATTERS
} fault_matter;

typedef struct fault_drop {
    uint64_t pass;  /* number of messages to pass first */
    uint64_t count; /* number of messages to drop then */
    uint64_t seen, dropped;
} fault_drop;

typedef struct fault_way {
    int64_t delay_ns;
    uint64_t rate; /* bytes per second; 0 for no limit */
    bool held;     /* nothing passes, and nothing is lost, as in a cut network */
    uint64_t cut;  /* number of bytes until the connection ends; NEVER if it does not */
    uint64_t flip; /* number of bytes until the byte to invert; NEVER for none */
} fault_way;

#define NEVER UINT64_MAX

typedef struct fault_plan {
    fault_way ways[DIRECTIONS];
    bool stall;  /* new connections get nothing after the server's first line */
    bool refuse; /* new connections are closed at once */
    fault_drop drops[MATTERS];
    char prefix[128];
    uint64_t connections, duplicates; /* connections made so far; PubAcks of duplicates */
} fault_plan;

void faults_clear(fault_plan *self);

/* Counts a message, and returns true if it must be dropped. */
bool faults_drop(fault_plan *self, fault_matter matter);

#endif
