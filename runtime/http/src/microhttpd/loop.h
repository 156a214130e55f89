/*
 * The thread of a server: waits for its sockets, and has libmicrohttpd serve them. libmicrohttpd's
 * own thread would not say when a pass over all ready connections ends.
 */
#ifndef CATGA_HTTP_LOOP_H
#define CATGA_HTTP_LOOP_H

#include "server.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* A suspended connection that the next pass serves. */
typedef struct http_resumption http_resumption;
struct http_resumption {
    struct MHD_Connection *connection;
    http_resumption *next; /* of the loop */
};

typedef struct http_loop {
    struct MHD_Daemon *daemon; /* without a thread of its own; with MHD_USE_EPOLL */
    const http_receiver *receiver;
    int wake_descriptor;                    /* eventfd */
    atomic_bool woken;                      /* it was written since the last pass began */
    _Atomic(http_resumption *) resumptions; /* the last one first */
    atomic_bool quiets;                     /* asks the thread to stop listening */
    atomic_bool ends;
    pthread_t thread;
} http_loop;

/* Starts the thread, with all signals blocked. The loop has its first two members. Returns false
 * without a thread or descriptor. */
bool http_loop_start(http_loop *loop);

/* Has the next pass serve a suspended connection. Its resumption lives as long as it is suspended.
 * Any thread. */
void http_loop_resume(http_loop *loop, http_resumption *resumption);

/* Has the thread stop listening before its next pass, or at its end. The socket stays open. Any
 * thread. */
void http_loop_stop_listening(http_loop *loop);

/* Waits for the end of the thread, and resumes what it has not resumed. */
void http_loop_stop(http_loop *loop);

#endif
