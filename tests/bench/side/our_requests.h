/*
 * our_requests.h: our side of single requests: a service that answers the query for the order of
 * three lines, and a caller that asks for it, one at a time. Ours encodes, verifies and dispatches
 * by type.
 */
#ifndef SIDE_OUR_REQUESTS_H
#define SIDE_OUR_REQUESTS_H

#include "bench.catga.h"

/* Requests of one round, on both sides. */
enum { OUR_REQUESTS = 300, OUR_REQUEST_CAPACITY = 128 };

/* Encodes the query, for the other side. Returns its length. */
size_t our_requests_encode(uint8_t bytes[OUR_REQUEST_CAPACITY]);

/* Serves the query on a bus. */
void our_requests_serve(catga_bus *bus);

/* Returns the median of microseconds from a request to its answer. */
double our_requests_median(catga_bus *bus);

#endif
