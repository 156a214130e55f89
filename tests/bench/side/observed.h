/*
 * observed.h: a bus with observers compared with one without them. Both sides are ours.
 */
#ifndef SIDE_OBSERVED_H
#define SIDE_OBSERVED_H

#include <catga/catga.h>

/* Opens the observers of a bus. */
typedef void observe_function(catga_bus *bus);

/* Compares the events of `publish`, in one process. `who` describes the other side. */
void observed_publish(const char *name, const char *who, observe_function *observe);

/* Compares single requests; caller and service are observed. Call it before any thread exists. */
void observed_request(const char *name, const char *who, observe_function *observe);

#endif
