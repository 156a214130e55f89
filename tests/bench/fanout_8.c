/* fanout_8: thousands of events per second to 8 subscribers, compared with nats.c. */

#include "side/fanout.h"

int main(void)
{
    return bench_fanout("fanout_8", 8);
}
