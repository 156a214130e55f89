/* literal.c -- see literal.h. */
#include "generate/literal.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NUMBER_SIZE = 48 };

static slice copy_text(arena *memory, const char *text)
{
    return slice_copy(memory, slice_of(text));
}

/* The most common value, which needs no printing of digits. */
static bool is_integer_zero(const model_value *value)
{
    return (value->kind == VALUE_SIGNED || value->kind == VALUE_UNSIGNED) &&
           value->as_unsigned == 0;
}

/* ---- Digits ---------------------------------------------------------------------------------- */

static bool reads_back(const char *text, double value, scalar_kind scalar)
{
    if (scalar == SCALAR_F32)
        return strtof(text, NULL) == (float)value;
    return strtod(text, NULL) == value;
}

/* Returns the word of FlatBuffers for a value without a decimal form; NULL for a number. */
static const char *non_finite_word(double value)
{
    if (isnan(value))
        return "nan";
    return isinf(value) ? value < 0 ? "-inf" : "inf" : NULL;
}

/* Prints the shortest digits that read back as the same value, with a point or an exponent. */
static void print_float(char text[NUMBER_SIZE], double value, scalar_kind scalar)
{
    const char *word = non_finite_word(value);

    if (word != NULL) {
        strcpy(text, word);
        return;
    }
    for (int precision = 1; precision <= DBL_DECIMAL_DIG; precision++) {
        snprintf(text, NUMBER_SIZE, "%.*g", precision, value);
        if (reads_back(text, value, scalar))
            break;
    }
    if (strpbrk(text, ".e") == NULL)
        strcat(text, ".0");
}

slice literal_plain(arena *memory, const model_value *value, scalar_kind scalar)
{
    char text[NUMBER_SIZE] = "";

    if (is_integer_zero(value))
        return SLICE("0");
    switch (value->kind) {
    case VALUE_BOOL:
        return value->as_bool ? SLICE("true") : SLICE("false");
    case VALUE_SIGNED:
        snprintf(text, sizeof text, "%" PRId64, value->as_signed);
        break;
    case VALUE_UNSIGNED:
        snprintf(text, sizeof text, "%" PRIu64, value->as_unsigned);
        break;
    case VALUE_FLOAT:
        print_float(text, value->as_float, scalar);
        break;
    case VALUE_NONE:
    case VALUE_TEXT:
        break;
    }
    return copy_text(memory, text);
}

/* ---- C --------------------------------------------------------------------------------------- */

/* Prints an int if the value fits one, else a literal with a type. */
static void print_c_signed(char text[NUMBER_SIZE], int64_t value)
{
    if (value == INT64_MIN)
        snprintf(text, NUMBER_SIZE, "INT64_MIN");
    else if (value > INT32_MAX)
        snprintf(text, NUMBER_SIZE, "INT64_C(%" PRId64 ")", value);
    else if (value >= 0)
        snprintf(text, NUMBER_SIZE, "%" PRId64, value);
    else if (value > INT32_MIN)
        snprintf(text, NUMBER_SIZE, "(%" PRId64 ")", value);
    else
        snprintf(text, NUMBER_SIZE, "(-INT64_C(%" PRId64 "))", -value);
}

static void print_c_unsigned(char text[NUMBER_SIZE], uint64_t value)
{
    if (value > UINT32_MAX)
        snprintf(text, NUMBER_SIZE, "UINT64_C(%" PRIu64 ")", value);
    else
        snprintf(text, NUMBER_SIZE, value > INT32_MAX ? "UINT32_C(%" PRIu64 ")" : "%" PRIu64,
                 value);
}

/* Prints a macro of gen.h for a value without a decimal form. */
static void print_c_number(char text[NUMBER_SIZE], double value, scalar_kind scalar)
{
    const char *type = scalar == SCALAR_F32 ? "f32" : "f64";

    if (isnan(value)) {
        snprintf(text, NUMBER_SIZE, "CATGA_NAN_%s", type);
        return;
    }
    if (isinf(value)) {
        snprintf(text, NUMBER_SIZE, "%sCATGA_INFINITY_%s", value < 0 ? "-" : "", type);
        return;
    }
    print_float(text, value, scalar);
}

/* Puts a negative number in parentheses. */
static void print_c_float(char text[NUMBER_SIZE], double value, scalar_kind scalar)
{
    char number[NUMBER_SIZE];

    print_c_number(number, value, scalar);
    snprintf(text, NUMBER_SIZE, value < 0 ? "(%.40s%s)" : "%.40s%s", number,
             scalar == SCALAR_F32 && isfinite(value) ? "f" : "");
}

