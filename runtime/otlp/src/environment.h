/* Reads variables of the environment. One that is empty counts as absent. */
#ifndef CATGA_OTLP_ENVIRONMENT_H
#define CATGA_OTLP_ENVIRONMENT_H

#include <catga/catga.h>

/* A variable; `value` is NULL without it. */
typedef struct otlp_variable {
    char name[48];
    const char *value;
} otlp_variable;

otlp_variable otlp_variable_read(const char *name);

/* Reads OTEL_EXPORTER_OTLP_TRACES_..., or else OTEL_EXPORTER_OTLP_... */
otlp_variable otlp_variable_read_exporter(const char *name);

/* Returns CATGA_INVALID_ARGUMENT, and says in *problem what is accepted and what was found. */
catga_status otlp_variable_refuse(const otlp_variable *variable, const char *accepted,
                                  catga_problem *problem);

/* Reads a number; `standard` without the variable. */
catga_status otlp_variable_number(const otlp_variable *variable, int standard, int lowest,
                                  int highest, int *number, catga_problem *problem);

/* Returns the index of a text in a list of words, "otlp, none", in letters of either case; -1 if it
 * is not there. */
int otlp_word_index(const char *words, const char *text);

/* Reads one of the words of a list, as its index; 0 without the variable. */
catga_status otlp_variable_word(const otlp_variable *variable, const char *words, int *index,
                                catga_problem *problem);

#endif
