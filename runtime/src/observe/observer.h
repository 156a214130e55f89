/*
 * Observers of the messages of a bus. Messages pass two hooks: the client's (calls and events that
 * are sent) and the server's (messages that are received). Each hook has a begin and an end; so has
 * the hook of spans that programs begin.
 *
 * Observers may be added while messages pass, and stay until the bus is closed. They are called in
 * the thread of the message, from several threads at once, and must not block. An observer that is
 * added late sees the end of messages whose begin it has not seen.
 */
#ifndef CATGA_OBSERVER_H
#define CATGA_OBSERVER_H

#include "bus/envelope.h"
#include "delivery/handling.h"
#include "transport/transport.h"

#include <catga/gen.h>
#include <catga/trace.h>

typedef struct catga_bus_state catga_bus_state;
typedef struct catga_delivered catga_delivered;

/* A call or event of this bus. */
typedef struct catga_sending {
    catga_bus_state *state;
    const catga_message *message;
    catga_envelope *envelope; /* NULL at the end if it was refused before it had one */
    const catga_bus *bus;     /* only if `envelope` is NULL: the bus that it was sent through */
    uint32_t attempt;         /* from 1; at the end, the number of tries */
    catga_status status;      /* only at the end */
    bool bad_reply;           /* the answer was not a valid result */
    int64_t began_ns;         /* time of the call or stored event, monotonic; else 0 */
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

    /* A span of the program begins and ends. */
    void (*span_begins)(const catga_observer *self, catga_active_span *span);
    void (*span_ends)(const catga_observer *self, const catga_active_span *span,
                      const catga_span_outcome *outcome);

    /* The bus is closed: frees the observer. */
    void (*end)(const catga_observer *self);
};

#endif
