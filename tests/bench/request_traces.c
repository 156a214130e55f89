/*
 * request_traces: median microseconds of a single request. Caller and service sample a hundredth of
 * the traces. The other side is the same without traces.
 */
#include "side/hundredth.h"
#include "side/observed.h"

int main(void)
{
    observed_request("request_traces", "without traces", trace_a_hundredth);
    return 0;
}
