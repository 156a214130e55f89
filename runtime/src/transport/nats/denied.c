/* The server reports a refused publication on the connection, not to the sender, as a text:
 *     Permissions Violation for Publish to "SUBJECT"
 */
#include "transport/nats/denied.h"

#include "base/clock.h"
#include "transport/nats/nats_transport.h"

#define REMEMBERED (3 * CATGA_SECOND)

bool catga_nats_denied_subject(const char *text, char subject[CATGA_NATS_DENIED_SUBJECT])
{
    const char *at = strcasestr(text, "publish to \"");
    const char *end = at == NULL ? NULL : strrchr(at, '"');

    if (end == NULL)
        return false;
    at += strlen("publish to \"");
    if (end <= at || (size_t)(end - at) >= CATGA_NATS_DENIED_SUBJECT)
        return false;
    memcpy(subject, at, (size_t)(end - at));
    subject[end - at] = '\0';
    return true;
}

/* Returns the entry of that subject, or the entry that expires first. Called under the lock. */
static size_t entry_of(const catga_nats_denied *denied, const char *subject)
{
    size_t oldest = 0;

    for (size_t i = 0; i < CATGA_NATS_DENIED; i++) {
        if (strcmp(denied->entries[i].subject, subject) == 0)
            return i;
        if (denied->entries[i].until_ns < denied->entries[oldest].until_ns)
            oldest = i;
    }
    return oldest;
}

/* Counts the entries that have not expired. Called under the lock. */
static void recount(catga_nats_denied *denied)
{
    unsigned count = 0;
    int64_t now = catga_clock_now();

    for (size_t i = 0; i < CATGA_NATS_DENIED; i++)
        count += denied->entries[i].until_ns > now;
    atomic_store(&denied->count, count);
}

void catga_nats_note_denied(catga_nats *nats, const char *text)
{
    catga_nats_denied *denied = &nats->denied;
    char subject[CATGA_NATS_DENIED_SUBJECT];

    if (!catga_nats_denied_subject(text, subject))
        return;
    pthread_mutex_lock(&denied->lock);
    size_t entry = entry_of(denied, subject);
    memcpy(denied->entries[entry].subject, subject, sizeof subject);
    denied->entries[entry].until_ns = catga_clock_now() + REMEMBERED;
    recount(denied);
    pthread_mutex_unlock(&denied->lock);
    nats->listener.on_denied(nats->listener.user, subject);
}

bool catga_nats_is_denied(catga_nats *nats, const char *subject)
{
    catga_nats_denied *denied = &nats->denied;

    if (atomic_load_explicit(&denied->count, memory_order_relaxed) == 0)
        return false;
    pthread_mutex_lock(&denied->lock);
    size_t entry = entry_of(denied, subject);
    bool is_denied = strcmp(denied->entries[entry].subject, subject) == 0 &&
                     denied->entries[entry].until_ns > catga_clock_now();
    recount(denied);
    pthread_mutex_unlock(&denied->lock);
    return is_denied;
}

void catga_nats_forget_denied(catga_nats *nats)
{
    catga_nats_denied *denied = &nats->denied;

    pthread_mutex_lock(&denied->lock);
    for (size_t i = 0; i < CATGA_NATS_DENIED; i++)
        denied->entries[i].until_ns = 0;
    recount(denied);
    pthread_mutex_unlock(&denied->lock);
}
