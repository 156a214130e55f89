/* Writes messages as JSON; see json.h. */
#include "json.h"

enum { ROOM = 1024 }; /* bytes; a smaller message is written at the first try */

void http_json_write(http_text *text, const catga_table *type, const uint8_t *table)
{
    char *at = http_text_reserve(text, ROOM);

    if (at == NULL)
        return;
    size_t length = catga_json_write_as(type, CATGA_CAMEL_NAMES, table, at, ROOM);
    if (length >= ROOM) {
        at = http_text_reserve(text, length + 1);
        if (at == NULL)
            return;
        catga_json_write_as(type, CATGA_CAMEL_NAMES, table, at, length + 1);
    }
    text->length += length;
}
