/* Streams: they store messages of their subjects, and de-duplicate ids within a window. Guarded by
 * the store's lock. */
#ifndef CATGA_LOCAL_STREAMS_H
#define CATGA_LOCAL_STREAMS_H

#include "transport/local/stream_store.h"

/* Returns the stream of that name, or NULL. Called under the lock. */
catga_local_stream *catga_local_find_stream(const catga_local_store *store, const char *name);

/* Operations of transport.h. */
catga_status catga_local_ensure_stream(catga_transport *transport,
                                       const catga_stream_settings *stream, catga_problem *problem);
catga_status catga_local_stream_publish(catga_transport *transport, const catga_outgoing *message,
                                        uint64_t token);
/* Stores a message that was published without a question, if a stream has its subject. */
void catga_local_stream_keep(catga_local *broker, const catga_outgoing *message);

catga_status catga_local_stream_published(const catga_incoming *answer, catga_placed *stored,
                                          catga_problem *problem);
catga_status catga_local_stream_get(catga_transport *transport, const char *stream, uint64_t number,
                                    catga_incoming *message, catga_problem *problem);
catga_status catga_local_stream_erase(catga_transport *transport, const char *stream,
                                      uint64_t number, catga_problem *problem);

catga_status catga_local_stream_seal(catga_transport *transport, const char *name,
                                     catga_problem *problem);
catga_status catga_local_stream_state(catga_transport *transport, const char *stream,
                                      catga_stream_state *state, catga_problem *problem);

/* Unlinks and frees a stream, which has no consumers any more. Called under the lock. */
void catga_local_forget_stream(catga_local_store *store, catga_local_stream *stream);

/* Limits a stream. Returns false if it does not exist. Called under the lock. */
bool catga_local_limit_stream(catga_local_store *store, const char *name, size_t messages,
                              size_t bytes);

void catga_local_streams_end(catga_local_store *store);

#endif
