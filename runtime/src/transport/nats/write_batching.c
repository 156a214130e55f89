/* A single message is written at once: over the immediate link it takes one system call. In a
 * burst, a system call per message is most of the work, so messages are gathered: over the buffered
 * link, which the flusher thread flushes as soon as there is a message. A flush waits for the
 * server's PONG; messages that are sent meanwhile are the next batch. So the round trip sets the
 * batch size. (The flusher of nats.c waits a millisecond instead.)
 *
 * Requests per second with 64, 512, 4096 in flight, on two cores: always immediate 41 k, 77 k,
 * 125 k; always gathered by nats.c 31 k, 211 k, 388 k; as here 61 k, 167 k, 333 k. A single request
 * is as fast as an immediate one.
 */
#include "transport/nats/write_batching.h"

#include "base/clock.h"
#include "transport/nats/nats_transport.h"
#include "transport/nats/wake.h"

/* Messages with a larger average gap are immediate. Sequential requests have a larger gap; requests
 * and answers count separately, since a process that calls itself sends both. Unawaited messages
 * are also gathered at a lower rate: this saves a third of the system calls of a consumer. */
#define CLOSE_NS           25000
#define UNAWAITED_CLOSE_NS 250000

/* Limit of a counted gap: a burst is recognised within some tens of messages. */
#define APART_NS 1000000

/* number of messages in the moving average */
#define MESSAGES 16

/* milliseconds that a flush may wait for the PONG, before the connection counts as lost */
#define FLUSH_MS 2000

/* Notes a message, and returns true in a burst. Racing threads lose some gaps: it is an estimate.
 */
static bool is_burst(catga_nats_rate *rate)
{
    int64_t now = catga_clock_now();
    int64_t gap = now - atomic_exchange_explicit(&rate->last_ns, now, memory_order_relaxed);
    int64_t average = atomic_load_explicit(&rate->average_ns, memory_order_relaxed);

    average += ((gap < APART_NS ? gap : APART_NS) - average) / MESSAGES;
    atomic_store_explicit(&rate->average_ns, average, memory_order_relaxed);
    return average < rate->close_ns;
}

/* Requests the buffered connection, but not while there is no server. */
static void request_buffered(catga_nats *nats)
{
    if (atomic_load(&nats->immediate.connection) == NULL)
        return;
    atomic_store(&nats->buffered.requested, true);
    catga_nats_wake(nats);
}

catga_nats_link *catga_nats_batching_link(catga_nats *nats, catga_nats_rate *rate)
{
    if (!is_burst(rate))
        return &nats->immediate;
    if (!atomic_load_explicit(&nats->buffered.requested, memory_order_relaxed))
        request_buffered(nats);
    bool up = atomic_load_explicit(&nats->buffered.connection, memory_order_relaxed) != NULL;
    return up && atomic_load_explicit(&nats->batching.flushing, memory_order_relaxed)
               ? &nats->buffered
               : &nats->immediate;
}

void catga_nats_batching_sent(catga_nats_link *link)
{
    catga_nats_batching *batching = &link->owner->batching;

    if (!link->immediate && !atomic_exchange(&batching->gathered, true))
        sem_post(&batching->work);
}

void catga_nats_batching_left(catga_nats_link *link)
{
    if (!link->immediate)
        atomic_store(&link->owner->batching.left, true);
}

void catga_nats_batching_rest(catga_nats *nats)
{
    if (atomic_load_explicit(&nats->batching.left, memory_order_relaxed) &&
        atomic_exchange(&nats->batching.left, false))
        catga_nats_batching_sent(&nats->buffered);
}

static void *flush_always(void *argument)
{
    catga_nats *nats = argument;

    while (atomic_load(&nats->batching.flushing)) {
        while (sem_wait(&nats->batching.work) != 0)
            ; /* interrupted */
        atomic_store(&nats->batching.gathered, false);
        catga_nats_use use = catga_nats_link_enter(&nats->buffered);
        if (use.connection == NULL)
            continue;
        natsConnection_FlushTimeout(use.connection, FLUSH_MS);
        catga_nats_link_leave(use, 0);
    }
    nats_ReleaseThreadMemory();
    return NULL;
}

static void begin(catga_nats_rate *rate, int64_t close_ns)
{
    atomic_init(&rate->average_ns, APART_NS);
    rate->close_ns = close_ns;
}

void catga_nats_batching_init(catga_nats_batching *batching)
{
    sem_init(&batching->work, 0, 0);
    begin(&batching->requests, CLOSE_NS);
    begin(&batching->answers, CLOSE_NS);
    begin(&batching->unawaited, UNAWAITED_CLOSE_NS);
}

/* Without a thread, all messages stay immediate. */
void catga_nats_batching_start(catga_nats *nats)
{
    catga_nats_batching *batching = &nats->batching;

    if (atomic_exchange(&batching->flushing, true))
        return;
    if (pthread_create(&batching->flusher, NULL, flush_always, nats) != 0)
        atomic_store(&batching->flushing, false);
}

void catga_nats_batching_stop(catga_nats *nats)
{
    catga_nats_batching *batching = &nats->batching;

    if (atomic_exchange(&batching->flushing, false)) {
        sem_post(&batching->work);
        pthread_join(batching->flusher, NULL);
    }
    sem_destroy(&batching->work);
}
