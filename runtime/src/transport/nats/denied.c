/*
 * Subjects that the server refuses to publish to. It reports that on the connection, by its text
 * alone, and never to the sender:
 *     Permissions Violation for Publish to "SUBJECT"
 */
#include "base/clock.h"
#include "transport/nats/nats_transport.h"

#include <stdio.h>

#define REMEMBERED (3 * CATGA_SECOND)

/* How long the server may take to confirm, and nats.c to report what it has read. */
enum { CONFIRM_MS = 2000, REPORT_MS = 300 };

/* Copies the subject that `text` names; false when it is about something else. */
static bool subject_of(const char *text, char subject[CATGA_NATS_DENIED_SUBJECT])
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

/* Under the lock: the entry of that subject, or the one that expires first. */
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

/* Under the lock. */
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

    if (!subject_of(text, subject))
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

/* True when the last error of the connection names the subject: then the report is on its way. */
static bool is_last_error(natsConnection *connection, const char *subject)
{
    const char *text = NULL;
    char named[CATGA_NATS_DENIED_SUBJECT];

    return natsConnection_GetLastError(connection, &text) == NATS_NOT_PERMITTED && text != NULL &&
           subject_of(text, named) && strcmp(named, subject) == 0;
}

catga_status catga_nats_probe(catga_nats *nats, const catga_outgoing *probe, const char *right,
                              catga_problem *problem)
{
    catga_status status = catga_nats_send_immediate(nats, probe);
    catga_nats_use use = catga_nats_link_enter(&nats->immediate);

    if (use.connection == NULL)
        return CATGA_OK;
    natsConnection_FlushTimeout(use.connection, CONFIRM_MS);
    bool suspect = is_last_error(use.connection, probe->subject);
    catga_nats_link_leave(use, 0);
    int64_t end = catga_clock_now() + REPORT_MS * CATGA_MILLISECOND;
    while (suspect && !catga_nats_is_denied(nats, probe->subject) && catga_clock_now() < end)
        nanosleep(&(struct timespec){.tv_nsec = CATGA_MILLISECOND}, NULL);
    if (status != CATGA_NOT_PERMITTED && !catga_nats_is_denied(nats, probe->subject))
        return CATGA_OK;
    snprintf(problem->text, sizeof problem->text, "no permission to publish to \"%s\"", right);
    return CATGA_NOT_PERMITTED;
}
