#include "base/utf8.h"
#include "codec/native_struct.h"
#include "codec/problem.h"
#include "codec/value_text.h"

static const char *read_bool(catga_string text, uint8_t *native)
{
    bool truth = catga_string_equal(text, catga_str("true"));

    if (!truth && !catga_string_equal(text, catga_str("false")))
        return "expected true or false";
    *native = truth;
    return NULL;
}

static const char *read_floating(unsigned kind, catga_string text, uint8_t *native)
{
    double value;

    if (!value_word(text, &value) && !value_number(kind, text, &value))
        return "not a number, or too large";
    native_set_floating(native, kind, value);
    return NULL;
}

/* A name wins over a number, as a name may consist of digits. */
static const char *read_integer(value_type wanted, catga_string text, int64_t *value)
{
    if (wanted.format != CATGA_FORMAT_enum)
        return value_integer(wanted, text, value);
    return value_enum(wanted.type, text, false, value) || value_integer(wanted, text, value) == NULL
               ? NULL
               : "not a name or number of its enum";
}

static const char *read_scalar(value_type wanted, catga_string text, uint8_t *native)
{
    int64_t value;

    if (wanted.kind == CATGA_KIND_bool)
        return read_bool(text, native);
    if (wanted.kind == CATGA_KIND_f32 || wanted.kind == CATGA_KIND_f64)
        return read_floating(wanted.kind, text, native);
    const char *reason = read_integer(wanted, text, &value);
    if (reason == NULL)
        native_set_integer(native, wanted.kind, value);
    return reason;
}

/* Copies a string into the arena. A NUL is part of the string, as one in JSON is. */
static const char *read_string(catga_string text, catga_arena *arena, uint8_t *native)
{
    const char *data = text.length == 0 ? "" : text.data;

    if (!catga_is_utf8((const uint8_t *)data, text.length))
        return "not UTF-8";
    catga_string copy = native_text(arena, data, text.length);
    memcpy(native, &copy, sizeof copy);
    return copy.data == NULL ? "out of memory" : NULL;
}

/* Reads a value to its place, where a vector has it too. */
static const char *read_inline(value_type wanted, catga_string text, catga_arena *arena,
                               uint8_t *native)
{
    if (wanted.kind == CATGA_KIND_string)
        return read_string(text, arena, native);
    if (wanted.kind == CATGA_KIND_struct)
        return value_uuid(text, native);
    return read_scalar(wanted, text, native);
}

/* A uuid of a table is behind a pointer. */
static const char *read_object(value_type wanted, catga_string text, catga_arena *arena,
                               uint8_t *native)
{
    uint8_t *object = native_take_object(arena, wanted.kind, wanted.type);

    if (object == NULL)
        return "out of memory";
    native_set_pointer(native, object);
    return value_uuid(text, object);
}

static const char *read_one(const catga_field *field, catga_string text, uint8_t *native,
                            catga_arena *arena)
{
    value_type wanted = value_type_of_field(field);
    uint8_t *member = native + field->member;

    if (field->kind == CATGA_KIND_vector)
        return value_bytes(text, arena, member);
    if (field->kind == CATGA_KIND_struct)
        return read_object(wanted, text, arena, member);
    if (field->kind < CATGA_KIND_struct)
        member = native_scalar(field, native);
    return read_inline(wanted, text, arena, member);
}

static bool is_list(const catga_field *field)
{
    return field->kind == CATGA_KIND_vector && field->format != CATGA_FORMAT_bytes;
}

/* Returns whether one text can be the value of the field, or of an element. */
static bool has_text(const catga_field *field)
{
    value_type wanted = is_list(field) ? value_type_of_element(field) : value_type_of_field(field);

    return (field->flags & CATGA_TAGS) == 0 &&
           (wanted.kind < CATGA_KIND_struct || wanted.kind == CATGA_KIND_string ||
            wanted.format == CATGA_FORMAT_uuid || wanted.format == CATGA_FORMAT_bytes);
}

/* Reads an element for each text. Sets *index to that of a refused text. */
static const char *read_elements(const catga_field *field, const catga_string *values, size_t count,
                                 uint8_t *native, catga_arena *arena, size_t *index)
{
    size_t size = native_element_size(field);
    uint8_t *data = native_take_elements(arena, field, count);

    if (data == NULL)
        return "out of memory";
    native_set_slice(native + field->member, data, count);
    for (*index = 0; *index < count; ++*index) {
        const char *reason =
            read_inline(value_type_of_element(field), values[*index], arena, data + *index * size);
        if (reason != NULL)
            return reason;
    }
    return NULL;
}

static const char *read_texts(const catga_field *field, const catga_string *values, size_t count,
                              uint8_t *native, catga_arena *arena, size_t *index)
{
    if (!has_text(field))
        return "cannot be text";
    if (is_list(field))
        return read_elements(field, values, count, native, arena, index);
    return count == 1 ? read_one(field, values[0], native, arena) : "given twice";
}

catga_status catga_text_read(const catga_field *field, const catga_string *values, size_t count,
                             void *native, catga_arena *arena, catga_problem *problem)
{
    size_t index = count;

    catga_problem_begin(problem);
    if (count == 0 || (field->flags & CATGA_DEPRECATED) != 0)
        return CATGA_OK;
    const char *reason = read_texts(field, values, count, native, arena, &index);
    if (reason == NULL)
        return CATGA_OK;
    catga_problem_state(problem, reason);
    if (index < count)
        catga_problem_in_element(problem, field->name, index);
    else
        catga_problem_in_field(problem, field->name);
    return arena->used > arena->capacity ? CATGA_TOO_LARGE : CATGA_BAD_MESSAGE;
}
