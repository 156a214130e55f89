/*
 * Names of streams, consumers and subjects. They contain the prefix of the bus unless it is
 * "catga", so systems with different prefixes can share a server:
 *
 *     SHOP_ORDERS_V1                              a stream
 *     TEST_SHOP_ORDERS_V1                         the same stream with the prefix "test"
 *     SHOP_ORDERS_V1_DEAD                         the stream of its dead letters
 *     NotificationService__refresh                a consumer: one handler of all replicas
 *     NotificationService__refresh__node-1        a consumer: a broadcast handler of one replica
 *     workers                                     a consumer of other programs that a handler joins
 *     catga.dead.SHOP_ORDERS_V1.<consumer>        the subject of a consumer's dead letters
 *     catga.replay.SHOP_ORDERS_V1.<consumer>      the subject of requests to replay one of them
 *
 * Each function is pure, and returns false if the name does not fit.
 */
#ifndef CATGA_STREAM_NAMES_H
#define CATGA_STREAM_NAMES_H

#include "bus/bus_state.h"

enum {
    CATGA_STREAM_NAME = CATGA_STREAM_NAME_SIZE,
    CATGA_CONSUMER_NAME = 256,
    CATGA_STORED_SUBJECT = 640
};

/* Writes a name of the schema, such as "SHOP_ORDERS_V1", with the prefix of this bus. */
bool catga_names_prefixed(const catga_bus_state *state, const char *of,
                          char name[CATGA_STREAM_NAME]);

/* Returns true for a name of letters, digits, "_" and "-"; NULL is none. */
bool catga_names_is_stream(const char *text);

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

/* Returns the hash of the stream's name for catga_outgoing, or 0 if the name does not fit. */
uint32_t catga_names_stream_hash(const catga_bus_state *state, const catga_stream *stream);

#endif
