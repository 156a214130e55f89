/* Messages as JSON, with the names that they have over HTTP. */
#ifndef CATGA_HTTP_JSON_H
#define CATGA_HTTP_JSON_H

#include "text.h"

#include <catga/gen.h>

/* Adds a verified table. */
void http_json_write(http_text *text, const catga_table *type, const uint8_t *table);

#endif
