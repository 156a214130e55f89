/* The handlers and callbacks that run on this thread, innermost first: a linked list on the
 * stack. A function that would wait for one of them finds it here and refuses. */
#ifndef CATGA_RUNNING_H
#define CATGA_RUNNING_H

#include <stdbool.h>

typedef struct catga_running {
    const void *bus;
    const void *handler; /* the argument of its subscription; NULL for a callback */
    const void *message; /* that is handled; NULL for a callback */
    const void *context; /* of the handler; NULL for a callback, and when its event is settled */
    const struct catga_running *outer;
} catga_running;

/* Pushes an entry. The same thread removes it before the memory of the entry ends. */
void catga_running_add(catga_running *entry, const void *bus, const void *handler,
                       const void *message);
void catga_running_remove(const catga_running *entry);

/* Returns true if any handler or callback runs on this thread. */
bool catga_running_any(void);

/* Return true if a handler or callback of the bus runs on this thread; if a callback does. */
bool catga_running_in_bus(const void *bus);
bool catga_running_in_callback(const void *bus);

/* Returns the innermost entry of the bus on this thread, or NULL. */
const catga_running *catga_running_find(const void *bus);

/* Returns how often this handler is on the stack of this thread: calls to itself nest. */
unsigned catga_running_handlers(const void *handler);

#endif
