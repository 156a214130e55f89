/* Names attempts and answers questions about them; see owner.h. */
#include "claims/owner.h"

#include "base/text.h"
#include "bus/bus_state.h"

#include <inttypes.h>
#include <sched.h>
#include <stdio.h>

#define PINNED (UINT64_C(1) << 63)

enum { SETTLE_MS = 2000 };

void catga_owner_init(catga_owner *owner, catga_message_ids *ids)
{
    catga_message_id_next(ids, owner->name);
}

/* ---- Attempts ---- */

bool catga_attempt_begin(catga_owner *owner, catga_attempt *attempt)
{
    uint64_t number = atomic_fetch_add_explicit(&owner->attempts, 1, memory_order_relaxed) + 1;

    for (unsigned i = 0; i < CATGA_OWNER_SLOTS; i++) {
        unsigned at = (unsigned)((number + i) % CATGA_OWNER_SLOTS);
        uint_fast64_t none = 0;
        if (!atomic_compare_exchange_strong(&owner->slots[at].attempt, &none, number))
            continue;
        attempt->slot = &owner->slots[at];
        attempt->number = number;
        snprintf(attempt->name, sizeof attempt->name, "%s.%u.%" PRIu64, owner->name, at, number);
        return true;
    }
    return false;
}

void catga_attempt_hold(catga_attempt *attempt, const catga_held_claim *claim)
{
    attempt->slot->claim = *claim;
    atomic_store(&attempt->slot->renew_at,
                 catga_clock_after(catga_clock_now(), claim->interval_ns));
}

void catga_attempt_release(catga_attempt *attempt)
{
    atomic_store(&attempt->slot->renew_at, 0);
}

void catga_attempt_end(catga_attempt *attempt)
{
    uint_fast64_t expected = attempt->number;

    while (!atomic_compare_exchange_weak(&attempt->slot->attempt, &expected,
                                         attempt->number | PINNED)) {
        if (expected != attempt->number)
            sched_yield(); /* the renewing thread copies a few hundred bytes */
        expected = attempt->number;
    }
    catga_attempt_release(attempt);
    atomic_store(&attempt->slot->attempt, 0);
}

/* ---- For the renewing thread ---- */

bool catga_owner_pin(catga_owner_slot *slot, uint64_t number)
{
    uint_fast64_t expected = number;

    if (!atomic_compare_exchange_strong(&slot->attempt, &expected, number | PINNED))
        return false;
    if (atomic_load(&slot->renew_at) != 0)
        return true;
    catga_owner_unpin(slot);
    return false;
}

uint64_t catga_owner_pin_due(catga_owner_slot *slot, int64_t now)
{
    uint64_t number = atomic_load(&slot->attempt);
    int64_t due = atomic_load(&slot->renew_at);

    bool free = number == 0 || (number & PINNED) != 0;
    return !free && due != 0 && due <= now && catga_owner_pin(slot, number) ? number : 0;
}

void catga_owner_unpin(catga_owner_slot *slot)
{
    atomic_fetch_and(&slot->attempt, ~PINNED);
}

/* ---- Answering ---- */

bool catga_owner_works(catga_owner *owner, catga_string attempt)
{
    char text[CATGA_ATTEMPT_NAME];
    unsigned at;
    uint64_t number;

    if (attempt.length >= sizeof text)
        return false;
    memcpy(text, attempt.data, attempt.length);
    text[attempt.length] = '\0';
    return sscanf(text, "%u.%" SCNu64, &at, &number) == 2 && at < CATGA_OWNER_SLOTS &&
           number != 0 && (atomic_load(&owner->slots[at].attempt) & ~PINNED) == number;
}

static void on_question(void *user, catga_incoming *question)
{
    catga_bus_state *state = user;
    const catga_string attempt = {(const char *)question->data, question->length};
    const char *word = catga_owner_works(&state->owner, attempt) ? "works" : "idle";
    const catga_outgoing answer = {.data = (const uint8_t *)word, .length = strlen(word)};

    if (question->reply != NULL)
        (void)state->operations->respond(state->transport, question, &answer);
    state->operations->release(question);
}

bool catga_owner_subject(const catga_bus_state *state, catga_string name,
                         char subject[CATGA_OWNER_SUBJECT])
{
    return catga_is_token(name) &&
           catga_text_format(subject, CATGA_OWNER_SUBJECT, "%.*s.owners.%.*s",
                             CATGA_PRINT(state->prefix), CATGA_PRINT(name));
}

/*
 * Subscribes in a queue group of one member. Within one process, the asking thread then gets the
 * answer directly.
 */
catga_status catga_owner_open(catga_bus_state *state)
{
    char subject[CATGA_OWNER_SUBJECT];
    const catga_subscription_options options = {.subject = subject,
                                                .queue_group = "owner",
                                                .pending = (unsigned)state->settings.pending,
                                                .receive = on_question,
                                                .user = state};
    catga_status status = CATGA_OK;

    if (!catga_owner_subject(state, catga_str(state->owner.name), subject))
        return CATGA_INVALID_ARGUMENT;
    if (state->owner.subscription == NULL)
        status =
            state->operations->subscribe(state->transport, &options, &state->owner.subscription);
    return status == CATGA_OK
               ? state->operations->confirmed(state->transport, state->owner.subscription)
               : status;
}

bool catga_owner_close(catga_bus_state *state)
{
    catga_subscription *subscription = state->owner.subscription;

    if (subscription == NULL)
        return true;
    if (state->operations->drain(state->transport, subscription, SETTLE_MS) != CATGA_OK)
        return false;
    state->operations->unsubscribe(state->transport, subscription);
    state->owner.subscription = NULL;
    return true;
}
