/* Points in time in JetStream's answers: RFC 3339, in UTC, with up to nine digits of a fraction. */
#ifndef CATGA_NATS_TIMESTAMP_H
#define CATGA_NATS_TIMESTAMP_H

#include <catga/catga.h>

/* Returns nanoseconds since 1970; 0 for other text, and for Go's zero time, 0001-01-01. The text
 * may be in quotes. */
int64_t catga_nats_timestamp(catga_string text);

#endif
