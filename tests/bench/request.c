/* request: median microseconds of one request at a time, beside the fastest way nats.c has for it.
 */

#include "side/request.h"

int main(void)
{
    return bench_request("request", "natsConnection_Request with SendAsap", true);
}
