/*
 * Who works on what. A bus has a name that no other has, and each attempt that it makes to handle a
 * claimed message a name of its own below it, which the claim's record says:
 *
 *     4fTq...22 characters.17.305          the bus, a place in it, the number of the attempt
 *
 * Whoever finds the record asks at the subject catga.owners.<bus>, and is told whether the attempt is
 * still under way. Who does not answer is given time: how long it has been silent is measured here, by
 * the one who asks.
 */
#ifndef CATGA_OWNER_H
#define CATGA_OWNER_H

#include "bus/identity.h"
#include "transport/transport.h"

#include <pthread.h>
#include <stdatomic.h>

enum { CATGA_OWNER_PLACES = 1024, CATGA_OWNER_SILENCES = 64, CATGA_ATTEMPT_NAME = 64 };

typedef struct catga_core catga_core;

/* An attempt that was asked for in vain. */
typedef struct catga_silence {
    char name[CATGA_ATTEMPT_NAME];
    int64_t since;
    int64_t until; /* when it was asked last, and a while */
} catga_silence;

typedef struct catga_owner {
    char name[CATGA_ID_TEXT];
    atomic_uint_fast64_t attempts;
    atomic_uint_fast64_t places[CATGA_OWNER_PLACES]; /* the attempt that is under way, or 0 */
    catga_subscription *subscription;
    pthread_mutex_t lock; /* guards `silences`; only who finds another's claim takes it */
    catga_silence silences[CATGA_OWNER_SILENCES];
} catga_owner;

/* An attempt of this bus. */
typedef struct catga_attempt {
    char name[CATGA_ATTEMPT_NAME];
    atomic_uint_fast64_t *place;
} catga_attempt;

typedef enum catga_owner_answer {
    CATGA_OWNER_WORKS,
    CATGA_OWNER_IDLE,
    CATGA_OWNER_SILENT
} catga_owner_answer;

void catga_owner_init(catga_owner *owner, catga_identity *identity);
void catga_owner_end(catga_owner *owner);

/* Subscribes, so that others can ask; allowed again. */
catga_status catga_owner_open(catga_core *core);

/* Before the transport is closed, when no handler runs. False when it still answers somebody. */
bool catga_owner_close(catga_core *core);

/* False when as many as may be are under way. */
bool catga_attempt_begin(catga_owner *owner, catga_attempt *attempt);
void catga_attempt_end(catga_attempt *attempt);

/* Asks the owner of an attempt of that name, which a peer wrote. `silent_ms`: so far, of SILENT. */
catga_owner_answer catga_owner_ask(catga_core *core, const char *name, int64_t *silent_ms);

#endif
