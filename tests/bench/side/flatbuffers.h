/*
 * flatbuffers.h: the other side of encode, verify and read: the C++ FlatBuffers of the system with
 * the accessors that flatc makes, used as its own documentation uses it, behind a C interface.
 */
#ifndef SIDE_FLATBUFFERS_H
#define SIDE_FLATBUFFERS_H

#include "../sample.h"

#include <stdbool.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Builds the order `times` times with one builder that is cleared in between. */
void side_encode(const sample_order *order, size_t times);

/* Builds it once into `buffer`; returns its length. */
size_t side_encode_to(const sample_order *order, uint8_t *buffer, size_t capacity);

/* Verifies `times` times; true if it was right each time. */
bool side_verify(const uint8_t *bytes, size_t length, size_t times);

/* Reads every field `times` times; returns the sum of what was read. */
uint64_t side_read(const uint8_t *bytes, size_t times);

#ifdef __cplusplus
}
#endif

#endif
