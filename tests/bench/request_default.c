/*
 * request_default: median microseconds of a single request, compared with nats.c in its default
 * mode.
 */

#include "side/request.h"

int main(void)
{
    return bench_request("request_default", "natsConnection_Request", false);
}
