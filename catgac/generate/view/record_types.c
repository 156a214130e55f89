/* record_types.c -- the tables in which the template parser looks up names. */
#include "generate/view/view.h"

/* clang-format off */
#define RECORD(type) static const record_type type##_type;
#define VALUE(record, name, kind)
#define NESTED(record, name, kind, type)
#define END(type)
#include "generate/view/view.def"

#define ENTRY(record, name, kind, type)                                                            \
    {{#name, sizeof(#name) - 1}, PROPERTY_##kind, offsetof(view_##record, name), type},
#define RECORD(type) static const property type##_properties[] = {
#define VALUE(record, name, kind) ENTRY(record, name, kind, NULL)
#define NESTED(record, name, kind, type) ENTRY(record, name, kind, &type##_type)
#define END(type)                                                                                  \
    };                                                                                             \
    static const record_type type##_type = {{#type, sizeof(#type) - 1},                            \
                                            type##_properties,                                     \
                                            sizeof type##_properties / sizeof(property)};
#include "generate/view/view.def"
/* clang-format on */

const record_type *const view_root_type = &root_type;
