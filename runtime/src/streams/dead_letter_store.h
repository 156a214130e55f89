/*
 * Stores a stored event that has ended as a dead letter. The calling thread waits for the server.
 */
#ifndef CATGA_DEAD_LETTER_STORE_H
#define CATGA_DEAD_LETTER_STORE_H

#include "server/service.h"

#define CATGA_HEADER_ATTEMPTS "Catga-Attempts"
#define CATGA_HEADER_SUBJECT  "Catga-Subject"
#define CATGA_HEADER_SEQUENCE "Catga-Sequence"
#define CATGA_HEADER_ORIGINAL "Catga-Original-Id"
#define CATGA_HEADER_OMITTED  "Catga-Omitted"

/*
 * Sends the dead letter, and waits until `deadline`. If it is too large, sends it again without the
 * event's bytes. `cause` is a valid header value. CATGA_OK: the dead letter is stored, by this call
 * or an earlier one. CATGA_TIMEOUT: the outcome is unknown. Any other status: it is not stored, and
 * *problem says why.
 */
catga_status catga_dead_letter_store(const catga_endpoint *endpoint, const catga_incoming *event,
                                     uint32_t attempts, const char *cause, int64_t deadline,
                                     catga_problem *problem);

#endif
