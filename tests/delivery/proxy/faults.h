/*
 * What the proxy is told to do wrong, and what it has counted: one set for all connections, those
 * to come too. Directions are seen from the client: up is to the server, down is to the client.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UP, DOWN, DIRECTIONS };

/* What may be dropped. */
typedef enum fault_matter {
    PUBACK,  /* the server's answer that an event is stored */
    ACK,     /* a consumer's word that an event is handled */
    PONG,    /* the server's answer to a ping */
    MESSAGE, /* any message to the client whose subject begins with `prefix` */
    MATTERS
} fault_matter;

typedef struct fault_drop {
    uint64_t pass;  /* as many go by first */
    uint64_t count; /* then as many are dropped */
    uint64_t seen, dropped;
} fault_drop;

typedef struct fault_way {
    int64_t delay_ns;
    uint64_t rate; /* bytes a second; 0: as they come */
    bool held;     /* nothing goes on, nothing is lost: as in a network that is cut */
    uint64_t cut;  /* so many bytes from now the connection ends; NEVER: it does not */
    uint64_t flip; /* the byte that is so many bytes from now is turned over; NEVER: none */
} fault_way;

#define NEVER UINT64_MAX

typedef struct fault_plan {
    fault_way ways[DIRECTIONS];
    bool stall;  /* new connections: nothing after the server's first line */
    bool refuse; /* new connections: closed at once */
    fault_drop drops[MATTERS];
    char prefix[128];
    uint64_t connections, duplicates; /* made so far; PubAcks of what was stored before */
} fault_plan;

void faults_clear(fault_plan *self);

/* True when this one is to be dropped; it is counted either way. */
bool faults_drop(fault_plan *self, fault_matter matter);

#endif
