/* The requests whose calls are under way, so that a stopping gateway can answer them. */
#ifndef CATGA_HTTP_IN_FLIGHT_H
#define CATGA_HTTP_IN_FLIGHT_H

#include <pthread.h>

typedef struct http_in_flight_link http_in_flight_link;
struct http_in_flight_link {
    http_in_flight_link *next;
    http_in_flight_link **link; /* NULL: not in the list */
};

typedef struct http_in_flight {
    pthread_mutex_t lock;
    http_in_flight_link *first;
} http_in_flight;

/* Any thread calls the functions. A second removal has no effect. */
void http_in_flight_add(http_in_flight *list, http_in_flight_link *request);
void http_in_flight_remove(http_in_flight *list, http_in_flight_link *request);

/* Removes a request, after a call of `keep` with it. Returns NULL if the list is empty. */
http_in_flight_link *http_in_flight_take(http_in_flight *list,
                                         void (*keep)(http_in_flight_link *request));

#endif
