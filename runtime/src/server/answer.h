/*
 * Answers to a request. A request without a reply subject gets none. The thread of the handler
 * calls these functions.
 */
#ifndef CATGA_ANSWER_H
#define CATGA_ANSWER_H

#include "server/context.h"

/* Sends an error. `name` belongs to a declared error, else it is NULL. */
catga_status catga_answer_error(catga_context *context, uint32_t code, const char *name,
                                catga_string text);

/* Sends the error of a status, with the problem of the context if there is one. */
void catga_answer_status(catga_context *context, catga_status status);

/* Sends an answer without bytes. */
void catga_answer_empty(catga_context *context);

/* Sends the error that the answer is too large. */
catga_status catga_answer_too_large(catga_context *context);

/* Sends the answer that is kept in a claim. */
catga_status catga_answer_claim(catga_context *context, const catga_claim *claim);

#endif
