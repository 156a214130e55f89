/* convert.c -- converts types and values of FlatBuffers to those of a .catga file. */
#include "import/parts.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Types ----------------------------------------------------------------------------------- */

typedef struct scalar_pair {
    slice fbs;
    slice catga;
} scalar_pair;

#define PAIR(fbs, catga)                                                                           \
    {                                                                                              \
        {fbs, sizeof fbs - 1},                                                                     \
        {                                                                                          \
            catga, sizeof catga - 1                                                                \
        }                                                                                          \
    }

static const scalar_pair scalars[] = {
    PAIR("bool", "bool"),   PAIR("byte", "i8"),       PAIR("int8", "i8"),     PAIR("ubyte", "u8"),
    PAIR("uint8", "u8"),    PAIR("short", "i16"),     PAIR("int16", "i16"),   PAIR("ushort", "u16"),
    PAIR("uint16", "u16"),  PAIR("int", "i32"),       PAIR("int32", "i32"),   PAIR("uint", "u32"),
    PAIR("uint32", "u32"),  PAIR("long", "i64"),      PAIR("int64", "i64"),   PAIR("ulong", "u64"),
    PAIR("uint64", "u64"),  PAIR("float", "f32"),     PAIR("float32", "f32"), PAIR("double", "f64"),
    PAIR("float64", "f64"), PAIR("string", "string"),
};

slice convert_scalar(slice name)
{
    for (size_t n = 0; n < sizeof scalars / sizeof scalars[0]; n++) {
        if (slice_equal(scalars[n].fbs, name))
            return scalars[n].catga;
    }
    return SLICE("");
}

bool convert_is_signed(slice catga_word)
{
    return slice_starts_with(catga_word, "i");
}

slice convert_unsigned(slice catga_word)
{
    static const scalar_pair pairs[] = {PAIR("i8", "u8"), PAIR("i16", "u16"), PAIR("i32", "u32"),
                                        PAIR("i64", "u64")};

    for (size_t n = 0; n < sizeof pairs / sizeof pairs[0]; n++) {
        if (slice_equal(pairs[n].fbs, catga_word))
            return pairs[n].catga;
    }
    return catga_word;
}

bool convert_is_float(slice catga_word)
{
    return slice_starts_with(catga_word, "f");
}

bool is_flags(const fbs_declaration *declaration)
{
    return declaration->kind == FBS_ENUM &&
           fbs_find_attribute(declaration->attributes, "bit_flags") != NULL;
}

/* ---- Numbers --------------------------------------------------------------------------------- */

bool convert_integer(slice text, bool *is_negative, uint64_t *magnitude)
{
    char digits[32];
    char *end;

    *is_negative = text.length > 0 && text.data[0] == '-';
    size_t skipped = text.length > 0 && (text.data[0] == '-' || text.data[0] == '+');
    size_t length = text.length - skipped;
    bool is_hex = length > 2 && text.data[skipped] == '0' && (text.data[skipped + 1] | 32) == 'x';
    if (length == 0 || length >= sizeof digits)
        return false;
    memcpy(digits, text.data + skipped, length);
    digits[length] = '\0';
    errno = 0;
    *magnitude = strtoull(digits, &end, is_hex ? 16 : 10);
    return *end == '\0' && errno == 0 && (!*is_negative || *magnitude <= UINT64_C(1) << 63);
}

/* Rounds the text once, to the type. */
static double read_float(const char *text, bool is_single, char **end)
{
    return is_single ? (double)strtof(text, end) : strtod(text, end);
}

/* Reads a number as flatc does: one beyond the type is infinite, and one too small for it is 0. */
static bool convert_float(slice text, bool is_single, double *value)
{
    char digits[512];
    char *end;

    if (text.length == 0 || text.length >= sizeof digits)
        return false;
    memcpy(digits, text.data, text.length);
    digits[text.length] = '\0';
    *value = read_float(digits, is_single, &end);
    return *end == '\0';
}

static bool is_same(double value, double other)
{
    return !(value < other) && !(value > other);
}

/* Prints the fewest digits that give the same value: 3 as 3.0, 1e+30 as 1e30. */
static void append_float(double value, bool is_single, buffer *out)
{
    char text[64];
    int digits = 1;

    do
        snprintf(text, sizeof text, "%.*g", digits++, value);
    while (digits <= 17 && !is_same(value, read_float(text, is_single, NULL)));
    for (const char *at = text; *at != '\0'; at++) {
        if (*at != '+')
            buffer_append_char(out, *at);
    }
    if (strpbrk(text, ".e") == NULL)
        buffer_append_text(out, ".0");
}

/* ---- Defaults -------------------------------------------------------------------------------- */

static bool refuse(importer *i, const fbs_member *field, const char *reason)
{
    diag_report(i->diags, DIAG_CANNOT_EXPRESS, field->value.place,
                "the default of '%.*s' cannot be expressed: %s", SLICE_PRINT(field->name.text),
                reason);
    return false;
}

static bool is_true(const fbs_value *value)
{
    return value->kind == FBS_VALUE_WORD && slice_is(value->text, "true");
}

static bool is_false(const fbs_value *value)
{
    return value->kind == FBS_VALUE_WORD && slice_is(value->text, "false");
}

