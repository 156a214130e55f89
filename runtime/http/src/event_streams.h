/*
 * Events as server-sent events (WHATWG HTML, section 9.2). A gateway subscribes to the event of
 * each such route as a broadcast, and sends it to all clients of the route.
 */
#ifndef CATGA_HTTP_EVENT_STREAMS_H
#define CATGA_HTTP_EVENT_STREAMS_H

#include "request.h"

/* Makes a channel for each event of the routes. *events is NULL if there are none.
 * CATGA_NO_MEMORY. */
CATGA_CHECKED catga_status http_events_make(http_events **events, catga_bus *bus,
                                            const http_router *router, unsigned most_streams);

/* Subscribes to the events. NULL is allowed. Returns a status of ..._serve. */
CATGA_CHECKED catga_status http_events_serve(http_events *events);

/* Checks the head of a request for events; refuses it, or sets `handle`. */
void http_events_begin(http_request *request);

/* Ends every stream behind its waiting events, and refuses new ones. NULL is allowed. */
void http_events_stop(http_events *events);

/* Frees the rest, after the server is stopped and the bus is drained. NULL is allowed. */
void http_events_free(http_events *events);

/* Adds the counters of streams. NULL is allowed. */
void http_events_count(const http_events *events, catga_http_counters *counters);

#endif
