/* kept.h: the stored event of the tests, Kept, in the stream SAMPLE_V1. */
#ifndef TEST_KEPT_H
#define TEST_KEPT_H

#include "sample.h"

#define KEPT_SUBJECT "catga.events.sample.v1.Kept"

static const char *const kept_subjects[] = {KEPT_SUBJECT};
static const catga_stream kept_stream = {
    .name = "SAMPLE_V1",
    .subjects = kept_subjects,
    .subject_count = 1,
    .window_ms = 120000,
};

/* The initialiser of a catga_message with delivery; a test adds settings such as .timeout_ms = 100.
 * */
/* clang-format off */
#define KEPT(of, ...)                                                                              \
    {.subject = KEPT_SUBJECT,                                                                      \
     .table = &sample_noted_table,                                                                 \
     .kind = CATGA_EVENT,                                                                          \
     .delivery = (of),                                                                             \
     __VA_ARGS__}
/* clang-format on */

#endif
