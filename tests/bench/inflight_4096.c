/* inflight_4096: thousands of calls per second with 4096 calls in flight, compared with nats.c. */

#include "side/inflight.h"

int main(void)
{
    return bench_inflight("inflight_4096", 4096);
}
