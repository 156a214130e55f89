/*
 * A claim store of the service's own, where the effect of an idempotent command and the fact that
 * it is done are one thing, a file of one record: so the window between the two is closed. The file
 * is a ledger, named after the id; it is locked while a handler works, and empty until there is an
 * effect.
 */
#ifndef EFFECTS_H
#define EFFECTS_H

#include <catga/catga.h>

typedef struct effects {
    const char *folder;
    unsigned die_every; /* the process ends with each effect of that number; 0: with none */
    unsigned count;
    uint8_t answer[256]; /* that was given last: one handler at a time */
} effects;

/* The options of the environment, WORK_EFFECTS and WORK_DIE_EVERY; false when there are none. */
bool effects_open(effects *self);

/* The store, for the options of a bus. */
catga_claim_store effects_store(effects *self);

/* What the effect of the handler is to be, when it has succeeded: a record as the ledger's. */
void effects_plan(const catga_claim *claim, uint64_t id, const char *instance);

#endif
