/* Reads the body of a collector's answer. The collector is not trusted. */
#ifndef CATGA_OTLP_ANSWER_H
#define CATGA_OTLP_ANSWER_H

#include <catga/catga.h>

/* Return the number of spans that the collector rejected, of a "partial success"; 0 if the body
 * does not say so. The body may be cut at its end. In JSON a number that was cut off is not known:
 * one after an error message that is longer than the kept bytes. */
uint64_t otlp_answer_rejected_protobuf(catga_bytes body);
uint64_t otlp_answer_rejected_json(catga_bytes body);

#endif
