/*
 * An external claim store in which the effect of an idempotent command and its completion are one
 * write, a file of one record. So there is no window between the two. The file is a ledger named
 * after the id. It is locked while a handler runs, and empty until the effect.
 */
#ifndef EFFECTS_H
#define EFFECTS_H

#include <catga/catga.h>

typedef struct effects {
    const char *folder;
    unsigned die_every; /* the process dies after each effect of that number; 0 for never */
    unsigned count;
    uint8_t answer[256]; /* the last answer: one handler runs at a time */
} effects;

/*
 * Reads WORK_EFFECTS and WORK_DIE_EVERY from the environment. Returns false when they are not set.
 */
bool effects_open(effects *self);

/* Returns the store, for the options of a bus. */
catga_claim_store effects_store(effects *self);

/* Sets the effect of a successful handler: a record like the ledger's. */
void effects_plan(const catga_claim *claim, uint64_t id, const char *instance);

#endif
