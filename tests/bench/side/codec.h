/*
 * codec.h: the other side of the benchmarks with codec.catga, behind a C interface: the system's
 * C++ FlatBuffers with the code of flatc and its own JSON.
 */
#ifndef SIDE_CODEC_H
#define SIDE_CODEC_H

#include "../record.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Builds the record `times` times with one builder that is cleared in between. */
void side_encode_record(const record *from, size_t times);

/* Returns the length of one record. */
size_t side_record_length(const record *from);

/* Prints the receipt in `bytes` as JSON `times` times into one string that is cleared in between.
 * */
void side_print(const uint8_t *bytes, size_t times);

/* Prints it once into `text`, and returns its length. */
size_t side_print_to(const uint8_t *bytes, char *text, size_t capacity);

/* Parses the terminated text of a receipt `times` times with one parser. Returns true if all
 * succeeded. */
bool side_parse(const char *text, size_t times);

#ifdef __cplusplus
}
#endif

#endif