/* Reads a number, which may be in quotes. */
static bool may_be_number(const fbs_value *value)
{
    return value->kind == FBS_VALUE_NUMBER || value->kind == FBS_VALUE_TEXT;
}

static bool convert_number(importer *i, const fbs_member *field, bool is_bool, buffer *out)
{
    bool is_negative = false;
    uint64_t magnitude = is_true(&field->value);
    bool is_number = may_be_number(&field->value) &&
                     convert_integer(field->value.text, &is_negative, &magnitude);

    if (!is_number && !is_true(&field->value) && !is_false(&field->value))
        return refuse(i, field, "it is no integer");
    if (is_bool)
        buffer_append_text(out, magnitude != 0 ? "true" : "false");
    else
        buffer_printf(out, "%s%" PRIu64, is_negative ? "-" : "", magnitude);
    return true;
}

/* Reads a word: inf, -infinity or nan. */
static bool convert_floating(importer *i, const fbs_member *field, bool is_single, buffer *out)
{
    double value;
    bool is_number = may_be_number(&field->value) || field->value.kind == FBS_VALUE_WORD;

    if (!is_number || !convert_float(field->value.text, is_single, &value))
        return refuse(i, field, "it is no number");
    if (isnan(value))
        buffer_append_text(out, "nan");
    else if (isinf(value))
        buffer_append_text(out, value < 0 ? "-inf" : "inf");
    else
        append_float(value, is_single, out);
    return true;
}

/* Reads the name of a member: Red, Color.Red or MyGame.Color.Red. */
static slice last_part(slice path)
{
    size_t begin = path.length;

    while (begin > 0 && path.data[begin - 1] != '.')
        begin--;
    return (slice){path.data + begin, path.length - begin};
}

static const fbs_member *find_member(const fbs_declaration *of, slice name)
{
    return text_table_find(&of->by_name, name);
}

static const fbs_member *find_number(const fbs_declaration *of, uint64_t number)
{
    return text_table_find(&of->by_number, (slice){(const char *)&number, sizeof number});
}

static void append_flag(const fbs_member *member, buffer *out)
{
    bool is_first = out->length == 0;

    buffer_printf(out, "%s%.*s", is_first ? "" : " | ", SLICE_PRINT(member->name.given));
}

/* Reads names separated by blanks. */
static bool convert_flag_names(importer *i, const fbs_member *field, buffer *out)
{
    slice text = field->value.text;
    size_t begin = 0;

    for (size_t at = 0; at <= text.length; at++) {
        if (at < text.length && text.data[at] != ' ')
            continue;
        slice word = last_part((slice){text.data + begin, at - begin});
        const fbs_member *member = find_member(field->type.declared, word);
        if (member == NULL && word.length > 0)
            return refuse(i, field, "it names no flag of its enum");
        if (member != NULL)
            append_flag(member, out);
        begin = at + 1;
    }
    return true;
}

static bool convert_flag_bits(importer *i, const fbs_member *field, uint64_t bits, buffer *out)
{
    for (uint64_t n = 0; n < 64; n++) {
        const fbs_member *member = find_number(field->type.declared, n);
        if ((bits >> n & 1) == 0)
            continue;
        if (member == NULL)
            return refuse(i, field, "it has a bit without a name");
        append_flag(member, out);
    }
    return true;
}

static bool convert_enum(importer *i, const fbs_member *field, buffer *out)
{
    const fbs_declaration *of = field->type.declared;
    bool is_negative = false;
    uint64_t number = 0;
    bool is_number = field->value.kind == FBS_VALUE_NUMBER;

    if (is_number && !convert_integer(field->value.text, &is_negative, &number))
        return refuse(i, field, "it is no integer");
    number = is_negative ? 0 - number : number;
    if (is_flags(of))
        return is_number ? convert_flag_bits(i, field, number, out)
                         : convert_flag_names(i, field, out);
    const fbs_member *member =
        is_number ? find_number(of, number) : find_member(of, last_part(field->value.text));
    if (member == NULL)
        return refuse(i, field, "it is no member of its enum");
    buffer_append(out, member->name.given);
    return true;
}

static bool is_nothing(const fbs_value *value)
{
    bool is_empty_text = value->kind == FBS_VALUE_TEXT && value->text.length == 0;
    bool is_null = value->kind == FBS_VALUE_WORD && slice_is(value->text, "null");

    return is_empty_text || is_null ||
           (value->kind == FBS_VALUE_OTHER && slice_is(value->text, "["));
}

bool convert_default(importer *i, const fbs_member *field, buffer *out)
{
    slice word = convert_scalar(field->type.name);
    bool is_declared = field->type.declared != NULL;

    if (field->value.kind == FBS_VALUE_NONE || is_nothing(&field->value))
        return true;
    if (field->type.is_vector || slice_is(word, "string"))
        return refuse(i, field, "an absent string or vector is empty in Catga");
    if (is_declared && field->type.declared->kind == FBS_ENUM)
        return convert_enum(i, field, out);
    if (is_declared)
        return refuse(i, field, "only numbers, bools and enums have a default");
    if (convert_is_float(word))
        return convert_floating(i, field, slice_is(word, "f32"), out);
    return convert_number(i, field, slice_is(word, "bool"), out);
}
