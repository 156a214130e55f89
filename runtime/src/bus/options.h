/* Complete and valid settings, from options, the environment and the defaults. */
#ifndef CATGA_OPTIONS_H
#define CATGA_OPTIONS_H

#include "observe/log.h"

typedef struct catga_settings {
    char servers[1024];
#define TEXT(field, capacity, environment, rule, accepted)    char field[capacity];
#define NUMBER(field, environment, standard, lowest, highest) int field;
#include "bus/options.def"
#undef TEXT
#undef NUMBER
    catga_local *local;
    const catga_transport_kind *kind; /* of the transport, unless `local` is set */
    catga_claim_store claims;         /* all NULL without a store of the user */
    catga_logger logger;
    catga_middleware middleware[CATGA_MIDDLEWARE_MAX];
    size_t middleware_count;
} catga_settings;

/* A number among the options of the bus, or of an optional part. */
typedef struct catga_number_rule {
    const char *option;
    const char *environment;
    int standard;
    int lowest; /* -1: also "for ever" */
    int highest;
} catga_number_rule;

/*
 * Reads a number: an explicit value that is not 0 precedes the environment, which precedes the
 * default. CATGA_INVALID_ARGUMENT: *problem names the option or variable and the accepted values.
 */
catga_status catga_number_read(int *field, const catga_number_rule *rule, int64_t explicit_value,
                               catga_problem *problem);

/* Describes a value that is not accepted. Returns CATGA_INVALID_ARGUMENT. */
catga_status catga_option_refuse(catga_problem *problem, const char *what, const char *accepted,
                                 const char *value);

/*
 * Reads settings: an explicit option precedes the environment, which precedes the default.
 * `options` may be NULL. CATGA_INVALID_ARGUMENT: *problem names the option or variable and the
 * accepted values, without a secret. settings->logger is set in any case.
 */
catga_status catga_settings_read(catga_settings *settings, const catga_options *options,
                                 catga_problem *problem);

#endif
