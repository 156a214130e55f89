/* echo: the least service that nats.c can be, for its size in memory; serves until it is killed. */

#include "nats_side.h"

#include <unistd.h>

int main(void)
{
    static const uint8_t answer[] = "echo";
    static side_bytes bytes = {answer, sizeof answer};

    side_serve(side_connect(true), "bench.echo", &bytes);
    for (;;)
        pause();
}
