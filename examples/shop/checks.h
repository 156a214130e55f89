/*
 * The steps of a demonstration. Each step prints its title and its result, and compares values with
 * expected ones. Lines go to standard output at once. A wrong value is printed with its step and
 * counted.
 */
#ifndef SHOP_CHECKS_H
#define SHOP_CHECKS_H

#include <catga/catga.h>

typedef struct shop_checks {
    const char *program; /* prefix of every line */
    char current[160];
    unsigned failures;
} shop_checks;

/* Begins a step, and prints its title. */
void step(shop_checks *self, const char *format, ...) CATGA_PRINTF(2, 3);

/* Prints the result of the step. */
void step_gave(const shop_checks *self, const char *format, ...) CATGA_PRINTF(2, 3);

/* Return whether `got` equals `wanted`. */
bool expect_true(shop_checks *self, const char *what, bool got);
bool expect_status(shop_checks *self, const char *what, catga_status got, catga_status wanted);
bool expect_number(shop_checks *self, const char *what, int64_t got, int64_t wanted);
bool expect_money(shop_checks *self, const char *what, int64_t got, int64_t wanted);
bool expect_text(shop_checks *self, const char *what, catga_string got, const char *wanted);

#endif
