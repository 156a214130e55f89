/*
 * One replica for each instance name. A stored broadcast has a consumer for each instance name of a
 * service, so two replicas of one name would share the events of one. A replica that is about to
 * subscribe such a handler asks at
 *
 *     catga.instances.<service>.<instance>        the question: the random name of its bus
 *
 * whether another serves there. The other answers with the name of its bus. Nobody answers for a
 * replica that died: the server says at once that nobody listens.
 *
 * Replicas that start together ask each other, after both listen: the smaller bus name wins. What
 * these questions miss, as between the parts of a network that is partitioned, is logged later:
 * each replica announces itself every few seconds, by the same message without a reply subject.
 */
#ifndef CATGA_INSTANCES_H
#define CATGA_INSTANCES_H

#include "bus/log.h"
#include "transport/transport.h"

#include <pthread.h>
#include <stdatomic.h>

enum { CATGA_INSTANCE_SUBJECT = 512 };

typedef struct catga_bus_state catga_bus_state;

typedef enum catga_instance_state {
    CATGA_INSTANCE_STARTING,
    CATGA_INSTANCE_SERVING,
    CATGA_INSTANCE_YIELDED /* another replica that starts has the smaller name */
} catga_instance_state;

/* A service whose stored broadcasts this bus handles under its instance name. All zero: not yet. */
typedef struct catga_instance_claim {
    catga_bus_state *bus_state;
    const char *service;
    char subject[CATGA_INSTANCE_SUBJECT];
    catga_subscription *subscription; /* NULL: the bus does not listen */
    atomic_int state;
    catga_log_limit shared;
    bool announced; /* it is in the list */
    struct catga_instance_claim *next;
} catga_instance_claim;

/* The instances that are announced. */
typedef struct catga_instances {
    pthread_mutex_t lock; /* not on the path of a message */
    catga_instance_claim *first;
    int64_t due; /* the upkeep thread's: when they are announced again */
} catga_instances;

void catga_instances_init(catga_instances *instances);
void catga_instances_end(catga_instances *instances);

/*
 * Takes the instance name for a service; allowed again. CATGA_INVALID_ARGUMENT: a live replica has
 * it, and the log says what to do; CATGA_NOT_PERMITTED; a passing status: call it again. Waits.
 * Under `serving`.
 */
catga_status catga_instance_take(catga_instance_claim *instance, catga_bus_state *state,
                                 const char *service);

/*
 * Gives the name up. Returns false while somebody is being answered, for wait_ms at most; then it
 * is called again. Under `serving`.
 */
bool catga_instance_give_up(catga_instance_claim *instance, int wait_ms);

/* For the upkeep thread: announces what is due. Returns when the next announcement is. */
int64_t catga_instances_announce(catga_bus_state *state, int64_t now);

#endif
