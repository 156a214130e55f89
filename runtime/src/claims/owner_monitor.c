/* Asks the owners of claims; see owner_monitor.h. */
#include "claims/owner_monitor.h"

#include "base/hash.h"
#include "bus/round_trip.h"
#include "bus/upkeep.h"

#include <stdio.h>
#include <stdlib.h>

/*
 * An owner is no longer monitored this many leases after its claim was last found. A caller may
 * retry late.
 */
enum { LEASES_WANTED = 30 };

static int64_t lease_of(const catga_bus_state *state)
{
    return state->settings.lease_ms * CATGA_MILLISECOND;
}

void catga_owner_monitor_init(catga_owner_monitor *monitor)
{
    pthread_mutex_init(&monitor->lock, NULL);
}

void catga_owner_monitor_end(catga_owner_monitor *monitor)
{
    pthread_mutex_destroy(&monitor->lock);
}

/* ---- Names ---- */

/* The name of an attempt, in parts. */
typedef struct attempt_name {
    catga_string owner;
    catga_string attempt; /* "17.305" */
    uint64_t number;
} attempt_name;

/* Parses the name of an attempt. Returns false if it has another form. */
static bool read_name(const char *text, attempt_name *name)
{
    const char *dot = strchr(text, '.');
    const char *number = dot == NULL ? NULL : strchr(dot + 1, '.');
    const char *error = NULL;

    if (number == NULL)
        return false;
    name->owner = (catga_string){text, (size_t)(dot - text)};
    name->attempt = catga_str(dot + 1);
    name->number = (uint64_t)strtonum(number + 1, 1, INT64_MAX, &error);
    return error == NULL && catga_is_token(name->owner) &&
           name->owner.length < CATGA_MESSAGE_ID_SIZE;
}

/* ---- Tokens ---- */

/*
 * Bits of a token: 1, control 1, question 22, owner 40. A token names the owner instead of a slot,
 * so that a late answer still shows that the owner lives.
 */

#define OWNER_BITS    40
#define OWNER_MASK    ((UINT64_C(1) << OWNER_BITS) - 1)
#define QUESTION_MASK ((UINT64_C(1) << 22) - 1)
#define CONTROL       (UINT64_C(1) << 62)

static uint64_t hash_of(catga_string name)
{
    return catga_hash_of(name.data, name.length).low & OWNER_MASK;
}

static uint64_t token_of(uint64_t question, uint64_t owner)
{
    return UINT64_C(1) << 63 | (question & QUESTION_MASK) << OWNER_BITS | owner;
}

/* ---- Monitored owners; the caller holds the lock ---- */

static catga_monitored_owner *find(catga_owner_monitor *monitor, catga_string name)
{
    for (size_t i = 0; monitor->count != 0 && i < CATGA_MONITORED_OWNERS; i++)
        if (catga_string_equal(catga_str(monitor->owners[i].name), name))
            return &monitor->owners[i];
    return NULL;
}

static void forget(catga_owner_monitor *monitor, catga_monitored_owner *owner)
{
    owner->name[0] = '\0';
    monitor->count--;
}

/* Monitors an owner. Returns NULL if no slot is free. */
static catga_monitored_owner *add(catga_bus_state *state, catga_string name)
{
    catga_owner_monitor *monitor = &state->owner_monitor;

    for (size_t i = 0; i < CATGA_MONITORED_OWNERS; i++) {
        catga_monitored_owner *owner = &monitor->owners[i];
        if (owner->name[0] != '\0')
            continue;
        snprintf(owner->name, sizeof owner->name, "%.*s", CATGA_PRINT(name));
        owner->hash = hash_of(name);
        catga_owner_liveness_init(&owner->liveness, lease_of(state));
        monitor->count++;
        return owner;
    }
    return NULL;
}

/* Notes that a claim of a monitored owner was found. Returns whether the owner is silent. */
static bool note_found(catga_bus_state *state, catga_monitored_owner *owner, uint64_t number,
                       int64_t now)
{
    owner->wanted_until = catga_clock_after(now, LEASES_WANTED * lease_of(state));
    catga_owner_liveness_found(&owner->liveness, number);
    return catga_owner_liveness_is_silent(&owner->liveness, number, now);
}

/* Sets *said without waiting. Returns false if the owner is not monitored. */
static bool is_monitored(catga_bus_state *state, const attempt_name *name, catga_owner_answer *said)
{
    pthread_mutex_lock(&state->owner_monitor.lock);
    catga_monitored_owner *owner = find(&state->owner_monitor, name->owner);
    if (owner != NULL)
        *said = note_found(state, owner, name->number, catga_clock_now()) ? CATGA_OWNER_SILENT
                                                                          : CATGA_OWNER_UNSURE;
    pthread_mutex_unlock(&state->owner_monitor.lock);
    return owner != NULL;
}

static void monitor_owner(catga_bus_state *state, const attempt_name *name)
{
    pthread_mutex_lock(&state->owner_monitor.lock);
    catga_monitored_owner *owner = find(&state->owner_monitor, name->owner);
    if (owner == NULL)
        owner = add(state, name->owner);
    if (owner != NULL)
        note_found(state, owner, name->number, catga_clock_now());
    pthread_mutex_unlock(&state->owner_monitor.lock);
    catga_upkeep_wake(&state->upkeep);
}

/* ---- Asking ---- */

static bool is_answer(const catga_incoming *answer, const char *word)
{
    return !answer->no_responders && answer->length == strlen(word) &&
           memcmp(answer->data, word, answer->length) == 0;
}

