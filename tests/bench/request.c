/* request: median microseconds of a single request, compared with the fastest mode of nats.c. */

#include "side/request.h"

int main(void)
{
    return bench_request("request", "natsConnection_Request with SendAsap", true);
}
