#include "codec/value_text.h"

#include "codec/json.h"
#include "codec/json_values.h"
#include "codec/native_struct.h"

/* Reads the value of an enumerator's name, in quotes or between spaces within quotes. */
static bool enumerator_value(const catga_enum *type, catga_string raw, bool escaped, int64_t *value)
{
    char text[JSON_NAME_TEXT];
    catga_string name = escaped ? json_resolve(raw, text) : raw;

    for (uint32_t i = 0; i < type->count; i++) {
        if (!catga_string_equal(catga_str(type->values[i].name), name))
            continue;
        *value = type->values[i].value.i;
        return true;
    }
    return false;
}

/* Reads flag names with spaces between; no name is 0. */
static bool flags_value(const catga_enum *type, catga_string text, bool escaped, int64_t *value)
{
    *value = 0;
    while (text.length != 0) {
        const char *space = memchr(text.data, ' ', text.length);
        size_t length = space == NULL ? text.length : (size_t)(space - text.data);
        int64_t bit;
        if (!enumerator_value(type, (catga_string){text.data, length}, escaped, &bit))
            return false;
        *value |= bit;
        length += space == NULL ? 0 : 1;
        text.data += length;
        text.length -= length;
    }
    return true;
}

bool value_enum(const catga_enum *type, catga_string text, bool escaped, int64_t *value)
{
    return type->flags ? flags_value(type, text, escaped, value)
                       : enumerator_value(type, text, escaped, value);
}

static bool fits(unsigned kind, int64_t value)
{
    switch (kind) {
    case CATGA_KIND_i8:
        return value >= INT8_MIN && value <= INT8_MAX;
    case CATGA_KIND_i16:
        return value >= INT16_MIN && value <= INT16_MAX;
    case CATGA_KIND_i32:
        return value >= INT32_MIN && value <= INT32_MAX;
    case CATGA_KIND_u8:
        return value >= 0 && value <= UINT8_MAX;
    case CATGA_KIND_u16:
        return value >= 0 && value <= UINT16_MAX;
    case CATGA_KIND_u32:
        return value >= 0 && value <= UINT32_MAX;
    default:
        return true;
    }
}

static const char *read_number(unsigned kind, catga_string text, int64_t *value)
{
    uint64_t bits;
    bool is_read = kind == CATGA_KIND_u64 ? value_unsigned(text, &bits)
                                          : value_signed(text, value) && fits(kind, *value);

    if (!is_read)
        return "not an integer of its type";
    if (kind == CATGA_KIND_u64)
        *value = (int64_t)bits;
    return NULL;
}

const char *value_integer(value_type wanted, catga_string text, int64_t *value)
{
    switch (wanted.format) {
    case CATGA_FORMAT_decimal:
        return catga_decimal_parse(text, wanted.digits, value) ? NULL : "not a decimal of its size";
    case CATGA_FORMAT_timestamp:
        return catga_timestamp_parse(text, value) ? NULL : "not a timestamp";
    case CATGA_FORMAT_duration:
        return catga_duration_parse(text, value) ? NULL : "not a duration";
    default:
        return read_number(wanted.kind, text, value);
    }
}

bool value_word(catga_string text, double *value)
{
    bool negative = catga_string_equal(text, catga_str("-Infinity"));

    if (catga_string_equal(text, catga_str("NaN")))
        *value = __builtin_nan("");
    else if (negative || catga_string_equal(text, catga_str("Infinity")))
        *value = negative ? -__builtin_inf() : __builtin_inf();
    else
        return false;
    return true;
}

/* A float is rounded once, from the text, not from the nearest double. */
bool value_number(unsigned kind, catga_string text, double *value)
{
    float single;

    if (kind == CATGA_KIND_f64)
        return value_floating(text, value);
    if (!value_single(text, &single))
        return false;
    *value = (double)single;
    return true;
}

const char *value_uuid(catga_string text, uint8_t *native)
{
    catga_uuid uuid;

    if (!catga_uuid_parse(text, &uuid))
        return "not a uuid";
    memcpy(native, &uuid, sizeof uuid);
    return NULL;
}

const char *value_bytes(catga_string text, catga_arena *arena, uint8_t *native)
{
    size_t length;

    if (!value_base64_length(text, &length))
        return "not base64";
    uint8_t *bytes = native_take(arena, length + 1, 1);
    if (bytes == NULL)
        return "out of memory";
    native_set_slice(native, bytes, length);
    return value_base64(text, bytes) ? NULL : "not base64";
}
