/*
 * fanout.h: the measurement of fanout_1 and fanout_8: thousands of events per second from one
 * publisher to one subscriber, or to eight in one process. Publisher, server and subscribers are
 * three processes. The publisher keeps a few thousand events under way, so that none is dropped.
 */
#ifndef SIDE_FANOUT_H
#define SIDE_FANOUT_H

#include <stddef.h>

/* `subscribers`: 1 or 8. */
int bench_fanout(const char *name, size_t subscribers);

#endif
