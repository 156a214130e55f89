/* The threads that nats.c shares among all connections of a process. */
#ifndef CATGA_NATS_LIBRARY_H
#define CATGA_NATS_LIBRARY_H

#include <stdbool.h>

/* Has nats.c start its shared threads, if it has not. Returns false in a child of fork: nats.c
 * starts them once, so the child has none, and would not notice a dead server. Any thread. */
bool catga_nats_library_open(void);

#endif
