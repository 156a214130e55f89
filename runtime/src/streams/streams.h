/*
 * Streams and consumers as a bus names them. A prefix other than "catga" is part of their names
 * too, so that what shares a server need not share a stream:
 *
 *     SHOP_ORDERS_V1                                   a stream; TEST_SHOP_ORDERS_V1 of prefix
 * "test" SHOP_ORDERS_V1_DEAD                              the dead letters of its handlers
 *     NotificationService__refresh                     a consumer: a handler, for all replicas
 *     NotificationService__refresh__node-1             the same of a broadcast, for one replica
 *     catga.dead.SHOP_ORDERS_V1.<consumer>             where its dead letters go
 *     catga.replay.SHOP_ORDERS_V1.<consumer>           where one of them is asked to be handled
 * again
 */
#ifndef CATGA_STREAMS_H
#define CATGA_STREAMS_H

#include "server/dispatch.h"

/* How long an event is kept for handlers that are not there, and what was done with it. */
#define CATGA_STREAM_MAX_AGE (7 * 24 * 3600 * CATGA_SECOND)

enum { CATGA_STREAM_NAME = 256, CATGA_CONSUMER_NAME = 256, CATGA_STORED_SUBJECT = 640 };

/* A name of a schema, "SHOP_ORDERS_V1", as it is under this bus's prefix. False when it does not
 * fit. */
bool catga_names_prefixed(const catga_bus_state *state, const char *of,
                          char name[CATGA_STREAM_NAME]);

/* The hash of the stream's name under this bus's prefix, for catga_outgoing. */
uint32_t catga_names_stream_hash(const catga_bus_state *state, const catga_stream *stream);

/* False when it does not fit. */
bool catga_names_stream(const catga_bus_state *state, const catga_stream *stream,
                        char name[CATGA_STREAM_NAME]);
bool catga_names_dead_letter_stream(const catga_bus_state *state, const catga_stream *stream,
                                    char name[CATGA_STREAM_NAME]);
bool catga_names_replay_subject(const catga_bus_state *state, const catga_stream *stream,
                                const char *consumer, char subject[CATGA_STORED_SUBJECT]);
bool catga_names_dead_letter_subject(const catga_bus_state *state, const catga_stream *stream,
                                     const char *consumer, char subject[CATGA_STORED_SUBJECT]);
bool catga_names_consumer(const catga_bus_state *state, const catga_service *service,
                          const catga_handler *handler, char name[CATGA_CONSUMER_NAME]);

/* True when the server may do later what it has not done now: it was silent, or is not ready. */
static inline bool catga_is_transient(catga_status status)
{
    return status == CATGA_OVERLOADED || status == CATGA_TIMEOUT || status == CATGA_DISCONNECTED ||
           status == CATGA_NO_JETSTREAM;
}

/*
 * Sees, once for each stream, that it is there; not its dead letters' stream, which publishers do
 * not need. The log says what is wrong, and so does *problem. Waits for the server.
 */
catga_status catga_streams_prepare(catga_bus_state *state, const catga_stream *stream,
                                   catga_problem *problem);

/* True when catga_streams_prepare has returned CATGA_OK for it. */
bool catga_streams_is_prepared(catga_bus_state *state, const catga_stream *stream);

/*
 * The same for the consumer of a handler; subscribes to it. After CATGA_OVERLOADED, which means
 * that the server cannot yet, it may be called again.
 */
catga_status catga_streams_consume(catga_bus_state *state, catga_endpoint *endpoint);

#endif
