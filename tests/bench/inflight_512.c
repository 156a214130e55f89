/* inflight_512: thousands of calls per second with 512 calls in flight, compared with nats.c. */

#include "side/inflight.h"

int main(void)
{
    return bench_inflight("inflight_512", 512);
}
