/* Creates the streams of stored events, once for each stream and bus. */
#ifndef CATGA_STREAMS_H
#define CATGA_STREAMS_H

#include "bus/bus_state.h"

/* The time for which a stream keeps an event, unless its schema declares another. */
#define CATGA_STREAMS_MAX_AGE (7 * 24 * 3600 * CATGA_SECOND)

/* Returns the time for which the outcome of an event is known: as long as the stream keeps it. */
int64_t catga_streams_kept_ns(const catga_stream *stream);

/* Returns the number of servers that store a stream, and what belongs to it. */
unsigned catga_streams_replicas(const catga_bus_state *state, const catga_stream *stream);

/*
 * Creates or verifies a stream, unless that is done. Publishers do not need the stream of dead
 * letters, which is left out. Logs a failure and explains it in *problem. Waits for the server. Any
 * thread.
 */
catga_status catga_streams_prepare(catga_bus_state *state, const catga_stream *stream,
                                   catga_problem *problem);

/* Returns whether catga_streams_prepare has returned CATGA_OK for the stream. Any thread. */
bool catga_streams_is_prepared(const catga_bus_state *state, const catga_stream *stream);

/* Creates or verifies the stream of a stream's dead letters. Logs a failure. Waits. */
catga_status catga_streams_prepare_dead_letters(catga_bus_state *state, const catga_stream *stream);

/* Forgets that streams of that name are prepared. Any thread. */
void catga_streams_forget(catga_bus_state *state, const char *name);

#endif
