/*
 * Which link a request or an answer takes. Alone, it is written at once: over the prompt link it is
 * underway in one system call. When they come in close succession, a system call for each is most
 * of the work, so they are gathered: over the bulk link, which a thread of ours flushes as soon as
 * there is something. A flush waits for the server's PONG, and what comes meanwhile is the next
 * batch: the round trip sets the pace. (The flusher of nats.c waits a millisecond instead.)
 *
 * Requests per second with 64, 512, 4096 in flight, two cores: always prompt 41 k, 77 k, 125 k;
 * always gathered by nats.c 31 k, 211 k, 388 k; as here 61 k, 167 k, 333 k, and a lone request as
 * fast as the prompt one.
 */
#include "transport/nats/nats_transport.h"

#include "base/clock.h"

/*
 * Messages further apart than this, on average, are prompt. One request after another takes longer
 * than this each; requests and answers count apart, since a process that calls itself sends both.
 * What nobody waits for can as well be gathered when it comes more slowly: a third of the system
 * calls for those who receive stored events.
 */
#define CLOSE_NS           25000
#define UNAWAITED_CLOSE_NS 250000

/* A pause counts as this at most, so that a burst is recognised within some tens of messages. */
#define APART_NS 1000000

/* The average is one over about so many messages. */
#define MESSAGES 16

/* How long a flush may wait for the PONG: then the connection is as good as lost. */
#define FLUSH_MS 2000

/* Threads that race here lose some of the others' gaps; it is an estimate. */
static bool is_burst(catga_nats_rhythm *rhythm)
{
    int64_t now = catga_clock_now();
    int64_t gap = now - atomic_exchange_explicit(&rhythm->last_ns, now, memory_order_relaxed);
    int64_t average = atomic_load_explicit(&rhythm->average_ns, memory_order_relaxed);
    average += ((gap < APART_NS ? gap : APART_NS) - average) / MESSAGES;
    atomic_store_explicit(&rhythm->average_ns, average, memory_order_relaxed);
    return average < rhythm->close_ns;
}

/* Not for those who try again and again while there is no server. */
static void want_bulk(catga_nats *nats)
{
    if (atomic_load(&nats->prompt.connection) == NULL)
        return;
    atomic_store(&nats->bulk.wanted, true);
    catga_nats_keeper_wake(nats);
}

catga_nats_link *catga_nats_pace_link(catga_nats *nats, catga_nats_rhythm *rhythm)
{
    if (!is_burst(rhythm))
        return &nats->prompt;
    if (!atomic_load_explicit(&nats->bulk.wanted, memory_order_relaxed))
        want_bulk(nats);
    bool up = atomic_load_explicit(&nats->bulk.connection, memory_order_relaxed) != NULL;
    return up && atomic_load_explicit(&nats->pace.flushing, memory_order_relaxed) ? &nats->bulk
                                                                                  : &nats->prompt;
}

void catga_nats_pace_sent(catga_nats_link *link)
{
    catga_nats_pace *pace = &link->owner->pace;
    if (!link->prompt && !atomic_exchange(&pace->gathered, true))
        sem_post(&pace->work);
}

void catga_nats_pace_left(catga_nats_link *link)
{
    if (!link->prompt)
        atomic_store(&link->owner->pace.left, true);
}

void catga_nats_pace_rest(catga_nats *nats)
{
    if (atomic_load_explicit(&nats->pace.left, memory_order_relaxed) &&
        atomic_exchange(&nats->pace.left, false))
        catga_nats_pace_sent(&nats->bulk);
}

static void *flush_always(void *argument)
{
    catga_nats *nats = argument;
    while (atomic_load(&nats->pace.flushing)) {
        while (sem_wait(&nats->pace.work) != 0)
            ; /* interrupted */
        atomic_store(&nats->pace.gathered, false);
        catga_nats_use use = catga_nats_link_enter(&nats->bulk);
        if (use.connection == NULL)
            continue;
        natsConnection_FlushTimeout(use.connection, FLUSH_MS);
        catga_nats_link_leave(use, 0);
    }
    nats_ReleaseThreadMemory();
    return NULL;
}

static void begin(catga_nats_rhythm *rhythm, int64_t close_ns)
{
    atomic_init(&rhythm->average_ns, APART_NS);
    rhythm->close_ns = close_ns;
}

void catga_nats_pace_init(catga_nats_pace *pace)
{
    sem_init(&pace->work, 0, 0);
    begin(&pace->requests, CLOSE_NS);
    begin(&pace->answers, CLOSE_NS);
    begin(&pace->unawaited, UNAWAITED_CLOSE_NS);
}

/* Without a thread there is no gathering: everything stays prompt. */
void catga_nats_pace_start(catga_nats *nats)
{
    catga_nats_pace *pace = &nats->pace;
    if (atomic_exchange(&pace->flushing, true))
        return;
    if (pthread_create(&pace->flusher, NULL, flush_always, nats) != 0)
        atomic_store(&pace->flushing, false);
}

void catga_nats_pace_stop(catga_nats *nats)
{
    catga_nats_pace *pace = &nats->pace;
    if (atomic_exchange(&pace->flushing, false)) {
        sem_post(&pace->work);
        pthread_join(pace->flusher, NULL);
    }
    sem_destroy(&pace->work);
}
