#include "delivery/ordered.h"

/* Returns true the first time. */
static bool catch_up(catga_ordered *ordered, bool now)
{
    bool first = now && !ordered->is_caught_up;

    ordered->is_caught_up |= now;
    return first;
}

bool catga_ordered_begin(catga_ordered *ordered, uint64_t pending, uint64_t newest)
{
    ordered->received = 0;
    ordered->awaited = pending;
    ordered->newest = newest;
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

bool catga_ordered_repeats(catga_ordered *ordered, uint64_t number, uint64_t sequence)
{
    if (number != ordered->received + 1 || sequence > ordered->repeated)
        return false;
    ordered->received = number;
    return true;
}

/* nats-server 2.9.10 sometimes counts one message too many as pending. */
bool catga_ordered_handled(catga_ordered *ordered, uint64_t pending)
{
    bool has_newest = ordered->newest != 0 && ordered->last >= ordered->newest;

    return catch_up(ordered, pending == 0 || has_newest || ordered->received >= ordered->awaited);
}

bool catga_ordered_idle(catga_ordered *ordered)
{
    return catch_up(ordered, true);
}
