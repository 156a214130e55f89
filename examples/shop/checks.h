/*
 * The steps of a demonstration: what is done, what it gave, and whether that is exactly what it
 * should be. Each line goes to standard output at once. A value that is wrong is said with its
 * step, and remembered.
 */
#ifndef SHOP_CHECKS_H
#define SHOP_CHECKS_H

#include <catga/catga.h>

typedef struct shop_checks {
    const char *program; /* stands in front of every line */
    char current[160];
    unsigned failures;
} shop_checks;

/* Begins a step. */
void step(shop_checks *self, const char *format, ...) CATGA_PRINTF(2, 3);

/* Says what the step gave. */
void step_gave(const shop_checks *self, const char *format, ...) CATGA_PRINTF(2, 3);

/* Each returns whether `got` is what was `wanted`. */
bool expect_true(shop_checks *self, const char *what, bool got);
bool expect_status(shop_checks *self, const char *what, catga_status got, catga_status wanted);
bool expect_number(shop_checks *self, const char *what, int64_t got, int64_t wanted);
bool expect_money(shop_checks *self, const char *what, int64_t got, int64_t wanted);
bool expect_text(shop_checks *self, const char *what, catga_string got, const char *wanted);

#endif
