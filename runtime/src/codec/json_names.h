/* The names of members in JSON, in the forms of catga_json_names. */
#ifndef CATGA_JSON_NAMES_H
#define CATGA_JSON_NAMES_H

#include "codec/sink.h"

#include <catga/gen.h>

/* The names of the fields of a table, or of the members of a struct. */
typedef struct name_list {
    const char *const *first; /* the name in the first descriptor */
    const void *first_own;    /* there: the byte that says whether the name is from @json */
    uint8_t own_bit;          /* in that byte */
    size_t size;              /* of a descriptor */
    size_t count;
} name_list;

static inline name_list names_of_table(const catga_table *type)
{
    if (type->field_count == 0) /* there are no descriptors */
        return (name_list){NULL, NULL, 0, 0, 0};
    return (name_list){&type->fields->name, &type->fields->flags, CATGA_OWN_NAME,
                       sizeof *type->fields, type->field_count};
}

static inline name_list names_of_struct(const catga_struct *type)
{
    return (name_list){&type->members->name, &type->members->own_name, true, sizeof *type->members,
                       type->member_count};
}

static inline const char *name_at(name_list list, size_t index)
{
    return *(const char *const *)(const void *)((const char *)list.first + index * list.size);
}

/* Returns whether the name is from @json. */
static inline bool name_is_own(name_list list, size_t index)
{
    return (((const uint8_t *)list.first_own)[index * list.size] & list.own_bit) != 0;
}

/* Returns whether `name` is the schema's name in lowerCamelCase. */
bool name_is_camel(const char *schema, catga_string name);

/* Writes the schema's name in lowerCamelCase. */
void sink_camel(sink *out, const char *schema);

static inline void sink_name(sink *out, catga_json_names form, const char *name, bool is_own)
{
    if (form == CATGA_CAMEL_NAMES && !is_own)
        sink_camel(out, name);
    else
        sink_text(out, name);
}

/* Returns whether readers accept `name` for the name in a descriptor. */
static inline bool name_matches(catga_json_names form, const char *schema, bool is_own,
                                catga_string name)
{
    return catga_string_equal(catga_str(schema), name) ||
           (form == CATGA_CAMEL_NAMES && !is_own && name_is_camel(schema, name));
}

/*
 * Returns the index of a name, or the count of the list. Members mostly have the schema's order, so
 * the search begins at *hint, behind the last found name.
 */
static inline size_t name_find(name_list list, catga_json_names form, catga_string name,
                               size_t *hint)
{
    for (size_t i = 0; i < list.count; i++) {
        size_t index = *hint + i < list.count ? *hint + i : *hint + i - list.count;
        if (name_matches(form, name_at(list, index), name_is_own(list, index), name)) {
            *hint = index + 1;
            return index;
        }
    }
    return list.count;
}

#endif
