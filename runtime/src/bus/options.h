/* Complete and valid settings, from catga_options, the environment and the defaults. */
#ifndef CATGA_OPTIONS_H
#define CATGA_OPTIONS_H

#include "observe/log.h"

typedef struct catga_settings {
#define TEXT(field, capacity, environment, rule, accepted)    char field[capacity];
#define NUMBER(field, environment, standard, lowest, highest) int field;
#include "bus/options.def"
#undef TEXT
#undef NUMBER
    catga_local *local;
    catga_claim_store claims; /* all NULL without a store of the user */
    catga_logger logger;
} catga_settings;

/*
 * Reads settings: an explicit option precedes the environment, which precedes the default.
 * `options` may be NULL. CATGA_INVALID_ARGUMENT: *problem names the option or variable and the
 * accepted values, without a secret. settings->logger is set in any case.
 */
catga_status catga_settings_read(catga_settings *settings, const catga_options *options,
                                 catga_problem *problem);

#endif
