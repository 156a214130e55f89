/* A bus that is attached to the server. */
#ifndef CATGA_LOCAL_TRANSPORT_H
#define CATGA_LOCAL_TRANSPORT_H

#include "transport/local/broker.h"
#include "transport/transport.h"

/* Freed when it is closed and none of its requests is under way. */
struct catga_local_transport {
    catga_transport base;
    catga_local *broker;
    catga_local_transport *next;
    catga_transport_listener listener;
    atomic_uint references;
    atomic_uint inside; /* threads that call the listener */
    atomic_bool closed;
    atomic_uint_fast64_t published;
    atomic_uint_fast64_t dropped;
};

/* Returns the transport of an operation; some operations take a const one. */
static inline catga_local_transport *catga_local_of(const catga_transport *transport)
{
    return (catga_local_transport *)(uintptr_t)transport;
}

/* Releases a reference; frees the transport with the last. */
void catga_local_transport_release(catga_local_transport *transport);

#endif
