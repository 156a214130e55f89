/*
 * flatbuffers.h: the other side of encode, verify and read, behind a C interface: the system's C++
 * FlatBuffers with the accessors of flatc, used as its documentation says.
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

/* Builds it once into `buffer`, and returns its length. */
size_t side_encode_to(const sample_order *order, uint8_t *buffer, size_t capacity);

/* Verifies `times` times. Returns true if all succeeded. */
bool side_verify(const uint8_t *bytes, size_t length, size_t times);

/* Reads every field `times` times, and returns the sum of the values. */
uint64_t side_read(const uint8_t *bytes, size_t times);

#ifdef __cplusplus
}
#endif

#endif
