/* Limits of the server: the size of a message, and refused subjects. Tests change both while buses
 * use the server. streams.c and kv.c have the limits of streams and buckets. */
#ifndef CATGA_LOCAL_LIMITS_H
#define CATGA_LOCAL_LIMITS_H

#include "transport/local/local_transport.h"

/* Begins and ends with the broker. */
void catga_local_limits_begin(catga_local_limits *limits);
void catga_local_limits_end(catga_local_limits *limits);

/* Returns true if the server refuses the subject, which is formatted as by printf; tells the
 * transport's bus. Takes a lock only after a subject has been refused. */
CATGA_PRINTF(2, 3)
bool catga_local_refuses(const catga_local_transport *transport, const char *format, ...);

#endif
