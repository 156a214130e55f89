/* Creates streams, buckets and consumers, or compares existing ones. */
#ifndef CATGA_NATS_PROVISION_H
#define CATGA_NATS_PROVISION_H

#include "transport/nats/config.h"

#define CATGA_NATS_CREATED 40

/* The observed state of a stream, bucket or consumer. */
typedef struct catga_nats_observed {
    bool made;                        /* it was absent, and has been created */
    char created[CATGA_NATS_CREATED]; /* its creation time, as the server writes it */
    uint64_t settled;                 /* of a consumer: all messages up to this one are settled */
    uint64_t first;                   /* of a stream: its first message; 0: it is empty */
    bool nearly_full;                 /* of a stream or bucket: nine tenths of its bytes are used */
    uint64_t pending;                 /* of a consumer: messages that were never delivered */
    uint64_t ack_pending;             /* of a consumer: delivered messages that are not settled */
    int64_t ack_wait_ns; /* of a consumer: an unsettled message is redelivered after this time */
} catga_nats_observed;

/* Creates the object if it is absent; with `only_look` set, returns CATGA_NOT_FOUND instead.
 * CATGA_DRIFTED: it exists with other settings, which *problem describes. Waits for the server. */
catga_status catga_nats_ensure(catga_nats *nats, const catga_nats_desired *desired,
                               catga_nats_observed *observed, catga_problem *problem);

/* Returns true if the server does not find message `number` of the stream or bucket. Waits for the
 * server. */
bool catga_nats_has_lost(catga_nats *nats, const catga_nats_desired *desired, uint64_t number);

#endif
