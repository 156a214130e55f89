/* literal.h -- prints values of the model. Text of the schema is never copied. */
#ifndef CATGAC_LITERAL_H
#define CATGAC_LITERAL_H

#include "base/arena.h"
#include "base/text.h"
#include "model/model.h"

/* Returns a C literal that needs no parentheses: 1000, (-5), UINT64_C(7), 1.5f, true. */
slice literal_c(arena *memory, const model_value *value, scalar_kind scalar);

/* Returns the initializer of a catga_value: {1, 0}, {0, 1.5}. VALUE_NONE gives {0, 0}. */
slice literal_wire(arena *memory, const model_value *value);

/* Returns plain digits, as FlatBuffers requires: 1000, -5, 1.5, true. */
slice literal_plain(arena *memory, const model_value *value, scalar_kind scalar);

/* Returns a value for people: a decimal with its point, enums and flags by name. */
slice literal_shown(arena *memory, const model_type *type, const model_value *value);

/* Return the least and the greatest value of a scalar type other than bool. */
model_value literal_least(scalar_kind scalar);
model_value literal_greatest(scalar_kind scalar);

#endif
