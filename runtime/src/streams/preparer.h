/*
 * Sees that the streams of published events are there, in a thread of its own: no publisher waits
 * for the server's API. The first event of a stream waits as a pending call until its stream has
 * been checked.
 */
#ifndef CATGA_PREPARER_H
#define CATGA_PREPARER_H

#include <catga/gen.h>

#include <pthread.h>

enum { CATGA_PREPARER_QUEUE = 64 };

typedef struct catga_preparer {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    bool running; /* the thread was started, by the first event */
    bool ending;
    const catga_stream *queue[CATGA_PREPARER_QUEUE]; /* streams to check, the next first */
    size_t count;
    const catga_stream *failed; /* the stream that was found unusable last */
    catga_problem problem;      /* why */
} catga_preparer;

void catga_preparer_begin(catga_preparer *preparer);

/* Before the transport is closed: ends the thread. Calls that still wait for a stream stay. */
void catga_preparer_end(catga_preparer *preparer);

/*
 * Asks for a check of `stream`, without waiting. CATGA_OK: it has been checked. CATGA_IN_PROGRESS:
 * it will be; pending calls whose key is that of the stream then get CATGA_RETRY_BEGIN, or
 * CATGA_RETRY_RESULT with the reason why it cannot be used. CATGA_OVERLOADED, CATGA_NO_MEMORY.
 */
catga_status catga_preparer_ask(catga_bus_state *state, const catga_stream *stream);

/* The key of calls that wait for `stream`. */
uint64_t catga_preparer_key(const catga_stream *stream);

/* Copies why `stream` could not be used, if that is known. */
void catga_preparer_explain(catga_preparer *preparer, const catga_stream *stream,
                            catga_problem *problem);

#endif
