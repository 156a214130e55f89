/* Begins the use of an optional capability: each function calls the operation of its name, or
 * returns CATGA_UNSUPPORTED with the missing capability in *problem. The other operations of a
 * table are called only after one of these has returned another status. */
#ifndef CATGA_TRANSPORT_CAPABILITY_H
#define CATGA_TRANSPORT_CAPABILITY_H

#include "transport/transport.h"

CATGA_CHECKED catga_status catga_transport_ensure_stream(catga_transport *transport,
                                                         const catga_stream_settings *stream,
                                                         catga_problem *problem);
CATGA_CHECKED catga_status catga_transport_get_stored(catga_transport *transport,
                                                      const char *stream, uint64_t number,
                                                      catga_incoming *message,
                                                      catga_problem *problem);
CATGA_CHECKED catga_status catga_transport_ensure_bucket(catga_transport *transport,
                                                         const catga_bucket_settings *bucket,
                                                         catga_problem *problem);

CATGA_CHECKED catga_status catga_transport_stream_state(catga_transport *transport,
                                                        const char *stream,
                                                        catga_stream_state *state,
                                                        catga_problem *problem);
CATGA_CHECKED catga_status catga_transport_remove_stream(catga_transport *transport,
                                                         const char *stream,
                                                         catga_problem *problem);

#endif
