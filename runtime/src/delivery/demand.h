/*
 * Demand: the number of stored messages that a handler may hold, and when it requests more. A
 * message is held from its arrival until it is settled. A requested message may still arrive. A
 * replica that requests more than its handler soon finishes keeps messages from free replicas, and
 * delays them when it stops.
 *
 * `allowed` starts with the number that keeps the workers busy, and grows by one with each run, so
 * that it doubles while a batch is handled. Its upper bound is the number that the workers finish
 * within the horizon, at the measured duration of a run. Beyond the number that keeps the workers
 * busy, a replica requests only messages that the server has announced as waiting. Such a request
 * ends when no more messages wait: another replica may have requested the same ones, and both share
 * those stored later.
 *
 * A pure state machine: no I/O, clock, thread or memory. The caller gives the time, and calls one
 * function at a time.
 */
#ifndef CATGA_DEMAND_H
#define CATGA_DEMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Number of requests that may be pending at once. */
enum { CATGA_DEMAND_REQUESTS = 3 };

/* Argument of catga_demand_ended: the server does not give the number. */
#define CATGA_DEMAND_ALL UINT32_MAX

typedef struct catga_demand_rules {
    unsigned workers;
    unsigned limit;      /* largest number of held and requested messages; at least 1 */
    size_t byte_limit;   /* largest number of held bytes; one message is always allowed */
    size_t largest;      /* bytes of the largest message that can arrive */
    int64_t horizon_ns;  /* nanoseconds in which the held messages should be finished */
    int64_t lifetime_ns; /* nanoseconds after which a request counts as lost */
    int64_t once_ns;     /* the same for a request that does not wait */
} catga_demand_rules;

/* A pending request. */
typedef struct catga_demand_request {
    uint64_t token; /* from 1; never reused */
    unsigned count; /* number of requested messages */
    unsigned left;  /* number of messages that may still arrive */
    size_t bytes;   /* largest number of bytes */
    int64_t end_ns; /* time from which the request counts as lost */
} catga_demand_request;

typedef struct catga_demand {
    catga_demand_rules rules;
    unsigned allowed;
    int64_t average_ns;             /* recent duration of a run; 0: no run has ended */
    uint64_t waiting;               /* messages that waited at the server, by its last report */
    unsigned failures;              /* consecutive failures */
    int64_t paused_ns;              /* time until which nothing is requested */
    bool oversize;                  /* the next message is larger than a request allowed */
    uint64_t token;                 /* token of the last request */
    uint64_t lost;                  /* highest token of a lost request */
    catga_demand_request completed; /* the last to end of those that seem complete; token 0: none */
    unsigned count;                 /* pending requests, the oldest first */
    catga_demand_request requests[CATGA_DEMAND_REQUESTS];
} catga_demand;

/* The next request. */
typedef struct catga_demand_batch {
    uint64_t token;
    unsigned count;
    size_t bytes; /* largest number; 0: no limit, for one message */
    bool once;    /* only messages that wait now, not those stored later */
} catga_demand_batch;

void catga_demand_init(catga_demand *demand, const catga_demand_rules *rules);

/* Notes `count` finished runs of the handler, which took `total_ns` together. */
void catga_demand_ran(catga_demand *demand, unsigned count, int64_t total_ns);

/* Notes `count` messages that arrived. `waiting` messages still wait at the server. */
void catga_demand_arrived(catga_demand *demand, unsigned count, uint64_t waiting);

/* Notes that the server ended a request; `left` of its messages were not sent. */
void catga_demand_ended(catga_demand *demand, uint64_t token, unsigned left);

/*
 * Notes that the server ended a request because the next message exceeds its remaining bytes. If
 * the message exceeds the whole request, it was stored under a higher limit, and is requested
 * alone.
 */
void catga_demand_too_large(catga_demand *demand, uint64_t token, unsigned left);

/* Notes that the server refused a request. Pauses, longer each time until a message arrives. */
void catga_demand_failed(catga_demand *demand, uint64_t token, int64_t now);

/* Notes a new connection, on which the server knows no request. */
void catga_demand_forget(catga_demand *demand);

/* Returns the number of requested messages that have not arrived. */
unsigned catga_demand_requested(const catga_demand *demand);

/*
 * Returns true if a batch should be requested now, and notes it as requested. `held` messages with
 * `held_bytes` have arrived and are not settled.
 */
bool catga_demand_next(catga_demand *demand, unsigned held, size_t held_bytes, int64_t now,
                       catga_demand_batch *batch);

/*
 * Does the same for a program that fetches messages and waits for `wanted` of them. `held` messages
 * have arrived, and are not yet subtracted from `wanted`. The request counts as lost after
 * `lifetime_ns`.
 */
bool catga_demand_fetch(catga_demand *demand, unsigned wanted, unsigned held, int64_t lifetime_ns,
                        int64_t now, catga_demand_batch *batch);

/* Returns whether a handler that holds `held` messages may get one more without a request. */
bool catga_demand_has_room(const catga_demand *demand, unsigned held);

#endif