slice literal_c(arena *memory, const model_value *value, scalar_kind scalar)
{
    char text[NUMBER_SIZE] = "";

    if (is_integer_zero(value))
        return SLICE("0");
    switch (value->kind) {
    case VALUE_SIGNED:
        if (scalar == SCALAR_I32 && value->as_signed == INT32_MIN)
            return SLICE("INT32_MIN");
        print_c_signed(text, value->as_signed);
        break;
    case VALUE_UNSIGNED:
        print_c_unsigned(text, value->as_unsigned);
        break;
    case VALUE_FLOAT:
        print_c_float(text, value->as_float, scalar);
        break;
    case VALUE_BOOL:
    case VALUE_NONE:
    case VALUE_TEXT:
        return literal_plain(memory, value, scalar);
    }
    return copy_text(memory, text);
}

slice literal_wire(arena *memory, const model_value *value)
{
    char text[NUMBER_SIZE + 16];
    char number[NUMBER_SIZE];

    if (is_integer_zero(value))
        return SLICE("{0, 0}");
    switch (value->kind) {
    case VALUE_BOOL:
        return value->as_bool ? SLICE("{1, 0}") : SLICE("{0, 0}");
    case VALUE_SIGNED:
        print_c_signed(number, value->as_signed);
        break;
    case VALUE_UNSIGNED:
        print_c_signed(number, (int64_t)value->as_unsigned);
        break;
    case VALUE_FLOAT:
        print_c_number(number, value->as_float, SCALAR_F64);
        snprintf(text, sizeof text, "{0, %s}", number);
        return copy_text(memory, text);
    case VALUE_NONE:
    case VALUE_TEXT:
        return SLICE("{0, 0}");
    }
    snprintf(text, sizeof text, "{%s, 0}", number);
    return copy_text(memory, text);
}

/* ---- People ---------------------------------------------------------------------------------- */

static slice show_decimal(arena *memory, int64_t value, unsigned places)
{
    char digits[NUMBER_SIZE];
    uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int length = snprintf(digits, sizeof digits, "%0*" PRIu64, (int)places + 1, magnitude);
    int whole = length - (int)places;
    buffer text = buffer_in(memory);

    buffer_printf(&text, "%s%.*s", value < 0 ? "-" : "", whole, digits);
    if (places > 0)
        buffer_printf(&text, ".%s", digits + whole);
    return buffer_slice(&text);
}

static const model_enum_member *find_member(const model_enum *enumeration, const model_value *value)
{
    for (size_t i = 0; i < enumeration->member_count; i++) {
        if (enumeration->members[i].value.as_unsigned == value->as_unsigned)
            return &enumeration->members[i];
    }
    return NULL;
}

/* Prints Read | Write; "none" if no bit is set. */
static slice show_flags(arena *memory, const model_enum *flags, uint64_t bits)
{
    buffer text = buffer_in(memory);

    for (size_t i = 0; i < flags->member_count; i++) {
        if ((flags->members[i].value.as_unsigned & bits) == 0)
            continue;
        if (text.length > 0)
            buffer_append_text(&text, " | ");
        buffer_append(&text, flags->members[i].origin.name);
    }
    return text.length == 0 ? SLICE("none") : buffer_slice(&text);
}

slice literal_shown(arena *memory, const model_type *type, const model_value *value)
{
    if (type->kind == TYPE_DECIMAL)
        return show_decimal(memory, value->as_signed, type->decimal_places);
    if (type->kind == TYPE_ENUM && type->enumeration->is_flags)
        return show_flags(memory, type->enumeration, value->as_unsigned);
    if (type->kind == TYPE_ENUM) {
        const model_enum_member *member = find_member(type->enumeration, value);
        if (member != NULL)
            return member->origin.name;
    }
    slice digits = literal_plain(memory, value, type->scalar);
    if (type->kind != TYPE_TIMESTAMP && type->kind != TYPE_DURATION)
        return digits;
    buffer text = buffer_in(memory);
    buffer_append(&text, digits);
    buffer_append_text(&text, " ns");
    return buffer_slice(&text);
}

/* ---- Limits ---------------------------------------------------------------------------------- */

model_value literal_least(scalar_kind scalar)
{
    unsigned bits = 8 * scalar_size(scalar);

    if (scalar_class_of(scalar) == CLASS_FLOAT)
        return (model_value){.kind = VALUE_FLOAT,
                             .as_float = scalar == SCALAR_F32 ? -FLT_MAX : -DBL_MAX};
    if (scalar_class_of(scalar) == CLASS_SIGNED)
        return (model_value){.kind = VALUE_SIGNED, .as_signed = INT64_MIN >> (64 - bits)};
    return (model_value){.kind = VALUE_UNSIGNED, .as_unsigned = 0};
}

model_value literal_greatest(scalar_kind scalar)
{
    unsigned bits = 8 * scalar_size(scalar);

    if (scalar_class_of(scalar) == CLASS_FLOAT)
        return (model_value){.kind = VALUE_FLOAT,
                             .as_float = scalar == SCALAR_F32 ? FLT_MAX : DBL_MAX};
    if (scalar_class_of(scalar) == CLASS_SIGNED)
        return (model_value){.kind = VALUE_SIGNED, .as_signed = INT64_MAX >> (64 - bits)};
    return (model_value){.kind = VALUE_UNSIGNED, .as_unsigned = UINT64_MAX >> (64 - bits)};
}