static catga_status send_question(catga_bus_state *state, const void *question, uint64_t token)
{
    return state->operations->request(state->transport, question, token);
}

/*
 * Asks the owner and waits. CATGA_OK with *said. CATGA_TIMEOUT: no answer arrived. Any other
 * status: the question could not be sent.
 */
static catga_status ask(catga_bus_state *state, const attempt_name *name, catga_owner_answer *said)
{
    char subject[CATGA_OWNER_SUBJECT];
    catga_incoming answer;
    const catga_outgoing question = {
        .subject = subject,
        .data = (const uint8_t *)name->attempt.data,
        .length = name->attempt.length,
        .deadline_ns = catga_clock_after(catga_clock_now(), lease_of(state) / CATGA_OWNER_ASKS),
        .sender_waits = true};

    if (!catga_owner_subject(state, name->owner, subject))
        return CATGA_INVALID_ARGUMENT;
    catga_status status =
        catga_round_trip(state, send_question, &question, question.deadline_ns, &answer);
    if (status != CATGA_OK)
        return status;
    bool works = is_answer(&answer, "works");
    bool idle = is_answer(&answer, "idle");
    state->operations->release(&answer);
    *said = works ? CATGA_OWNER_WORKS : CATGA_OWNER_IDLE;
    return works || idle ? CATGA_OK : CATGA_TIMEOUT;
}

/* A record without the name of an attempt has no owner to ask. */
catga_owner_answer catga_owner_ask(catga_bus_state *state, const char *attempt)
{
    attempt_name name;
    catga_owner_answer said;

    if (!read_name(attempt, &name))
        return CATGA_OWNER_IDLE;
    if (catga_string_equal(name.owner, catga_str(state->owner.name)))
        return catga_owner_works(&state->owner, name.attempt) ? CATGA_OWNER_WORKS
                                                              : CATGA_OWNER_IDLE;
    if (is_monitored(state, &name, &said))
        return said;
    catga_status status = ask(state, &name, &said);
    if (status == CATGA_OK)
        return said;
    if (status == CATGA_TIMEOUT)
        monitor_owner(state, &name);
    return CATGA_OWNER_UNSURE;
}

/* ---- The thread ---- */

/* A question to send, and its control question. */
typedef struct question {
    char subject[CATGA_OWNER_SUBJECT];
    uint64_t token;
    uint64_t control;
} question;

/*
 * Returns whether to ask the owner in a slot now. *due becomes the earlier of itself and the next
 * check. The caller holds the lock.
 */
static bool is_due(catga_bus_state *state, catga_monitored_owner *owner, int64_t now,
                   question *next, int64_t *due)
{
    if (owner->name[0] == '\0')
        return false;
    if (now > owner->wanted_until) {
        forget(&state->owner_monitor, owner);
        return false;
    }
    bool ask_now = catga_owner_liveness_tick(&owner->liveness, now) &&
                   catga_owner_subject(state, catga_str(owner->name), next->subject);
    if (ask_now) {
        catga_owner_liveness_asked(&owner->liveness, now);
        next->token = token_of(++state->owner_monitor.questions, owner->hash);
        next->control = owner->control = next->token | CONTROL;
    }
    int64_t then = catga_owner_liveness_due(&owner->liveness);
    *due = then < *due ? then : *due;
    return ask_now;
}

/* Sends a question about an attempt that never ran: any answer shows that the owner is present. */
static void send(catga_bus_state *state, const char *subject, uint64_t token)
{
    const catga_outgoing message = {
        .subject = subject, .data = (const uint8_t *)"0.0", .length = 3, .sender_waits = true};

    (void)state->operations->request(state->transport, &message, token);
}

int64_t catga_owner_monitor_drive(catga_bus_state *state, int64_t now)
{
    char own[CATGA_OWNER_SUBJECT];
    int64_t due = CATGA_FOREVER;
    question next;

    for (size_t i = 0; atomic_load(&state->owner_monitor.count) != 0 && i < CATGA_MONITORED_OWNERS;
         i++) {
        pthread_mutex_lock(&state->owner_monitor.lock);
        bool ask_now = is_due(state, &state->owner_monitor.owners[i], now, &next, &due);
        pthread_mutex_unlock(&state->owner_monitor.lock);
        if (!ask_now || !catga_owner_subject(state, catga_str(state->owner.name), own))
            continue;
        send(state, next.subject, next.token);
        send(state, own, next.control);
    }
    return due;
}

static catga_monitored_owner *find_by_token(catga_owner_monitor *monitor, uint64_t token)
{
    for (size_t i = 0; monitor->count != 0 && i < CATGA_MONITORED_OWNERS; i++)
        if (monitor->owners[i].name[0] != '\0' && monitor->owners[i].hash == (token & OWNER_MASK))
            return &monitor->owners[i];
    return NULL;
}

void catga_owner_monitor_answer(catga_bus_state *state, uint64_t token,
                                const catga_incoming *answer)
{
    catga_owner_monitor *monitor = &state->owner_monitor;

    if (!is_answer(answer, "works") && !is_answer(answer, "idle"))
        return;
    pthread_mutex_lock(&monitor->lock);
    catga_monitored_owner *owner = find_by_token(monitor, token);
    if (owner != NULL && (token & CONTROL) == 0)
        forget(monitor, owner);
    else if (owner != NULL && token == owner->control)
        catga_owner_liveness_control_answered(&owner->liveness);
    pthread_mutex_unlock(&monitor->lock);
}
