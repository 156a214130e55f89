/* inflight_64: thousands of calls per second with 64 calls in flight, compared with nats.c. */

#include "side/inflight.h"

int main(void)
{
    return bench_inflight("inflight_64", 64);
}
