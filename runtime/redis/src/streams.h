/* Streams: their settings, publishing, and stored messages by number. */
#ifndef CATGA_REDIS_STREAMS_H
#define CATGA_REDIS_STREAMS_H

#include "batch.h"
#include "message.h"

#define CATGA_REDIS_SUBJECTS     "catga:subjects"
#define CATGA_REDIS_STREAM_BEGIN "catga:stream:"

/* A stream that this process has ensured. */
struct catga_redis_stream {
    catga_redis_stream *next;
    char *name;
    catga_redis_batch *stores;
    size_t subject_count;
    atomic_bool removed;
    char **subjects; /* the last token of one may be "*" */
};

/* Returns whether a subject is one of a pattern, whose tokens may be "*", and the last ">". */
bool catga_redis_subject_matches(const char *pattern, catga_string subject);

/* Returns false for a stream that this process has removed, or never ensured. */
bool catga_redis_stream_is_known(const catga_redis_transport *redis, const char *name);

/* Reads a stored message of an id and its fields. CATGA_BAD_MESSAGE: the entry is of another
 * program. CATGA_NO_MEMORY: it may be a message. */
CATGA_CHECKED catga_status catga_redis_stored_read(catga_redis_transport *redis,
                                                   const redisReply *id, const redisReply *fields,
                                                   catga_incoming *message);

/* Has the server remove what every consumer has settled and is too old, in each known stream. */
void catga_redis_trim(catga_redis_transport *redis);

void catga_redis_streams_free(catga_redis_transport *redis);

/* Operations of transport.h. */
catga_status catga_redis_ensure_stream(catga_transport *transport,
                                       const catga_stream_settings *stream, catga_problem *problem);
catga_status catga_redis_stream_publish(catga_transport *transport, const catga_outgoing *message,
                                        uint64_t token);
catga_status catga_redis_stream_state(catga_transport *transport, const char *stream,
                                      catga_stream_state *state, catga_problem *problem);
catga_status catga_redis_remove_stream(catga_transport *transport, const char *stream,
                                       catga_problem *problem);
catga_status catga_redis_stream_get(catga_transport *transport, const char *stream, uint64_t number,
                                    catga_incoming *message, catga_problem *problem);
catga_status catga_redis_stream_erase(catga_transport *transport, const char *stream,
                                      uint64_t number, catga_problem *problem);
catga_status catga_redis_stored_ask(catga_transport *transport, const catga_stored_query *query,
                                    uint64_t token);
catga_status catga_redis_stored_found(const catga_stored_query *query, catga_incoming *answer,
                                      catga_problem *problem);
catga_status catga_redis_read(catga_transport *transport, const catga_reader_settings *settings,
                              catga_reader **reader, catga_problem *problem);
void catga_redis_end_read(catga_transport *transport, catga_reader *reader);
catga_status catga_redis_purge(catga_transport *transport, const catga_purge *purge,
                               uint64_t *purged, catga_problem *problem);
catga_status catga_redis_seal(catga_transport *transport, const char *stream,
                              catga_problem *problem);
bool catga_redis_purge_skips(catga_transport *transport);
bool catga_redis_usable(catga_transport *transport);

#endif
