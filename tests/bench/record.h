/*
 * record.h: the values that both sides write into a codec.Record and a codec.Track, in a form that
 * favours neither side.
 */
#ifndef RECORD_H
#define RECORD_H

#include "sample.h"

#include <stdbool.h>

enum { RECORD_NUMBERS = 8, RECORD_CAPACITY = 1024, TRACK_POSITIONS = 1000, TRACK_CAPACITY = 25000 };

typedef struct record_position {
    double latitude;
    double longitude;
    float altitude;
    float accuracy;
} record_position;

typedef struct record {
#define RECORD_SCALAR(type, name, value) type name;
#define RECORD_ENUM(name, value)         uint8_t name;
#define RECORD_TEXT(name, value)         sample_text name;
#include "record.def"
#undef RECORD_SCALAR
#undef RECORD_ENUM
#undef RECORD_TEXT
    uint32_t numbers[RECORD_NUMBERS];
    record_position position;
} record;

static const record record_sample = {
#define RECORD_SCALAR(type, name, value) value,
#define RECORD_ENUM(name, value)         value,
#define RECORD_TEXT(name, value)         SAMPLE_TEXT(value),
#include "record.def"
#undef RECORD_SCALAR
#undef RECORD_ENUM
#undef RECORD_TEXT
    {1, 1, 2, 3, 5, 8, 13, 21},
    {51.5079, -0.1337, 15.0f, 2.5f},
};

#endif
