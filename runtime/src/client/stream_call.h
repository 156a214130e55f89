/*
 * Calls to streams: store a message, or read one. The calling thread waits, or a callback gets the
 * outcome. A call is sent once.
 */
#ifndef CATGA_STREAM_CALL_H
#define CATGA_STREAM_CALL_H

#include "client/outcome.h"

/* time limit of the server for an answer */
#define CATGA_STREAM_CALL_WAIT (5 * CATGA_SECOND)

/* Members of a catga_call_kind that stores envelope.outgoing. */
catga_status catga_stream_send_message(catga_bus_state *state, catga_pending *call);
catga_status catga_stream_read_ack(catga_bus_state *state, catga_pending *call,
                                   catga_outcome *outcome);

/* Members of a catga_call_kind that reads the message of `query`: it becomes the answer. */
catga_status catga_stream_send_query(catga_bus_state *state, catga_pending *call);
catga_status catga_stream_read_message(catga_bus_state *state, catga_pending *call,
                                       catga_outcome *outcome);

/* Claims a call; the caller sets what is sent. CATGA_OVERLOADED, or what forbids the bus to send,
 * or to wait if there is no callback. */
catga_status catga_stream_call_claim(const catga_bus *bus, const catga_call_kind *kind,
                                     bool has_callback, catga_pending **call);

/* Sends the call, waits for its outcome, and frees it. The caller releases the outcome. */
void catga_stream_call_wait(catga_bus_state *state, catga_pending *call, catga_outcome *outcome);

/* Sends the call, whose kind delivers the outcome to `callback`. Frees the call and delivers
 * nothing after a status other than CATGA_OK. */
catga_status catga_stream_call_start(catga_bus_state *state, catga_pending *call,
                                     catga_function callback, void *user, catga_problem *problem);

#endif
