/*
 * Observers of the messages of a bus. Messages pass two hooks: the client's (calls and events that
 * are sent) and the server's (messages that are received). Each hook has a begin and an end.
 *
 * Observers may be added while messages pass, and stay until the bus is closed. They are called in
 * the thread of the message, from several threads at once, and must not block. An observer that is
 * added late sees the end of messages whose begin it has not seen.
 */
#ifndef CATGA_OBSERVER_H
#define CATGA_OBSERVER_H

#include "delivery/handling.h"
#include "transport/transport.h"

#include <catga/gen.h>

typedef struct catga_bus_state catga_bus_state;
typedef struct catga_delivered catga_delivered;

/* A call or event of this bus. */
typedef struct catga_sending {
    catga_bus_state *state;
    const catga_context
        *context; /* message on whose behalf it is sent; NULL: none, or a callback */
    const catga_message *message;
    const catga_outgoing *outgoing; /* NULL at the end if nothing could be sent */
    uint32_t attempt;               /* from 1; at the end, the number of tries */
    catga_status status;            /* only at the end */
    bool bad_reply;                 /* the answer was not a valid result */
    int64_t began_ns;               /* time of the call or stored event, monotonic; else 0 */
} catga_sending;

typedef struct catga_observer catga_observer;
struct catga_observer {
    const catga_observer *next;

    /* A try is about to be sent, and the call or event has ended. */
    void (*send_begins)(const catga_observer *self, const catga_sending *sending);
    void (*send_ends)(const catga_observer *self, const catga_sending *sending);

    /* A message has arrived, and its handler has run or will not run: see context->verdict. */
    void (*handling_begins)(const catga_observer *self, catga_context *context);
    void (*handling_ends)(const catga_observer *self, const catga_context *context);

    /*
     * A stored event is settled by DONE, RETRY or GIVE_UP, perhaps long after its handling. Events
     * that a bus hands back unhandled, because it ends, are not reported here.
     */
    void (*settled)(const catga_observer *self, const catga_delivered *delivered,
                    catga_handling_action action);

    /* The bus is closed: frees the observer. */
    void (*end)(const catga_observer *self);
};

#endif
