/*
 * Ensures that one replica serves under each instance name. A service has one consumer of stored
 * broadcasts for each instance name, so two replicas of one name would share the events. Before it
 * subscribes, a replica asks whether another one serves:
 *
 *     catga.instances.<service>.<instance>        the question: the random name of its bus
 *
 * The other replica answers with the name of its bus. If there is none, the server says at once
 * that nobody listens.
 *
 * Replicas that start together ask each other after both have subscribed: the smaller bus name
 * wins. Questions can miss a replica, as in a partitioned network. So each replica announces itself
 * every few seconds, by the same message without a reply subject, and logs a conflict.
 */
#ifndef CATGA_INSTANCES_H
#define CATGA_INSTANCES_H

#include "observe/log.h"
#include "transport/transport.h"

#include <pthread.h>
#include <stdatomic.h>

enum { CATGA_INSTANCE_SUBJECT = 512 };

typedef struct catga_bus_state catga_bus_state;

typedef enum catga_instance_state {
    CATGA_INSTANCE_STARTING,
    CATGA_INSTANCE_SERVING,
    CATGA_INSTANCE_YIELDED /* another starting replica has the smaller name */
} catga_instance_state;

/*
 * A service whose stored broadcasts this bus handles under its instance name. All zero: not yet
 * taken.
 */
typedef struct catga_instance_claim {
    catga_bus_state *bus_state;
    const char *service;
    char subject[CATGA_INSTANCE_SUBJECT];
    catga_subscription *subscription; /* NULL before the subscription */
    atomic_int state;
    catga_log_limit shared;
    bool announced; /* the claim is in the list */
    struct catga_instance_claim *next;
} catga_instance_claim;

/* The instances that are announced. */
typedef struct catga_instances {
    pthread_mutex_t lock; /* no message needs this lock */
    catga_instance_claim *first;
    int64_t due; /* time of the next announcement; only the upkeep thread */
} catga_instances;

void catga_instances_init(catga_instances *instances);
void catga_instances_end(catga_instances *instances);

/*
 * Takes the instance name for a service; a second call has no effect. CATGA_INVALID_ARGUMENT: a
 * live replica has the name; the log says how to correct that. CATGA_NOT_PERMITTED. A transient
 * status: call again. Waits for answers. The caller holds `serving`.
 */
catga_status catga_instance_take(catga_instance_claim *instance, catga_bus_state *state,
                                 const char *service);

/*
 * Gives the name up; waits wait_ms at most. Returns false while a question is answered; the caller
 * then calls again. The caller holds `serving`.
 */
bool catga_instance_give_up(catga_instance_claim *instance, int wait_ms);

/*
 * Announces this bus if that is due. Returns the time of the next announcement. Only the upkeep
 * thread.
 */
int64_t catga_instances_announce(catga_bus_state *state, int64_t now);

#endif
