/* Subjects, their queue groups, and the members of groups. They are only added while the broker
 * exists; a member that was unsubscribed is reused by its group. So messages find their way without
 * a lock; broker->changing guards changes only. */
#ifndef CATGA_LOCAL_ROUTES_H
#define CATGA_LOCAL_ROUTES_H

#include "delivery/demand.h"
#include "transport/admission_queue.h"
#include "transport/local/local_transport.h"

typedef struct catga_local_group catga_local_group;

typedef enum catga_local_stage {
    CATGA_LOCAL_FREE,
    CATGA_LOCAL_ACTIVE,
    CATGA_LOCAL_CLOSING
} catga_local_stage;

/* A member of a group: one subscription. */
struct catga_subscription {
    catga_subscription *next;
    catga_local_subject *subject;
    catga_local_transport *transport;
    catga_receive_function *receive;
    catga_receive_function *refuse;
    void *user;
    unsigned pending;
    size_t pending_bytes;
    atomic_int stage;
    atomic_uint entered; /* count of all messages so far */
    atomic_uint waiting; /* messages under way to it; without a queue, also a running one */
    atomic_size_t bytes; /* of those in the broker's queue */
    atomic_bool overflowing;
    catga_admission_queue *queue; /* of a handler with worker threads; else NULL */
    bool beside;                  /* the queue belongs to another subscription */
    bool uncounted;               /* its messages are not in hand */
    bool consumes;                /* stored messages: `demand` and `tick` are used */
    const catga_wanted *wanted;   /* of a program that fetches them; else NULL */
    catga_demand demand;          /* under the store's lock */
    catga_tick tick;
    sem_t turn; /* without a queue: held while receive runs, so that one message runs at a time */
    sem_t idle; /* posted when it is closing and no message is under way any more */
};

/* The members of a queue group, of which one gets each message; without a name, all get it. */
struct catga_local_group {
    catga_local_group *next;
    char *name;
    atomic_uint rounds;
    _Atomic(catga_subscription *) members;
};

struct catga_local_subject {
    catga_local_subject *next;
    uint64_t hash;
    char *name;
    size_t length;
    bool is_pattern;                   /* its name has wildcards */
    atomic_bool is_stored;             /* a stream has it */
    catga_local_subject *next_pattern; /* of a pattern */
    _Atomic(catga_local_group *) groups;
};

/* Returns the subject of that name, or NULL if it never had a subscriber. */
catga_local_subject *catga_local_find(catga_local *broker, const char *name);

/* Returns the first subject or pattern whose subscribers receive messages to `name`, for NULL, or
 * the one after another; NULL at the end. */
catga_local_subject *catga_local_match(catga_local *broker, const char *name,
                                       const catga_local_subject *after);

/* Notes that a stream has a subject. Returns false without memory. Takes `changing`. */
bool catga_local_note_stored(catga_local *broker, const char *name);

/* Returns a new member, which must be opened; NULL without memory. Called under `changing`. */
catga_subscription *catga_local_member_new(catga_local_transport *transport,
                                           const catga_subscription_options *options);
void catga_local_member_open(catga_subscription *member);

/* Frees the queue of a drained member, and the member for reuse. Called under `changing`. */
void catga_local_member_close(catga_subscription *member);

/* Gives a member worker threads; sets the options that all members share. */
bool catga_local_member_set_queue(catga_subscription *member, catga_admission_options options);

/* Returns the number of messages that wait or run. */
unsigned catga_local_member_load(const catga_subscription *member);

/* Returns the number of messages that wait or run in all subscriptions of a bus. Called under
 * `changing`. */
uint64_t catga_local_count_in_hand(const catga_local_transport *transport);

unsigned catga_local_count_members(const catga_local_group *group);

/* Enters the next active member, round robin; the caller leaves it. NULL if there is none. */
catga_subscription *catga_local_enter_next(catga_local_group *group);

/* Enters a member: it stays until the caller leaves it. Returns false if it is not active. */
bool catga_local_enter(catga_subscription *member);
void catga_local_leave(catga_subscription *member);

void catga_local_routes_free(catga_local *broker);

#endif
