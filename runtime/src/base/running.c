/* The stack of handlers and callbacks of this thread; see running.h. */
#include "base/running.h"

#include <stddef.h>

static _Thread_local const catga_running *innermost;

void catga_running_add(catga_running *entry, const void *bus, const void *handler,
                       const void *message)
{
    *entry = (catga_running){bus, handler, message, NULL, innermost};
    innermost = entry;
}

void catga_running_remove(const catga_running *entry)
{
    innermost = entry->outer;
}

bool catga_running_any(void)
{
    return innermost != NULL;
}

const catga_running *catga_running_find(const void *bus)
{
    const catga_running *at = innermost;

    while (at != NULL && at->bus != bus)
        at = at->outer;
    return at;
}

bool catga_running_in_bus(const void *bus)
{
    return catga_running_find(bus) != NULL;
}

bool catga_running_in_callback(const void *bus)
{
    for (const catga_running *at = innermost; at != NULL; at = at->outer)
        if (at->bus == bus && at->handler == NULL)
            return true;
    return false;
}

unsigned catga_running_handlers(const void *handler)
{
    unsigned count = 0;

    for (const catga_running *at = innermost; at != NULL; at = at->outer)
        count += at->handler == handler;
    return count;
}
