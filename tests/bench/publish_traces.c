/*
 * publish_traces: the events of `publish`, from a bus that samples a hundredth of its traces. The
 * other side is a bus without traces, in the same process.
 */
#include "side/hundredth.h"
#include "side/observed.h"

int main(void)
{
    observed_publish("publish_traces", "without traces", trace_a_hundredth);
    return 0;
}
