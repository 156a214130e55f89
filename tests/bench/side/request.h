/*
 * request.h: the measurement behind request and request_default: a caller, a server and a service,
 * three processes; the median time from a request to its answer, one at a time.
 */
#ifndef SIDE_REQUEST_H
#define SIDE_REQUEST_H

#include <stdbool.h>

/* `send_asap` is for both connections of the other side; ours are as they come. */
int bench_request(const char *name, const char *who, bool send_asap);

#endif
