/*
 * The handlers and callbacks that run on this thread, the innermost first: a list on the thread's
 * stack. A function that would wait for one of them finds it here and returns at once.
 */
#ifndef CATGA_RUNNING_H
#define CATGA_RUNNING_H

#include <stdbool.h>

typedef struct catga_running {
    const void *bus;
    const void *handler; /* as its subscription knows it; NULL for a callback */
    const struct catga_running *outer;
} catga_running;

/* Adds an entry, which the same thread removes before it returns from the function that added it. */
void catga_running_add(catga_running *entry, const void *bus, const void *handler);
void catga_running_remove(const catga_running *entry);

/* Returns whether a handler or callback of the bus runs on this thread; whether a callback does. */
bool catga_running_in_bus(const void *bus);
bool catga_running_in_callback(const void *bus);

/* Returns how often this handler runs on this thread: once more for each call to itself. */
unsigned catga_running_handlers(const void *handler);

#endif
