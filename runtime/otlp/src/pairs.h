/* Reads lists such as "name=value,name2=value2" of the environment, with percent-encoded values. */
#ifndef CATGA_OTLP_PAIRS_H
#define CATGA_OTLP_PAIRS_H

#include <catga/trace.h>

/* All zero is empty. */
typedef struct otlp_pairs {
    catga_span_attribute *pairs; /* each with a text */
    size_t count;
    char *text; /* memory of the names and values, each terminated */
} otlp_pairs;

/* Returns CATGA_OK; CATGA_INVALID_ARGUMENT if an entry has no name, no '=' or a wrong percent sign;
 * or CATGA_NO_MEMORY. Empty entries are skipped. The caller frees *pairs, whatever the status. */
catga_status otlp_pairs_read(otlp_pairs *pairs, const char *list);
void otlp_pairs_free(otlp_pairs *pairs);

#endif
