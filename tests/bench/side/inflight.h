/*
 * inflight.h: the measurement of inflight_64, inflight_512 and inflight_4096: thousands of calls
 * per second, with so many in flight at once. Caller, server and service are three processes. Each
 * answer's callback sends the next call.
 */
#ifndef SIDE_INFLIGHT_H
#define SIDE_INFLIGHT_H

#include <stddef.h>

/*
 * Compares with nats.c in its default mode and with SendAsap. Prints the line of the better one
 * first, under `name`, and that of the other as NAME_default or NAME_asap.
 */
int bench_inflight(const char *name, size_t depth);

#endif
