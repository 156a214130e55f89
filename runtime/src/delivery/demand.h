/*
 * Demand: how many stored messages a handler may hold, and when it requests more. A message is held
 * from its arrival until it is settled; a requested message is one that the server may still send.
 * A replica that requests more than its handler can finish soon keeps messages from replicas that
 * are free, and keeps them back when it is stopped.
 *
 * `allowed` starts with what keeps the workers busy and grows by one with each run, so that it
 * doubles while a batch is handled. Its upper bound is what the workers finish within the horizon,
 * at the measured duration of a run. Beyond what keeps the workers busy, only messages are
 * requested of which the server has said that they wait. Such a request ends as soon as nothing
 * more waits, since another replica may have requested the same messages: what is stored later is
 * for both.
 *
 * No clock, no memory, no I/O, no threads: the caller gives the time and calls one function at a
 * time.
 */
#ifndef CATGA_DEMAND_H
#define CATGA_DEMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Requests that may be under way at once. */
enum { CATGA_DEMAND_REQUESTS = 3 };

/* Of catga_demand_ended: the server does not say how many. */
#define CATGA_DEMAND_ALL UINT32_MAX

typedef struct catga_demand_rules {
    unsigned workers;
    unsigned limit;      /* messages held and requested, at most; at least 1 */
    size_t byte_limit;   /* bytes held, at most; one message is always allowed */
    size_t largest;      /* bytes of the largest message that can arrive */
    int64_t horizon_ns;  /* what is held should be finished within this time */
    int64_t lifetime_ns; /* of a request, until it counts as lost */
    int64_t once_ns;     /* the same, of a request that does not wait */
} catga_demand_rules;

/* A request that is under way. */
typedef struct catga_demand_request {
    uint64_t token; /* from 1; never used again */
    unsigned count; /* messages that were requested */
    unsigned left;  /* messages that it may still bring */
    size_t bytes;   /* at most */
    int64_t end_ns; /* it counts as lost from then on */
} catga_demand_request;

typedef struct catga_demand {
    catga_demand_rules rules;
    unsigned allowed;
    int64_t average_ns; /* duration of a run, lately; 0: none has ended */
    uint64_t waiting;   /* messages that the server still has, as it said last */
    unsigned failures;  /* in succession */
    int64_t paused_ns;  /* until then nothing is requested */
    bool oversize;      /* the next message is larger than a request allowed */
    uint64_t token;     /* of the last request */
    uint64_t lost;      /* the largest of those that count as lost */
    unsigned count;     /* requests under way, the oldest first */
    catga_demand_request requests[CATGA_DEMAND_REQUESTS];
} catga_demand;

/* The next request. */
typedef struct catga_demand_batch {
    uint64_t token;
    unsigned count;
    size_t bytes; /* at most; 0: no limit, for one message */
    bool once;    /* messages that wait at the server now; none that are stored later */
} catga_demand_batch;

void catga_demand_init(catga_demand *demand, const catga_demand_rules *rules);

/* `count` runs of the handler have ended, which took `total_ns` together. */
void catga_demand_ran(catga_demand *demand, unsigned count, int64_t total_ns);

/* `count` messages have arrived; after the last, `waiting` were still at the server. */
void catga_demand_arrived(catga_demand *demand, unsigned count, uint64_t waiting);

/* The server has ended a request of which `left` messages had not been sent. */
void catga_demand_ended(catga_demand *demand, uint64_t token, unsigned left);

/*
 * The same, because the next message is larger than the bytes that were left of the request. If it
 * is larger than all of them, it was stored under a higher limit: it is requested alone.
 */
void catga_demand_too_large(catga_demand *demand, uint64_t token, unsigned left);

/* The server refuses requests: pauses, for longer each time until a message arrives. */
void catga_demand_failed(catga_demand *demand, uint64_t token, int64_t now);

/* The connection is another one: the server knows of no request. */
void catga_demand_forget(catga_demand *demand);

/* Messages that are requested and have not arrived. */
unsigned catga_demand_requested(const catga_demand *demand);

/*
 * Returns true when a batch is to be requested now, and notes it as requested. `held` and
 * `held_bytes`: what has arrived and is not settled.
 */
bool catga_demand_next(catga_demand *demand, unsigned held, size_t held_bytes, int64_t now,
                       catga_demand_batch *batch);

/* Whether one more message may be handed, without a request, to a handler that holds so many. */
bool catga_demand_has_room(const catga_demand *demand, unsigned held);

#endif
