#include "delivery/ordered.h"

/* Returns true the first time. */
static bool catch_up(catga_ordered *ordered, bool now)
{
    bool first = now && !ordered->is_caught_up;

    ordered->is_caught_up |= now;
    return first;
}

bool catga_ordered_begin(catga_ordered *ordered, uint64_t pending)
{
    ordered->received = 0;
    ordered->awaited = pending;
    return catch_up(ordered, pending == 0);
}

bool catga_ordered_accept(catga_ordered *ordered, uint64_t number, uint64_t sequence)
{
    if (number != ordered->received + 1 || sequence <= ordered->last)
        return false;
    ordered->received = number;
    ordered->last = sequence;
    return true;
}

bool catga_ordered_handled(catga_ordered *ordered, uint64_t pending)
{
    return catch_up(ordered, pending == 0 || ordered->received >= ordered->awaited);
}
