/* Reads values that have no parts: scalars, enums and uuids. */
#ifndef CATGA_JSON_READ_SCALAR_H
#define CATGA_JSON_READ_SCALAR_H

#include "codec/json_parser.h"
#include "codec/value_type.h"

/* Reads a scalar of any kind to its place in a native struct. */
bool json_read_scalar(json_parser *p, value_type wanted, uint8_t *native);

/* Reads the name or number of an enumerator; the names of flags. */
bool json_read_enum(json_parser *p, value_type wanted, int64_t *value);

bool json_read_uuid(json_parser *p, uint8_t *native);

#endif
