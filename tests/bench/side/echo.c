/* echo: a minimal service of nats.c, to compare the memory; serves until it is killed. */

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
