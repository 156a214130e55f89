/* The faults that the proxy injects; see faults.h. */
#include "faults.h"

#include <string.h>

/* The counters stay. */
void faults_clear(fault_plan *self)
{
    for (size_t i = 0; i < DIRECTIONS; i++)
        self->ways[i] = (fault_way){.cut = NEVER, .flip = NEVER};
    for (size_t i = 0; i < MATTERS; i++)
        self->drops[i].pass = self->drops[i].count = 0;
    self->stall = self->refuse = false;
}

bool faults_drop(fault_plan *self, fault_matter matter)
{
    fault_drop *of = &self->drops[matter];

    of->seen++;
    if (of->count == 0)
        return false;
    if (of->pass > 0) {
        of->pass--;
        return false;
    }
    of->count--;
    of->dropped++;
    return true;
}
