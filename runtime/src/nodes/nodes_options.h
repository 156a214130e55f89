/* Complete and valid settings of node membership. */
#ifndef CATGA_NODES_OPTIONS_H
#define CATGA_NODES_OPTIONS_H

#include "nodes/node_table.h"

typedef struct catga_nodes_settings {
#define TEXT(field, most, accepted)                           char field[most + 1];
#define NUMBER(field, environment, standard, lowest, highest) int field;
#include "nodes/nodes_options.def"
#undef TEXT
#undef NUMBER
    bool only_observe;
    catga_node_changed *changed;
    void *user;
} catga_nodes_settings;

/* Reads settings; `options` may be NULL. CATGA_INVALID_ARGUMENT: *problem names the option or
 * variable and the accepted values. */
catga_status catga_nodes_settings_read(catga_nodes_settings *settings,
                                       const catga_nodes_options *options, catga_problem *problem);

/* Returns whether `text` is visible in one line: UTF-8 without control characters. */
bool catga_node_text_is_plain(catga_string text);

#endif
