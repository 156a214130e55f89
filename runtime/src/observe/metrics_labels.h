/* The values of labels. They are names of the schema or constants, so none needs an escape. */
#ifndef CATGA_METRICS_LABELS_H
#define CATGA_METRICS_LABELS_H

#include "bus/bus_state.h"

/* Writes a name in kebab case, with a NUL: "order-service" for "OrderService", "http-gateway" for
 * "HTTPGateway". `text` has room for twice the length of the name, and the NUL. */
void catga_metrics_kebab(const char *name, char *text);

/* Returns "at_most_once", "at_least_once" or "exactly_once". */
const char *catga_metrics_qos(const catga_message *message);

/* Return why a message failed: "timeout"; NULL for an end that is no failure. */
const char *catga_metrics_reason_sent(unsigned status);
const char *catga_metrics_reason_received(unsigned verdict);

#endif
