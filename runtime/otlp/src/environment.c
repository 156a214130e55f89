/* Reads variables of the environment; see environment.h. */
#include "environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

otlp_variable otlp_variable_read(const char *name)
{
    const char *value = getenv(name);
    otlp_variable variable = {.value = value == NULL || *value == '\0' ? NULL : value};

    snprintf(variable.name, sizeof variable.name, "%s", name);
    return variable;
}

otlp_variable otlp_variable_read_exporter(const char *name)
{
    char whole[48];

    snprintf(whole, sizeof whole, "OTEL_EXPORTER_OTLP_TRACES_%s", name);
    otlp_variable variable = otlp_variable_read(whole);
    if (variable.value != NULL)
        return variable;
    snprintf(whole, sizeof whole, "OTEL_EXPORTER_OTLP_%s", name);
    return otlp_variable_read(whole);
}

catga_status otlp_variable_refuse(const otlp_variable *variable, const char *accepted,
                                  catga_problem *problem)
{
    snprintf(problem->text, sizeof problem->text, "%s: accepted is: %s (value=\"%.40s\")",
             variable->name, accepted, variable->value);
    return CATGA_INVALID_ARGUMENT;
}

catga_status otlp_variable_number(const otlp_variable *variable, int standard, int lowest,
                                  int highest, int *number, catga_problem *problem)
{
    const char *error = NULL;
    char accepted[64];

    *number = standard;
    if (variable->value != NULL)
        *number = (int)strtonum(variable->value, lowest, highest, &error);
    if (error == NULL)
        return CATGA_OK;
    snprintf(accepted, sizeof accepted, "a number from %d to %d", lowest, highest);
    return otlp_variable_refuse(variable, accepted, problem);
}

int otlp_word_index(const char *words, const char *text)
{
    int index = 0;

    while (*words != '\0') {
        size_t length = strcspn(words, ",");
        if (strlen(text) == length && strncasecmp(words, text, length) == 0)
            return index;
        words += length + strspn(words + length, ", ");
        index++;
    }
    return -1;
}

catga_status otlp_variable_word(const otlp_variable *variable, const char *words, int *index,
                                catga_problem *problem)
{
    *index = variable->value == NULL ? 0 : otlp_word_index(words, variable->value);
    return *index >= 0 ? CATGA_OK : otlp_variable_refuse(variable, words, problem);
}
