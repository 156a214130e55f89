#include "codec/json_names.h"

/* The letter as a capital, in any locale. */
static char capital(char letter)
{
    return letter >= 'a' && letter <= 'z' ? (char)(letter - 'a' + 'A') : letter;
}

/* Returns the next character of a name in lowerCamelCase, or NUL at its end. */
static char next_camel(const char **schema)
{
    const char *at = *schema;
    bool starts_word = *at == '_';

    while (*at == '_')
        at++;
    *schema = *at == '\0' ? at : at + 1;
    return starts_word ? capital(*at) : *at;
}

bool name_is_camel(const char *schema, catga_string name)
{
    for (size_t i = 0; i < name.length; i++) {
        char wanted = next_camel(&schema);
        if (wanted == '\0' || wanted != name.data[i])
            return false;
    }
    return next_camel(&schema) == '\0';
}

void sink_camel(sink *out, const char *schema)
{
    for (char next = next_camel(&schema); next != '\0'; next = next_camel(&schema))
        sink_character(out, next);
}

size_t catga_json_name(const char *name, bool is_own, char *text, size_t capacity)
{
    sink out = {text, capacity, 0};

    sink_name(&out, CATGA_CAMEL_NAMES, name, is_own);
    sink_finish(&out);
    return out.length;
}

const catga_field *catga_find_named_field(const catga_table *table, catga_json_names names,
                                          catga_string name)
{
    size_t hint = 0;
    size_t index = name_find(names_of_table(table), names, name, &hint);

    return index < table->field_count ? &table->fields[index] : NULL;
}
