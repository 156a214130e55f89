/*
 * api_requests.h: the requests that all processes send to JetStream's API, as the server delivers
 * them to a subscriber of all its subjects. The subscriber is a process of its own, so that its
 * caller may still fork.
 */
#ifndef SIDE_API_REQUESTS_H
#define SIDE_API_REQUESTS_H

#include <stdatomic.h>
#include <sys/types.h>

typedef struct api_requests {
    atomic_size_t all;
    atomic_size_t info; /* of these, for the state of a stream or a consumer */
} api_requests;

typedef struct api_counter {
    api_requests *requests; /* shared with the subscriber's process */
    pid_t process;
} api_counter;

/* Begins to count. Before any thread exists. */
api_counter api_counter_start(void);

void api_counter_stop(api_counter *counter);

/* Deletes a stream with its consumers, in a process of its own. Before any thread exists. */
void api_delete_stream(const char *name);

#endif
