/* Lists requests; see in_flight.h. */
#include "in_flight.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

struct http_in_flight {
    atomic_size_t references;
    pthread_mutex_t lock; /* guards everything below */
    pthread_cond_t left;
    bool closed;
    size_t inside; /* threads that entered */
    http_in_flight_link *first;
};

http_in_flight *http_in_flight_make(void)
{
    http_in_flight *list = calloc(1, sizeof *list);

    if (list == NULL)
        return NULL;
    atomic_init(&list->references, 1);
    pthread_mutex_init(&list->lock, NULL);
    pthread_cond_init(&list->left, NULL);
    return list;
}

http_in_flight *http_in_flight_keep(http_in_flight *list)
{
    atomic_fetch_add(&list->references, 1);
    return list;
}

void http_in_flight_release(http_in_flight *list)
{
    if (list == NULL || atomic_fetch_sub(&list->references, 1) != 1)
        return;
    pthread_cond_destroy(&list->left);
    pthread_mutex_destroy(&list->lock);
    free(list);
}

/* ---- Requests ---- */

static void link_request(http_in_flight *list, http_in_flight_link *request)
{
    request->next = list->first;
    request->link = &list->first;
    if (request->next != NULL)
        request->next->link = &request->next;
    list->first = request;
}

static void unlink_request(http_in_flight_link *request)
{
    if (request->link == NULL)
        return;
    *request->link = request->next;
    if (request->next != NULL)
        request->next->link = request->link;
    request->link = NULL;
}

bool http_in_flight_add(http_in_flight *list, http_in_flight_link *request)
{
    pthread_mutex_lock(&list->lock);
    bool is_open = !list->closed;
    if (is_open)
        link_request(list, request);
    pthread_mutex_unlock(&list->lock);
    return is_open;
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

/* ---- Threads that answer ---- */

bool http_in_flight_enter(http_in_flight *list)
{
    pthread_mutex_lock(&list->lock);
    bool is_open = !list->closed;
    list->inside += is_open;
    pthread_mutex_unlock(&list->lock);
    return is_open;
}

void http_in_flight_leave(http_in_flight *list)
{
    pthread_mutex_lock(&list->lock);
    if (--list->inside == 0)
        pthread_cond_broadcast(&list->left);
    pthread_mutex_unlock(&list->lock);
}

void http_in_flight_close(http_in_flight *list)
{
    pthread_mutex_lock(&list->lock);
    list->closed = true;
    while (list->inside != 0)
        pthread_cond_wait(&list->left, &list->lock);
    pthread_mutex_unlock(&list->lock);
}
