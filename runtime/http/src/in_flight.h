/*
 * The requests whose calls are under way, so that a stopping gateway can answer them, and wait for
 * threads that answer. The list outlives the gateway while a call does: each request keeps it.
 */
#ifndef CATGA_HTTP_IN_FLIGHT_H
#define CATGA_HTTP_IN_FLIGHT_H

#include <stdbool.h>

typedef struct http_in_flight http_in_flight;

typedef struct http_in_flight_link http_in_flight_link;
struct http_in_flight_link {
    http_in_flight_link *next;
    http_in_flight_link **link; /* NULL: not in the list */
};

/* Makes a list with one reference. Returns NULL without memory. Any thread calls the functions. */
http_in_flight *http_in_flight_make(void);
http_in_flight *http_in_flight_keep(http_in_flight *list);
void http_in_flight_release(http_in_flight *list); /* NULL is allowed */

/* Adds a request. Returns false if the list is closed. */
bool http_in_flight_add(http_in_flight *list, http_in_flight_link *request);

/* Removes a request. A second removal has no effect. */
void http_in_flight_remove(http_in_flight *list, http_in_flight_link *request);

/* Lets a thread use the gateway until it leaves. Returns false if the list is closed. */
bool http_in_flight_enter(http_in_flight *list);
void http_in_flight_leave(http_in_flight *list);

/* Closes the list. Waits until every thread has left. */
void http_in_flight_close(http_in_flight *list);

/* Removes a request, after a call of `keep` with it. Returns NULL if the list is empty. */
http_in_flight_link *http_in_flight_take(http_in_flight *list,
                                         void (*keep)(http_in_flight_link *request));

#endif
