/*
 * The tries of a call, from the first until its outcome, by the rules of delivery/retry.h. The
 * thread that owns the call uses these functions; transport and timer threads bring events.
 */
#ifndef CATGA_TRIES_H
#define CATGA_TRIES_H

#include "bus/encode_buffer.h"
#include "client/outcome.h"

/*
 * Claims a call for a message of a schema, which the caller frees. `payload` must outlive the call,
 * or be replaced by a copy. `settings`: of this call, or NULL. `has_callback`: nobody waits for the
 * outcome. Fails with *problem, if that is known.
 */
catga_status catga_tries_begin(const catga_bus *bus, const catga_message *message,
                               const catga_call_settings *settings, bool has_callback,
                               const catga_encode_buffer *payload, catga_pending **call,
                               catga_problem *problem);

/* Begins the tries of a claimed call by a plan. */
void catga_tries_plan(const catga_bus_state *state, catga_pending *call,
                      const catga_retry_plan *plan);

/* Passes the end of a call to the hook, before the call is freed. */
void catga_tries_report(catga_bus_state *state, catga_pending *call, catga_status status,
                        bool bad_reply);

/* Sends the call and waits for its outcome. */
void catga_tries_wait(catga_bus_state *state, catga_pending *call, catga_outcome *outcome);

/*
 * Sends the first try of a call with a callback, or goes on after an event. Return true when the
 * call waits for its next event, and belongs to that; false when *outcome is final, and the call
 * still belongs to the caller.
 */
bool catga_tries_start(catga_bus_state *state, catga_pending *call, catga_outcome *outcome);
bool catga_tries_continue(catga_bus_state *state, catga_pending *call,
                          const catga_call_event *event, catga_outcome *outcome);

#endif
