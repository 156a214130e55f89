/* Helpers of configurations: they write, compare and copy settings. */
#ifndef CATGA_NATS_CONFIG_TEXT_H
#define CATGA_NATS_CONFIG_TEXT_H

#include "transport/nats/config.h"

enum { CATGA_NATS_TEXT = 16384 };

/* Text that grows in fixed memory; `full` if it did not fit. */
struct catga_nats_text {
    char text[CATGA_NATS_TEXT];
    size_t length;
    bool full;
};

CATGA_PRINTF(2, 3) void catga_nats_text_put(catga_nats_text *out, const char *format, ...);

/* The comparison of an existing object; *problem describes the differences, as far as they fit. */
typedef struct catga_nats_comparison {
    catga_nats_json config;
    const char *kind;
    const char *name;
    catga_problem *problem;
    bool drifted;
} catga_nats_comparison;

catga_nats_comparison catga_nats_compare(const char *kind, const char *name,
                                         const catga_nats_api_answer *info, catga_problem *problem);

/* Notes a difference: the field must be `desired`; `how` may be "with ". */
void catga_nats_drift(catga_nats_comparison *comparison, const char *field, const char *how,
                      const char *desired);

void catga_nats_same_text(catga_nats_comparison *comparison, const char *field,
                          const char *desired);

/* An absent field has the value `absent`. */
void catga_nats_same_number(catga_nats_comparison *comparison, const char *field, int64_t desired,
                            int64_t absent);
void catga_nats_same_flag(catga_nats_comparison *comparison, const char *field, bool desired);
void catga_nats_at_least(catga_nats_comparison *comparison, const char *field, int64_t desired);

/* Returns the description of an object, which the caller frees. NULL without memory. */
char *catga_nats_description(const catga_nats_desired *desired);

/* Returns the size of a text with its end. */
size_t catga_nats_size_of(const char *text);

/* Copies a text to *at, advances *at, and returns the copy. */
const char *catga_nats_copy_text(char **at, const char *text);

#endif
