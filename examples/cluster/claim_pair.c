/* Combines two claim stores; see claim_pair.h. */
#include "claim_pair.h"

/* Looks for a stored effect, and reads its outcome into the claim. */
static catga_claim_result find_effect(const claim_pair *self, catga_claim *claim)
{
    catga_claim effect = *claim;
    catga_claim_result result = self->effects.claim(self->effects.user, &effect);

    if (result == CATGA_CLAIM_TAKEN)
        self->effects.release(self->effects.user, &effect);
    claim->answer = effect.answer;
    claim->error = effect.error;
    return result;
}

/* Stores the effect. Returns false if it cannot, or another attempt has stored one. */
static bool store_effect(const claim_pair *self, const catga_claim *claim)
{
    catga_claim effect = *claim;

    return self->effects.claim(self->effects.user, &effect) == CATGA_CLAIM_TAKEN &&
           self->effects.done(self->effects.user, &effect);
}

static catga_claim_result claim(void *user, catga_claim *claim)
{
    const claim_pair *self = user;
    catga_claim_result result = self->first.claim(self->first.user, claim);

    if (result != CATGA_CLAIM_TAKEN)
        return result;
    result = find_effect(self, claim);
    if (result == CATGA_CLAIM_DONE)
        (void)self->first.done(self->first.user, claim); /* a record that it had lost */
    else if (result != CATGA_CLAIM_TAKEN)
        self->first.release(self->first.user, claim);
    return result;
}

static void release(void *user, catga_claim *claim)
{
    const claim_pair *self = user;

    self->first.release(self->first.user, claim);
}

/* The effect is stored first: without it, nothing is done. */
static bool done(void *user, catga_claim *claim)
{
    const claim_pair *self = user;

    if (store_effect(self, claim))
        return self->first.done(self->first.user, claim);
    release(user, claim);
    return false;
}

catga_claim_store claim_pair_store(claim_pair *self)
{
    return (catga_claim_store){.claim = claim, .done = done, .release = release, .user = self};
}
