/* Reads settings of node membership; see nodes_options.h. */
#include "nodes/nodes_options.h"

#include "base/utf8.h"
#include "bus/options.h"
#include "bus/subject.h"

#include <stdio.h>

bool catga_node_text_is_plain(catga_string text)
{
    return catga_is_header_value(text) && catga_is_utf8((const uint8_t *)text.data, text.length);
}

static catga_status read_text(char *field, size_t most, const char *option, const char *accepted,
                              const char *value, catga_problem *problem)
{
    if (value == NULL)
        value = "";
    if (strlen(value) > most || !catga_node_text_is_plain(catga_str(value)))
        return catga_option_refuse(problem, option, accepted, value);
    memcpy(field, value, strlen(value) + 1);
    return CATGA_OK;
}

/* Checks that a node that announces itself in time is not considered offline. */
static catga_status check_times(const catga_nodes_settings *settings, catga_problem *problem)
{
    char accepted[64];
    char seen[24];

    if (settings->timeout_ms > settings->interval_ms)
        return CATGA_OK;
    snprintf(accepted, sizeof accepted, "more than interval_ms, which is %d",
             settings->interval_ms);
    snprintf(seen, sizeof seen, "%d", settings->timeout_ms);
    return catga_option_refuse(problem, "timeout_ms", accepted, seen);
}

catga_status catga_nodes_settings_read(catga_nodes_settings *settings,
                                       const catga_nodes_options *options, catga_problem *problem)
{
    static const catga_nodes_options none;
    catga_status status = CATGA_OK;

    if (options == NULL)
        options = &none;
    settings->only_observe = options->only_observe;
    settings->changed = options->changed;
    settings->user = options->user;
#define TEXT(field, most, accepted)                                                                \
    if (status == CATGA_OK)                                                                        \
        status = read_text(settings->field, most, #field, accepted, options->field, problem);
#define NUMBER(field, environment, standard, lowest, highest)                                      \
    if (status == CATGA_OK) {                                                                      \
        static const catga_number_rule number = {#field, environment, standard, lowest, highest};  \
        status = catga_number_read(&settings->field, &number, options->field, problem);            \
    }
#include "nodes/nodes_options.def"
#undef TEXT
#undef NUMBER
    return status == CATGA_OK ? check_times(settings, problem) : status;
}
