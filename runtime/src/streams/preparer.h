/*
 * Prepares the streams of published events in a thread, so that no publisher waits for the server's
 * API. The first event of a stream is a pending call until the stream is prepared.
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
    bool running; /* the first event has started the thread */
    bool ending;
    const catga_stream *queue[CATGA_PREPARER_QUEUE]; /* streams to prepare, the next first */
    size_t count;
    const catga_stream *failed; /* stream that failed last */
    catga_problem problem;      /* why it failed */
} catga_preparer;

void catga_preparer_begin(catga_preparer *preparer);

/* Ends the thread, before the transport is closed. Pending calls stay pending. */
void catga_preparer_end(catga_preparer *preparer);

/*
 * Requests the preparation of a stream, without waiting. CATGA_OK: it is prepared.
 * CATGA_IN_PROGRESS: pending calls with the key of the stream later get CATGA_RETRY_BEGIN, or
 * CATGA_RETRY_RESULT with the reason of a failure. CATGA_OVERLOADED, CATGA_NO_MEMORY. Any thread.
 */
catga_status catga_preparer_ask(catga_bus_state *state, const catga_stream *stream);

/* Returns the key of calls that wait for the stream. */
uint64_t catga_preparer_key(const catga_stream *stream);

/* Copies the reason why the stream failed, if that is known. Any thread. */
void catga_preparer_explain(catga_preparer *preparer, const catga_stream *stream,
                            catga_problem *problem);

#endif
