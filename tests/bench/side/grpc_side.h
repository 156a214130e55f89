/*
 * grpc_side.h: a gRPC C++ service that repeats a text, in a process of its own, and its caller.
 * Both use the asynchronous API, with one thread and one completion queue each, over TCP on
 * loopback. Messages have 128 bytes.
 *
 * gRPC is optional: without its packages, no_grpc.c takes the place of grpc_side.cc.
 */
#ifndef SIDE_GRPC_SIDE_H
#define SIDE_GRPC_SIDE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct grpc_side grpc_side;

/* Starts the service. Before any thread exists. Returns NULL, with a note on standard error, if the
 * benchmarks were built without gRPC. */
grpc_side *grpc_side_start(void);

/* Connects the caller. */
void grpc_side_connect(grpc_side *side);

/* Makes unary calls with `depth` in flight, and returns thousands per second. */
double grpc_side_rate(grpc_side *side, size_t depth, size_t calls);

void grpc_side_stop(grpc_side *side);

#ifdef __cplusplus
}
#endif

#endif
