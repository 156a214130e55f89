/*
 * catga_options, the environment and the defaults, made into settings that are complete and valid.
 */
#ifndef CATGA_OPTIONS_H
#define CATGA_OPTIONS_H

#include "bus/log.h"

typedef struct catga_settings {
#define TEXT(field, capacity, environment, rule, accepted)    char field[capacity];
#define NUMBER(field, environment, standard, lowest, highest) int field;
#include "bus/options.def"
#undef TEXT
#undef NUMBER
    catga_local *local;
    catga_claim_store claims; /* or all NULL */
    catga_logger logger;
} catga_settings;

/*
 * Explicit options (`options` may be NULL) before the environment before the defaults.
 * CATGA_INVALID_ARGUMENT with *problem, which names the option or variable and what is accepted,
 * but no text of it: that may be a secret. settings->logger is set whatever the result.
 */
catga_status catga_settings_read(catga_settings *settings, const catga_options *options,
                                 catga_problem *problem);

#endif
