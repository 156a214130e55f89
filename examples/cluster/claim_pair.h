/*
 * A claim store made of two: the first decides which replica handles a message, the second stores
 * the effect of handling it. The first may lose its records, as Redis may when a replica becomes
 * the master: a message whose effect is stored is then done, and its handler does not run again.
 */
#ifndef CLUSTER_CLAIM_PAIR_H
#define CLUSTER_CLAIM_PAIR_H

#include <catga/catga.h>

typedef struct claim_pair {
    catga_claim_store first;
    catga_claim_store effects; /* uses `of_store` of a claim only until it returns */
} claim_pair;

/* Returns the store of both; `self` is needed as long as its bus. */
catga_claim_store claim_pair_store(claim_pair *self);

#endif
