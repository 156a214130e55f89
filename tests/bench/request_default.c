/* request_default: median microseconds of one request at a time, beside nats.c as it comes. */

#include "side/request.h"

int main(void)
{
    return bench_request("request_default", "natsConnection_Request", false);
}
