/* Payloads that are the only field of their table, a string or bytes: see gen.h. */
#include "base/utf8.h"
#include "codec/native_struct.h"

#include <stdio.h>

static catga_status read(const catga_table *table, const char *bytes, size_t length, void *native,
                         catga_arena *arena, catga_problem *problem)
{
    const catga_field *field = table->fields;

    (void)arena;
    native_clear(table, native);
    if (field->kind == CATGA_KIND_string && !catga_is_utf8((const uint8_t *)bytes, length)) {
        snprintf(problem->text, sizeof problem->text, "%s: not UTF-8", field->name);
        return CATGA_BAD_MESSAGE;
    }
    native_set_slice((uint8_t *)native + field->member, length == 0 ? "" : bytes, length);
    return CATGA_OK;
}

/* An absent value is an empty payload. Strings and bytes have the same form in a table. */
static size_t write(const catga_table *table, const uint8_t *root, char *bytes, size_t capacity)
{
    const catga_string value = catga_get_string(root, table->fields->slot);

    memcpy(bytes, value.length == 0 ? "" : value.data,
           value.length < capacity ? value.length : capacity);
    return value.length;
}

const catga_encoding catga_raw_encoding = {read, write};
