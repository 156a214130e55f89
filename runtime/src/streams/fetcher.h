/*
 * A fetcher: the events of one fetch of a service, from their arrival until the program settles
 * them. It receives the events of the consumer in one worker, which verifies them, copies them, and
 * passes them to the threads that wait in catga_fetch.
 *
 * The copy of an event is the program's until it settles the event, even after the bus is closed.
 * When a service stops, or the bus drains, the program may settle for half of drain_wait_ms; then
 * the event itself goes back to the server. The subscription is drained when the server knows no
 * request any more, or at that time.
 *
 * Locks: `lock` guards everything but constant fields. Threads that hold it call the transport,
 * which never waits, and take no other lock of the bus. A thread that enters a fetcher finds it in
 * the list of the bus, and takes its lock while it holds that of the list.
 */
#ifndef CATGA_FETCHER_H
#define CATGA_FETCHER_H

#include "base/process.h"
#include "streams/delivered.h"

#include <catga/fetch.h>

#include <pthread.h>
#include <sys/queue.h>

typedef struct catga_fetcher catga_fetcher;

/* An event that the program gets, or has. */
typedef struct catga_held {
    TAILQ_ENTRY(catga_held) entry;
    catga_fetcher *fetcher;
    bool is_back; /* the event went back to the server, and is released */
    catga_delivered delivered;
    catga_fetched copy; /* what the program gets; its texts and its table are in `bytes` */
    uint8_t bytes[];
} catga_held;

/* A thread in catga_fetch. */
typedef struct catga_fetch_caller {
    TAILQ_ENTRY(catga_fetch_caller) entry;
    int64_t until_ns; /* when it stops waiting, monotonic; 0: it does not wait yet */
} catga_fetch_caller;

struct catga_fetcher {
    catga_receiver receiver;
    catga_bus_state *state;
    const catga_service *service;
    LIST_ENTRY(catga_fetcher) entry; /* guarded by the lock of the list, as is `is_open` */
    bool is_open;                    /* it is in the list */
    catga_process process;           /* the one whose threads use the lock */
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned references;                          /* of the endpoint, and of each event */
    unsigned settling;                            /* threads that settle an event */
    unsigned count;                               /* events in both lists */
    bool is_closing;                              /* the service stops */
    TAILQ_HEAD(, catga_held) arrived;             /* for the callers */
    TAILQ_HEAD(catga_held_list, catga_held) held; /* by the program */
    TAILQ_HEAD(, catga_fetch_caller) callers;
    catga_wanted wanted; /* events that callers wait for, without those in `arrived` */
};

/* Returns NULL without memory. The endpoint that it is served with frees it. */
catga_fetcher *catga_fetcher_new(catga_bus_state *state, const catga_service *service);

/* Lets callers enter a fetcher that is served. */
void catga_fetcher_open(catga_fetcher *fetcher);

/*
 * Adds a caller to the open fetcher of a service, which stays valid until the caller leaves. Waits
 * for nothing. CATGA_NOT_FOUND: none is open. CATGA_DRAINING: it is being stopped.
 */
catga_status catga_fetcher_enter(catga_bus_state *state, const catga_service *service,
                                 catga_fetch_caller *caller, catga_fetcher **entered);

/* Removes a caller, which does not use the fetcher any more. */
void catga_fetcher_leave(catga_fetcher *fetcher, catga_fetch_caller *caller);

/* Waits for up to `n` events. Returns CATGA_OK, CATGA_OVERLOADED or CATGA_DRAINING. */
catga_status catga_fetcher_wait(catga_fetcher *fetcher, catga_fetch_caller *caller,
                                int64_t until_ns, catga_fetched *events, size_t n, size_t *count);

/* Returns whether this process was forked from the one that has the event. Takes no lock. */
bool catga_fetcher_is_forked(const catga_held *held);

/*
 * Begins to settle an event: it does not go back to the server any more. Returns false if it went
 * back. The caller then ends the settlement, which frees the event. Not in a forked process.
 */
bool catga_fetcher_settles(catga_held *held);
void catga_fetcher_settled(catga_held *held);

#endif
