/* Lists requests; see in_flight.h. */
#include "in_flight.h"

#include <stddef.h>

void http_in_flight_add(http_in_flight *list, http_in_flight_link *request)
{
    pthread_mutex_lock(&list->lock);
    request->next = list->first;
    request->link = &list->first;
    if (request->next != NULL)
        request->next->link = &request->next;
    list->first = request;
    pthread_mutex_unlock(&list->lock);
}

/* Removes a request from the list; the lock is held. */
static void unlink_request(http_in_flight_link *request)
{
    if (request->link == NULL)
        return;
    *request->link = request->next;
    if (request->next != NULL)
        request->next->link = request->link;
    request->link = NULL;
}

void http_in_flight_remove(http_in_flight *list, http_in_flight_link *request)
{
    pthread_mutex_lock(&list->lock);
    unlink_request(request);
    pthread_mutex_unlock(&list->lock);
}

http_in_flight_link *http_in_flight_take(http_in_flight *list,
                                         void (*keep)(http_in_flight_link *request))
{
    pthread_mutex_lock(&list->lock);
    http_in_flight_link *taken = list->first;
    if (taken != NULL) {
        keep(taken);
        unlink_request(taken);
    }
    pthread_mutex_unlock(&list->lock);
    return taken;
}
