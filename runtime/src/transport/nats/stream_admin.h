/* Ensures streams, buckets and consumers; operations of transport.h. */
#ifndef CATGA_NATS_STREAM_ADMIN_H
#define CATGA_NATS_STREAM_ADMIN_H

#include "transport/transport.h"

catga_status catga_nats_ensure_stream(catga_transport *transport,
                                      const catga_stream_settings *stream, catga_problem *problem);
catga_status catga_nats_ensure_bucket(catga_transport *transport,
                                      const catga_bucket_settings *bucket, catga_problem *problem);
catga_status catga_nats_consume(catga_transport *transport, const catga_consumer_settings *settings,
                                catga_subscription **subscription, catga_problem *problem);
void catga_nats_backlogs(catga_transport *transport, catga_backlog_function *show, void *user);

#endif
