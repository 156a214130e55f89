/* Who works on what; see owner.h. */
#include "bus/owner.h"

#include "bus/ask.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* An attempt that nobody asks for any more is forgotten after so many leases. */
enum { LEASES_REMEMBERED = 4, ASKS_PER_LEASE = 4, OWNER_SUBJECT = 256, SETTLE_MS = 2000 };

void catga_owner_init(catga_owner *owner, catga_identity *identity)
{
    catga_identity_next(identity, owner->name);
    pthread_mutex_init(&owner->lock, NULL);
}

void catga_owner_end(catga_owner *owner)
{
    pthread_mutex_destroy(&owner->lock);
}

/* ---- Our attempts ---- */

bool catga_attempt_begin(catga_owner *owner, catga_attempt *attempt)
{
    uint64_t number = atomic_fetch_add_explicit(&owner->attempts, 1, memory_order_relaxed) + 1;

    for (unsigned i = 0; i < CATGA_OWNER_PLACES; i++) {
        unsigned at = (unsigned)((number + i) % CATGA_OWNER_PLACES);
        uint_fast64_t none = 0;
        if (!atomic_compare_exchange_strong(&owner->places[at], &none, number))
            continue;
        attempt->place = &owner->places[at];
        snprintf(attempt->name, sizeof attempt->name, "%s.%u.%" PRIu64, owner->name, at, number);
        return true;
    }
    return false;
}

void catga_attempt_end(catga_attempt *attempt)
{
    atomic_store(attempt->place, 0);
}

/* ---- Answering ---- */

/* "17.305": an attempt of this bus, and whether it is under way. */
static bool is_under_way(catga_owner *owner, const catga_incoming *question)
{
    char text[CATGA_ATTEMPT_NAME];
    unsigned at;
    uint64_t number;

    if (question->length >= sizeof text)
        return false;
    memcpy(text, question->data, question->length);
    text[question->length] = '\0';
    return sscanf(text, "%u.%" SCNu64, &at, &number) == 2 && at < CATGA_OWNER_PLACES &&
           number != 0 && atomic_load(&owner->places[at]) == number;
}

static void on_question(void *user, catga_incoming *question)
{
    catga_core *core = user;
    const char *word = is_under_way(&core->owner, question) ? "works" : "idle";
    const catga_outgoing answer = {.data = (const uint8_t *)word, .length = strlen(word)};

    if (question->reply != NULL)
        (void)core->operations->respond(core->transport, question, &answer);
    core->operations->release(question);
}

static bool put_subject(const catga_core *core, char subject[OWNER_SUBJECT], int length,
                        const char *name)
{
    int written = snprintf(subject, OWNER_SUBJECT, "%.*s.owners.%.*s", CATGA_PRINT(core->prefix),
                           length, name);
    return written > 0 && written < OWNER_SUBJECT;
}

/* A group, though it has one member: a question is then answered in the thread that asks, where the
 * server is in this process. */
catga_status catga_owner_open(catga_core *core)
{
    char subject[OWNER_SUBJECT];
    const catga_subscription_options options = {.subject = subject,
                                                .queue_group = "owner",
                                                .pending = (unsigned)core->settings.pending,
                                                .receive = on_question,
                                                .user = core};

    if (core->owner.subscription != NULL)
        return CATGA_OK;
    if (!put_subject(core, subject, CATGA_ID_TEXT, core->owner.name))
        return CATGA_INVALID_ARGUMENT;
    return core->operations->subscribe(core->transport, &options, &core->owner.subscription);
}

bool catga_owner_close(catga_core *core)
{
    catga_subscription *subscription = core->owner.subscription;

    if (subscription == NULL)
        return true;
    if (core->operations->drain(core->transport, subscription, SETTLE_MS) != CATGA_OK)
        return false;
    core->operations->unsubscribe(core->transport, subscription);
    core->owner.subscription = NULL;
    return true;
}

/* ---- Asking ---- */

static int64_t lease_of(const catga_core *core)
{
    return core->settings.lease_ms * CATGA_MILLISECOND;
}

static unsigned hash_of(const char *name)
{
    uint32_t hash = 2166136261U;
    for (; *name != '\0'; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619U;
    return hash % CATGA_OWNER_SILENCES;
}

/* A name that is asked for again after too long a time, or lost its place, begins anew. */
static int64_t note_silence(catga_core *core, const char *name, int64_t began)
{
    catga_owner *owner = &core->owner;
    catga_silence *at = &owner->silences[hash_of(name)];

    pthread_mutex_lock(&owner->lock);
    if (strcmp(at->name, name) != 0 || at->until < began) {
        snprintf(at->name, sizeof at->name, "%s", name);
        at->since = began;
    }
    int64_t now = catga_clock_now();
    at->until = catga_clock_after(now, LEASES_REMEMBERED * lease_of(core));
    int64_t silent_ms = (now - at->since) / CATGA_MILLISECOND;
    pthread_mutex_unlock(&owner->lock);
    return silent_ms;
}

static void forget_silence(catga_core *core, const char *name)
{
    catga_silence *at = &core->owner.silences[hash_of(name)];

    pthread_mutex_lock(&core->owner.lock);
    if (strcmp(at->name, name) == 0)
        at->name[0] = '\0';
    pthread_mutex_unlock(&core->owner.lock);
}

static catga_status send_question(catga_core *core, const void *question, uint64_t token)
{
    return core->operations->request(core->transport, question, token);
}

/* Whether it answered, and what. */
static bool ask(catga_core *core, const catga_outgoing *question, catga_owner_answer *said)
{
    catga_incoming answer;

    if (catga_ask(core, send_question, question, question->deadline_ns, &answer) != CATGA_OK)
        return false;
    bool works = answer.length == 5 && memcmp(answer.data, "works", 5) == 0;
    bool idle = answer.length == 4 && memcmp(answer.data, "idle", 4) == 0;
    core->operations->release(&answer);
    *said = works ? CATGA_OWNER_WORKS : CATGA_OWNER_IDLE;
    return works || idle;
}

catga_owner_answer catga_owner_ask(catga_core *core, const char *name, int64_t *silent_ms)
{
    char subject[OWNER_SUBJECT];
    const char *attempt = strchr(name, '.');
    int64_t began = catga_clock_now();
    catga_outgoing question = {.subject = subject,
                               .deadline_ns = began + lease_of(core) / ASKS_PER_LEASE,
                               .sender_waits = true};
    catga_owner_answer said;

    if (attempt != NULL && catga_is_token((catga_string){name, (size_t)(attempt - name)}) &&
        put_subject(core, subject, (int)(attempt - name), name)) {
        question.data = (const uint8_t *)attempt + 1;
        question.length = strlen(attempt + 1);
        if (ask(core, &question, &said)) {
            forget_silence(core, name);
            return said;
        }
    }
    *silent_ms = note_silence(core, name, began);
    return CATGA_OWNER_SILENT;
}
