/* Delivers batches to the collector, with retries. */
#ifndef CATGA_OTLP_DELIVERY_H
#define CATGA_OTLP_DELIVERY_H

#include "exporter.h"

/* Sends a body until the collector accepts or refuses it, or it is too late; counts its spans. */
void otlp_deliver(catga_otlp *exporter, const otlp_buffer *body, uint64_t spans);

#endif
