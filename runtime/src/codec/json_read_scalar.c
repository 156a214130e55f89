#include "codec/json_read_scalar.h"

#include "codec/json_values.h"
#include "codec/native_struct.h"

/* Reads a short string without escapes, such as any scalar in quotes. */
static bool parse_token(json_parser *p, catga_string *text)
{
    bool escaped;

    return json_string(&p->in, text, &escaped) &&
           (!escaped || parser_refuse(p, "escapes where there need be none"));
}

/* Reads a number, or a string that contains one. */
static bool parse_digits(json_parser *p, catga_string *text)
{
    return json_peek(&p->in) == '"' ? parse_token(p, text) : json_number(&p->in, text);
}

static bool parse_bool(json_parser *p, uint8_t *native)
{
    bool truth = json_take_word(&p->in, "true");

    if (!truth && !json_take_word(&p->in, "false"))
        return parser_refuse(p, "expected true or false");
    *native = truth;
    return true;
}

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

static bool enum_value(const catga_enum *type, catga_string text, bool escaped, int64_t *value)
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

static bool parse_number(json_parser *p, unsigned kind, int64_t *value)
{
    catga_string text;

    if (!parse_digits(p, &text))
        return false;
    if (kind == CATGA_KIND_u64) {
        uint64_t bits;
        if (!value_unsigned(text, &bits))
            return parser_refuse(p, "not an integer of its type");
        *value = (int64_t)bits;
        return true;
    }
    return (value_signed(text, value) && fits(kind, *value)) ||
           parser_refuse(p, "not an integer of its type");
}

bool json_read_enum(json_parser *p, value_type wanted, int64_t *value)
{
    catga_string text;
    bool escaped;

    if (json_peek(&p->in) != '"')
        return parse_number(p, wanted.kind, value);
    return json_string(&p->in, &text, &escaped) && (enum_value(wanted.type, text, escaped, value) ||
                                                    parser_refuse(p, "not a name of its enum"));
}

static bool parse_integer(json_parser *p, value_type wanted, int64_t *value)
{
    catga_string text;

    switch (wanted.format) {
    case CATGA_FORMAT_enum:
        return json_read_enum(p, wanted, value);
    case CATGA_FORMAT_decimal:
        return parse_digits(p, &text) && (catga_decimal_parse(text, wanted.digits, value) ||
                                          parser_refuse(p, "not a decimal of its size"));
    case CATGA_FORMAT_timestamp:
        return parse_token(p, &text) &&
               (catga_timestamp_parse(text, value) || parser_refuse(p, "not a timestamp"));
    case CATGA_FORMAT_duration:
        return parse_token(p, &text) &&
               (catga_duration_parse(text, value) || parser_refuse(p, "not a duration"));
    default:
        return parse_number(p, wanted.kind, value);
    }
}

static bool floating_word(catga_string text, double *value)
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

/* Reads a number. A float is rounded once, from the text, not from the nearest double. */
static bool floating_number(catga_string text, unsigned kind, double *value)
{
    float single;

    if (kind == CATGA_KIND_f64)
        return value_floating(text, value);
    if (!value_single(text, &single))
        return false;
    *value = (double)single;
    return true;
}

static bool parse_floating(json_parser *p, unsigned kind, uint8_t *native)
{
    catga_string text;
    double value;

    if (json_peek(&p->in) == '"') {
        if (!parse_token(p, &text) || !floating_word(text, &value))
            return parser_refuse(p, "expected a number");
    } else if (!json_number(&p->in, &text) || !floating_number(text, kind, &value)) {
        return parser_refuse(p, "a number too large");
    }
    float single = (float)value;
    if (kind == CATGA_KIND_f64)
        memcpy(native, &value, sizeof value);
    else
        memcpy(native, &single, sizeof single);
    return true;
}

bool json_read_scalar(json_parser *p, value_type wanted, uint8_t *native)
{
    int64_t value;

    if (wanted.kind == CATGA_KIND_bool)
        return parse_bool(p, native);
    if (wanted.kind == CATGA_KIND_f32 || wanted.kind == CATGA_KIND_f64)
        return parse_floating(p, wanted.kind, native);
    if (!parse_integer(p, wanted, &value))
        return false;
    native_set_integer(native, wanted.kind, value);
    return true;
}

bool json_read_uuid(json_parser *p, uint8_t *native)
{
    catga_string text;
    catga_uuid uuid;

    if (!parse_token(p, &text))
        return false;
    if (!catga_uuid_parse(text, &uuid))
        return parser_refuse(p, "not a uuid");
    memcpy(native, &uuid, sizeof uuid);
    return true;
}
