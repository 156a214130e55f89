/*
 * A stored event, from its arrival until it is settled. These functions do the actions of
 * delivery/handling.h, except claiming the event and running its handler; see consume.c. One thread
 * at a time owns a delivered event, and waits for the server.
 */
#ifndef CATGA_DELIVERED_H
#define CATGA_DELIVERED_H

#include "bus/message_id.h"
#include "bus/subject.h"
#include "delivery/handling.h"
#include "server/service.h"

typedef struct catga_delivered {
    catga_endpoint *endpoint;
    catga_incoming *event; /* from the consumer; released when it is settled */
    catga_handling handling;
    catga_status status; /* status of the last READ, WRITE or DEAD_LETTER */
    bool stuck;          /* the last action failed: pause before the next */
    char
        writer[CATGA_MESSAGE_ID_SIZE]; /* name of this delivery in the record; empty until needed */
    catga_problem problem;             /* why the handler failed, or why the event is invalid */
    char cause[CATGA_HEADER_VALUE_MAX]; /* why the event ended; else empty */
} catga_delivered;

void catga_delivered_begin(catga_delivered *delivered, catga_endpoint *endpoint,
                           catga_incoming *event);

/* Does READ, WRITE or DEAD_LETTER, and returns the next action. */
catga_handling_action catga_delivered_follow(catga_delivered *delivered,
                                             catga_handling_action action);

/* Returns why the event ended, for its dead letter and its record. */
const char *catga_delivered_cause(catga_delivered *delivered);

/* Does DONE, RETRY or GIVE_UP, and releases the event. */
void catga_delivered_settle(catga_delivered *delivered, catga_handling_action action);

#endif
