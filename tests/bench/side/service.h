/*
 * service.h: a service of a benchmark, in a process of its own.
 */
#ifndef SIDE_SERVICE_H
#define SIDE_SERVICE_H

#include <sys/types.h>

/*
 * Forks a process that calls `serve` and then lives until it is stopped; returns when `serve` has
 * returned there. Before any thread exists.
 */
pid_t service_start(void serve(void *state), void *state);

void service_stop(pid_t service);

#endif
