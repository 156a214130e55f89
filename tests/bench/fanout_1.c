/* fanout_1: thousands of events per second to 1 subscriber, compared with nats.c. */

#include "side/fanout.h"

int main(void)
{
    return bench_fanout("fanout_1", 1);
}
