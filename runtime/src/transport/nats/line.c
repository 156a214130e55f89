/*
 * The line in front of a handler of requests: what is too much is refused while the handler runs, not
 * when it is done. The thread that nats.c has for a subscription could not do that if the handler
 * kept it; but handing a message to another thread takes as long as a lone request's whole way.
 * So that thread runs the handler itself as long as it is known to be quick and nothing waits;
 * else it puts requests into the line, from which a thread of ours takes them, and refuses those
 * for which there is no place. A handler that has been slow once has to be quick many times.
 */
#include "transport/nats/nats_transport.h"

#include "base/clock.h"

#include <stdlib.h>

/* A handler that takes no longer is quick: what comes meanwhile does not wait for long. */
#define QUICK_NS 200000

/* So often in succession, and it is known to be quick. */
#define QUICK_RUNS 32

/* ---- Running ---- */

/* Gives up a place; who drains waits for the last. */
static void leave(catga_nats_line *line)
{
    if (atomic_fetch_sub(&line->length, 1) != 1 || !atomic_load(&line->draining))
        return;
    catga_nats *nats = line->subscription->owner;
    pthread_mutex_lock(&nats->lock);
    pthread_cond_broadcast(&nats->changed);
    pthread_mutex_unlock(&nats->lock);
}

static void run(catga_nats_line *line, natsMsg *message, int64_t came_ns)
{
    catga_subscription *subscription = line->subscription;
    catga_nats_turn_take(&subscription->turn);
    int64_t begin = catga_clock_now();
    catga_nats_receive(subscription, subscription->receive, message, begin - came_ns);
    bool quick = catga_clock_now() - begin <= QUICK_NS;
    unsigned runs = atomic_load_explicit(&line->quick, memory_order_relaxed);
    atomic_store_explicit(&line->quick, !quick ? 0 : runs < QUICK_RUNS ? runs + 1 : runs,
                          memory_order_relaxed);
    catga_nats_turn_give(&subscription->turn);
    leave(line);
}

static void *work(void *argument)
{
    catga_nats_line *line = argument;
    for (;;) {
        while (sem_wait(&line->filled) != 0)
            ; /* interrupted */
        if (atomic_load(&line->ending))
            break;
        catga_nats_place place = line->places[line->head];
        line->head = (line->head + 1) % line->size;
        run(line, place.message, place.came_ns);
    }
    nats_ReleaseThreadMemory();
    return NULL;
}

/* ---- Joining ---- */

typedef enum catga_nats_admission { RUN, WAIT, REFUSE } catga_nats_admission;

/* One thread at a time. `behind`: messages that wait behind this one, as far as is known. */
static catga_nats_admission enter(catga_nats_line *line, natsMsg *message, int64_t came_ns, int behind)
{
    unsigned before = atomic_fetch_add(&line->length, 1);
    bool quick = atomic_load_explicit(&line->quick, memory_order_relaxed) == QUICK_RUNS;
    if (before == 0 && quick && (unsigned)behind < line->size)
        return RUN;
    if (before > line->limit)
        return REFUSE;
    line->places[line->tail] = (catga_nats_place){message, came_ns};
    line->tail = (line->tail + 1) % line->size;
    sem_post(&line->filled);
    return WAIT;
}

void catga_nats_line_join(catga_nats_line *line, natsSubscription *native, natsMsg *message)
{
    catga_subscription *subscription = line->subscription;
    catga_nats_turn_take(&line->door);
    int64_t came_ns = catga_nats_came(subscription, native);
    catga_nats_look_behind(subscription, native);
    catga_nats_admission admission = enter(line, message, came_ns, subscription->known);
    catga_nats_turn_give(&line->door);
    if (admission == RUN) {
        run(line, message, came_ns);
    } else if (admission == REFUSE) {
        catga_nats_receive(subscription, subscription->refuse, message, 0);
        leave(line);
    }
}

/* ---- Begin and end ---- */

catga_nats_line *catga_nats_line_new(catga_subscription *subscription, unsigned limit)
{
    catga_nats_line *line = calloc(1, sizeof(*line));
    if (line == NULL)
        return NULL;
    line->subscription = subscription;
    line->limit = limit;
    line->size = limit + 1; /* with the one at work */
    line->places = calloc(line->size, sizeof(*line->places));
    sem_init(&line->filled, 0, 0);
    if (line->places != NULL && pthread_create(&line->thread, NULL, work, line) == 0)
        return line;
    sem_destroy(&line->filled);
    free(line->places);
    free(line);
    return NULL;
}

bool catga_nats_line_drained(catga_nats_line *line)
{
    if (line == NULL)
        return true;
    atomic_store(&line->draining, true);
    return atomic_load(&line->length) == 0;
}

void catga_nats_line_end(catga_nats_line *line)
{
    atomic_store(&line->ending, true);
    sem_post(&line->filled);
    pthread_join(line->thread, NULL);
    if (line->subscription->orphan) {
        catga_nats_turn_take(&line->door); /* for good, as the turn is */
        return;
    }
    sem_destroy(&line->filled);
    free(line->places);
    free(line);
}
