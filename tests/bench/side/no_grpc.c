/* The gRPC side of a build without gRPC; see grpc_side.h. */

#include "grpc_side.h"

#include <stdio.h>

grpc_side *grpc_side_start(void)
{
    fputs("Left out gRPC, for want of libgrpc++-dev, libprotobuf-dev or protobuf-compiler-grpc\n",
          stderr);
    return NULL;
}

void grpc_side_connect(grpc_side *side)
{
    (void)side;
}

double grpc_side_rate(grpc_side *side, size_t depth, size_t calls)
{
    (void)side;
    (void)depth;
    (void)calls;
    return 0;
}

void grpc_side_stop(grpc_side *side)
{
    (void)side;
}
