/* Reads structs, which have all their members inline. */
#ifndef CATGA_JSON_READ_STRUCT_H
#define CATGA_JSON_READ_STRUCT_H

#include "codec/json_parser.h"
#include "codec/value_type.h"

/* Reads a scalar or struct to its place in a native struct. */
bool json_read_inline(json_parser *p, value_type wanted, uint8_t *native);

#endif
