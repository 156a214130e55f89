/* check_values.c -- evaluates constant expressions in the expected type.
 *
 * Every intermediate result must fit the type: `1 - 2 + 3` is an error for u32. A literal has the
 * expected type. A named constant is converted if its value fits without loss.
 */
#include "check/checker.h"
#include "grammar.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One evaluation: the expected type, and the scope of names. */
typedef struct evaluation {
    checker *c;
    const scope *from;
    const model_type *type;
} evaluation;

static bool evaluate(const evaluation *e, const ast_expression *expression, model_value *value);

/* ---- Types and their limits ------------------------------------------------------------------ */

static model_value_kind value_kind_of(const model_type *type)
{
    if (type->kind == TYPE_STRING)
        return VALUE_TEXT;
    switch (scalar_class_of(type->scalar)) {
    case CLASS_BOOL:
        return VALUE_BOOL;
    case CLASS_SIGNED:
        return VALUE_SIGNED;
    case CLASS_UNSIGNED:
        return VALUE_UNSIGNED;
    case CLASS_FLOAT:
        return VALUE_FLOAT;
    }
    return VALUE_NONE;
}

static unsigned bits_of(const model_type *type)
{
    return 8 * scalar_size(type->scalar);
}

static int64_t signed_maximum(const model_type *type)
{
    return INT64_MAX >> (64 - bits_of(type));
}

static uint64_t unsigned_maximum(const model_type *type)
{
    return UINT64_MAX >> (64 - bits_of(type));
}

static const char *type_text(const evaluation *e)
{
    buffer text = buffer_in(e->c->memory);

    model_print_type(e->type, &text);
    return text.data;
}

static bool report_overflow(const evaluation *e, span place)
{
    buffer limits = buffer_in(e->c->memory);

    if (e->type->kind == TYPE_SCALAR && value_kind_of(e->type) == VALUE_SIGNED)
        buffer_printf(&limits, " (%" PRId64 "..%" PRId64 ")", -signed_maximum(e->type) - 1,
                      signed_maximum(e->type));
    else if (e->type->kind == TYPE_SCALAR && value_kind_of(e->type) == VALUE_UNSIGNED)
        buffer_printf(&limits, " (0..%" PRIu64 ")", unsigned_maximum(e->type));
    diag_report(e->c->diags, DIAG_OVERFLOW, place, "this does not fit in '%s'%.*s", type_text(e),
                SLICE_PRINT(buffer_slice(&limits)));
    return false;
}

static bool report_mismatch(const evaluation *e, span place, const char *found)
{
    diag_report(e->c->diags, DIAG_WRONG_TYPE, place, "expected a value of type '%s', not %s",
                type_text(e), found);
    return false;
}

static bool store_signed(const evaluation *e, span place, int64_t number, model_value *value)
{
    if (number > signed_maximum(e->type) || number < -signed_maximum(e->type) - 1)
        return report_overflow(e, place);
    *value = (model_value){.kind = VALUE_SIGNED, .as_signed = number};
    return true;
}

static bool store_unsigned(const evaluation *e, span place, uint64_t number, model_value *value)
{
    if (number > unsigned_maximum(e->type))
        return report_overflow(e, place);
    *value = (model_value){.kind = VALUE_UNSIGNED, .as_unsigned = number};
    return true;
}

static bool is_zero(double number)
{
    return fpclassify(number) == FP_ZERO;
}

/* Stores the nearest value of the type; only what rounds to infinity is too large. `is_exact_zero`
 * says whether the number was 0 before it was rounded. */
static bool store_float(const evaluation *e, span place, double number, bool is_exact_zero,
                        model_value *value)
{
    bool is_single = e->type->scalar == SCALAR_F32;
    double rounded = is_single ? (double)(float)number : number;

    if (!isfinite(rounded))
        return report_overflow(e, place);
    if (is_zero(rounded) && !is_exact_zero)
        diag_report(e->c->diags, DIAG_UNDERFLOW, place,
                    "this is 0 in '%s', whose smallest number is %s", type_text(e),
                    is_single ? "1.4e-45" : "4.9e-324");
    *value = (model_value){.kind = VALUE_FLOAT, .as_float = rounded};
    return true;
}

/* The smallest signed number needs `negative` with a magnitude of 2^63. */
static bool store_magnitude(const evaluation *e, span place, bool negative, uint64_t magnitude,
                            model_value *value)
{
    if (value_kind_of(e->type) == VALUE_UNSIGNED)
        return negative && magnitude > 0 ? report_overflow(e, place)
                                         : store_unsigned(e, place, magnitude, value);
    if (magnitude > (uint64_t)INT64_MAX + negative)
        return report_overflow(e, place);
    int64_t number =
        negative ? -(int64_t)(magnitude - (magnitude > 0)) - (magnitude > 0) : (int64_t)magnitude;
    return store_signed(e, place, number, value);
}

/* ---- Literals -------------------------------------------------------------------------------- */

static unsigned digit_value(char digit)
{
    return digit <= '9' ? (unsigned)(digit - '0') : (unsigned)((digit | 0x20) - 'a' + 10);
}

/* Reads digits that the lexer has checked. Returns false if the value exceeds 64 bits. */
static bool read_digits(slice digits, unsigned base, uint64_t *number)
{
    for (size_t i = 0; i < digits.length; i++) {
        if (digits.data[i] == '_')
            continue;
        if (__builtin_mul_overflow(*number, base, number) ||
            __builtin_add_overflow(*number, digit_value(digits.data[i]), number))
            return false;
    }
    return true;
}

static bool read_integer(slice text, uint64_t *number)
{
    *number = 0;
    bool has_prefix = text.length > 2 && text.data[0] == '0' && text.data[1] > '9';
    if (!has_prefix)
        return read_digits(text, 10, number);
    return read_digits((slice){text.data + 2, text.length - 2}, text.data[1] == 'x' ? 16 : 2,
                       number);
}

/* Reads a decimal exactly: 5999.99 is 599999 for two places. */
static bool read_decimal(slice text, unsigned places, uint64_t *scaled)
{
    const char *point = memchr(text.data, '.', text.length);
    size_t whole_length = point == NULL ? text.length : (size_t)(point - text.data);

    *scaled = 0;
    if (!read_digits((slice){text.data, whole_length}, 10, scaled))
        return false;
    size_t at = whole_length + 1;
    for (unsigned place = 0; place < places; place++) {
        while (at < text.length && text.data[at] == '_')
            at++;
        uint64_t digit = at < text.length ? digit_value(text.data[at]) : 0;
        at++;
        if (__builtin_mul_overflow(*scaled, 10u, scaled) ||
            __builtin_add_overflow(*scaled, digit, scaled))
            return false;
    }
    return true;
}

static size_t places_of(slice text)
{
    const char *point = memchr(text.data, '.', text.length);
    size_t count = 0;

    if (point != NULL)
        for (const char *at = point + 1; at < text.data + text.length; at++)
            count += *at != '_';
    return count;
}

static bool has_exponent(slice text)
{
    return memchr(text.data, 'e', text.length) != NULL ||
           memchr(text.data, 'E', text.length) != NULL;
}

static bool evaluate_decimal_literal(const evaluation *e, const ast_expression *literal,
                                     bool negative, model_value *value)
{
    uint64_t scaled;

    if (slice_starts_with(literal->text, "0x") || slice_starts_with(literal->text, "0b") ||
        has_exponent(literal->text))
        return report_mismatch(e, literal->place, "a number in this notation");
    if (places_of(literal->text) > e->type->decimal_places) {
        diag_report(e->c->diags, DIAG_TOO_PRECISE, literal->place,
                    "'%s' has %u digits after the point, this has %zu", type_text(e),
                    e->type->decimal_places, places_of(literal->text));
        return false;
    }
    if (!read_decimal(literal->text, e->type->decimal_places, &scaled))
        return report_overflow(e, literal->place);
    return store_magnitude(e, literal->place, negative, scaled, value);
}

/* Appends a 0b literal as 0x, because strtod() cannot read 0b. */
static void append_hexadecimal(buffer *out, slice bits)
{
    static const char digits[] = "0123456789abcdef";
    size_t count = 0;

    for (size_t i = 0; i < bits.length; i++)
        count += bits.data[i] != '_';
    unsigned digit = 0;
    buffer_append_text(out, "0x");
    for (size_t i = 0; i < bits.length; i++) {
        if (bits.data[i] == '_')
            continue;
        digit = digit << 1 | (bits.data[i] == '1');
        if (--count % 4 == 0) {
            buffer_append_char(out, digits[digit]);
            digit = 0;
        }
    }
}

/* Returns the literal for strtod(). The locale is "C", unless a program that uses this library
 * changes it. */
static const char *float_text(const evaluation *e, slice literal)
{
    buffer text = buffer_in(e->c->memory);

    if (slice_starts_with(literal, "0b")) {
        append_hexadecimal(&text, (slice){literal.data + 2, literal.length - 2});
        return text.data;
    }
    for (size_t i = 0; i < literal.length; i++)
        if (literal.data[i] != '_')
            buffer_append_char(&text, literal.data[i]);
    return text.data;
}

/* Returns true if all digits before an exponent are 0. */
static bool is_zero_literal(slice literal)
{
    bool is_hexadecimal = slice_starts_with(literal, "0x");
    size_t prefix = is_hexadecimal || slice_starts_with(literal, "0b") ? 2 : 0;

    for (size_t i = prefix; i < literal.length; i++) {
        char digit = literal.data[i];
        if (!is_hexadecimal && (digit == 'e' || digit == 'E'))
            break;
        if (digit != '0' && digit != '.' && digit != '_')
            return false;
    }
    return true;
}

/* Rounds the text once, to the expected type. */
static bool evaluate_float_literal(const evaluation *e, const ast_expression *literal,
                                   bool negative, model_value *value)
{
    const char *text = float_text(e, literal->text);
    double number = e->type->scalar == SCALAR_F32 ? (double)strtof(text, NULL) : strtod(text, NULL);

    return store_float(e, literal->place, negative ? -number : number,
                       is_zero_literal(literal->text), value);
}

static bool evaluate_duration_literal(const evaluation *e, const ast_expression *literal,
                                      bool negative, model_value *value)
{
    static const struct {
        const char *unit;
        uint64_t nanoseconds;
    } units[] = {{"ns", 1},
                 {"us", 1000},
                 {"ms", 1000000},
                 {"s", 1000000000},
                 {"m", UINT64_C(60000000000)},
                 {"h", UINT64_C(3600000000000)},
                 {"d", UINT64_C(86400000000000)}};
    size_t length = 0;

    while (literal->text.data[length] == '_' ||
           (literal->text.data[length] >= '0' && literal->text.data[length] <= '9'))
        length++;
    slice unit = {literal->text.data + length, literal->text.length - length};
    uint64_t number = 0;
    bool fits = read_digits((slice){literal->text.data, length}, 10, &number);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (slice_is(unit, units[i].unit))
            fits = fits && !__builtin_mul_overflow(number, units[i].nanoseconds, &number);
    if (!fits)
        return report_overflow(e, literal->place);
    return store_magnitude(e, literal->place, negative, number, value);
}

static bool evaluate_number(const evaluation *e, const ast_expression *literal, bool negative,
                            model_value *value)
{
    uint64_t magnitude;

    if (e->type->kind == TYPE_DECIMAL)
        return evaluate_decimal_literal(e, literal, negative, value);
    if (e->type->kind == TYPE_DURATION)
        return report_mismatch(e, literal->place, "a number: a duration needs a unit, such as 5s");
    if (e->type->kind == TYPE_ENUM)
        return report_mismatch(e, literal->place, "a number");
    if (value_kind_of(e->type) == VALUE_FLOAT)
        return evaluate_float_literal(e, literal, negative, value);
    if (value_kind_of(e->type) != VALUE_SIGNED && value_kind_of(e->type) != VALUE_UNSIGNED)
        return report_mismatch(e, literal->place, "a number");
    if (literal->kind == EXPRESSION_NUMBER)
        return report_mismatch(e, literal->place, "a number with a point");
    if (!read_integer(literal->text, &magnitude))
        return report_overflow(e, literal->place);
    return store_magnitude(e, literal->place, negative, magnitude, value);
}

/* ---- Names ----------------------------------------------------------------------------------- */

static bool evaluate_bool_word(const ast_expression *name, model_value *value)
{
    bool is_true = slice_is(name->name.text, "true");

    *value = (model_value){.kind = VALUE_BOOL, .as_bool = is_true};
    return is_true || slice_is(name->name.text, "false");
}

static void suggest_member(const evaluation *e, slice name, span place)
{
    const model_enum *of = e->type->enumeration;

    if (diag_is_full(e->c->diags))
        return;
    place.begin = place.end - (uint32_t)name.length;
    suggestion search = suggestion_for(name);
    for (size_t i = 0; i < of->member_count; i++)
        suggestion_consider(&search, of->members[i].origin.name);
    diag_suggest(e->c->diags, place, &search);
}

/* Evaluates Created or OrderStatus.Created. */
static bool evaluate_enum_member(const evaluation *e, const ast_expression *name,
                                 model_value *value)
{
    const model_enum *of = e->type->enumeration;
    slice text = name->name.text;
    size_t skipped = name->name.qualifier_length;

    if (skipped > 0 && slice_equal((slice){text.data, skipped}, of->origin.name))
        text = intern(e->c->names, (slice){text.data + skipped + 1, text.length - skipped - 1});
    const model_enum_member *member = check_enum_member_named(e->c, of, text);
    if (member != NULL) {
        *value = member->value;
        return true;
    }
    diag_report(e->c->diags, DIAG_UNKNOWN_NAME, name->place, "enum '%.*s' has no '%.*s'",
                SLICE_PRINT(of->origin.name), SLICE_PRINT(text));
    suggest_member(e, text, name->place);
    diag_note(e->c->diags, of->origin.place, "declared here");
    return false;
}

static bool is_integer(const model_value *value)
{
    return value->kind == VALUE_SIGNED || value->kind == VALUE_UNSIGNED;
}

static bool convert_integer(const evaluation *e, span place, const model_value *known,
                            model_value *value)
{
    bool negative = known->kind == VALUE_SIGNED && known->as_signed < 0;
    uint64_t magnitude = known->kind == VALUE_UNSIGNED ? known->as_unsigned
                         : negative                    ? 0 - (uint64_t)known->as_signed
                                                       : (uint64_t)known->as_signed;

    if (value_kind_of(e->type) == VALUE_FLOAT)
        return store_float(e, place, negative ? -(double)magnitude : (double)magnitude,
                           magnitude == 0, value);
    return store_magnitude(e, place, negative, magnitude, value);
}

/* Returns true for equal types, and from plain number to plain number. */
static bool convert_constant(const evaluation *e, span place, const model_constant *constant,
                             model_value *value)
{
    const model_type *type = &constant->type;
    bool is_same = type->kind == e->type->kind && type->decimal_places == e->type->decimal_places;
    model_value_kind wanted = value_kind_of(e->type);

    if (is_same && type->kind != TYPE_SCALAR) {
        *value = constant->value;
        return true;
    }
    if (is_same && constant->value.kind == VALUE_BOOL && wanted == VALUE_BOOL) {
        *value = constant->value;
        return true;
    }
    if (is_same && constant->value.kind == VALUE_FLOAT && wanted == VALUE_FLOAT)
        return store_float(e, place, constant->value.as_float, is_zero(constant->value.as_float),
                           value);
    if (is_same && is_integer(&constant->value) && wanted != VALUE_BOOL)
        return convert_integer(e, place, &constant->value, value);

    buffer found = buffer_in(e->c->memory);
    buffer_append_text(&found, "a constant of type '");
    model_print_type(type, &found);
    buffer_append_char(&found, '\'');
    report_mismatch(e, place, found.data);
    diag_note(e->c->diags, constant->origin.place, "declared here");
    return false;
}

static bool evaluate_name(const evaluation *e, const ast_expression *name, model_value *value)
{
    if (e->type->kind == TYPE_ENUM)
        return evaluate_enum_member(e, name, value);
    if (evaluate_bool_word(name, value))
        return e->type->kind == TYPE_SCALAR && e->type->scalar == SCALAR_BOOL
                   ? true
                   : report_mismatch(e, name->place, "a bool");
    symbol *found = check_resolve(e->c, e->from, &name->name, "constant");
    if (found == NULL)
        return false;
    if (found->declaration->kind != AST_CONST) {
        diag_report(e->c->diags, DIAG_NOT_A_CONSTANT, name->place, "'%.*s' is %s, not a constant",
                    SLICE_PRINT(name->name.text), check_kind_text(found->declaration->kind));
        diag_note(e->c->diags, found->declaration->name.place, "declared here");
        return false;
    }
    if (found->state == SYMBOL_IN_PROGRESS) {
        diag_report(e->c->diags, DIAG_CONSTANT_CYCLE, name->place,
                    "the value of '%.*s' depends on itself", SLICE_PRINT(name->name.text));
        found->invalid = true;
        return false;
    }
    if (!check_go_deeper(e->c, name->place))
        return false;
    bool is_known = check_constant(e->c, found);
    e->c->depth--;
    return is_known && convert_constant(e, name->place, found->constant, value);
}

/* ---- Operators ------------------------------------------------------------------------------- */

static bool report_operator(const evaluation *e, const ast_expression *expression)
{
    diag_report(e->c->diags, DIAG_BAD_OPERATOR, expression->place,
                "values of type '%s' have no operator %s", type_text(e),
                token_name(expression->sign));
    return false;
}

static bool report_zero(const evaluation *e, const ast_expression *expression)
{
    diag_report(e->c->diags, DIAG_DIVISION_BY_ZERO, expression->right->place,
                "this divides by zero");
    return false;
}

static bool report_shift(const evaluation *e, const ast_expression *expression)
{
    diag_report(e->c->diags, DIAG_BAD_SHIFT, expression->right->place,
                "'%s' can be shifted by 0 to %u", type_text(e), bits_of(e->type) - 1);
    return false;
}

static bool combine_unsigned(const evaluation *e, const ast_expression *at, uint64_t left,
                             uint64_t right, model_value *value)
{
    uint64_t number = 0;
    bool overflow = false;

    switch (at->sign) {
    case TOKEN_PLUS:
        overflow = __builtin_add_overflow(left, right, &number);
        break;
    case TOKEN_MINUS:
        overflow = __builtin_sub_overflow(left, right, &number);
        break;
    case TOKEN_STAR:
        overflow = __builtin_mul_overflow(left, right, &number);
        break;
    case TOKEN_SLASH:
    case TOKEN_PERCENT:
        if (right == 0)
            return report_zero(e, at);
        number = at->sign == TOKEN_SLASH ? left / right : left % right;
        break;
    case TOKEN_SHIFT_LEFT:
    case TOKEN_SHIFT_RIGHT:
        if (right >= bits_of(e->type))
            return report_shift(e, at);
        number = at->sign == TOKEN_SHIFT_LEFT ? left << right : left >> right;
        overflow = at->sign == TOKEN_SHIFT_LEFT && number >> right != left;
        break;
    case TOKEN_AMPERSAND:
        number = left & right;
        break;
    default:
        number = left | right;
        break;
    }
    return overflow ? report_overflow(e, at->place) : store_unsigned(e, at->place, number, value);
}

static bool combine_signed(const evaluation *e, const ast_expression *at, int64_t left,
                           int64_t right, model_value *value)
{
    int64_t number = 0;
    bool overflow = false;

    switch (at->sign) {
    case TOKEN_PLUS:
        overflow = __builtin_add_overflow(left, right, &number);
        break;
    case TOKEN_MINUS:
        overflow = __builtin_sub_overflow(left, right, &number);
        break;
    case TOKEN_STAR:
        overflow = __builtin_mul_overflow(left, right, &number);
        break;
    case TOKEN_SLASH:
    case TOKEN_PERCENT:
        if (right == 0)
            return report_zero(e, at);
        overflow = left == INT64_MIN && right == -1;
        if (!overflow)
            number = at->sign == TOKEN_SLASH ? left / right : left % right;
        break;
    case TOKEN_SHIFT_LEFT:
    case TOKEN_SHIFT_RIGHT:
        if (right < 0 || right >= (int64_t)bits_of(e->type))
            return report_shift(e, at);
        if (at->sign == TOKEN_SHIFT_LEFT)
            overflow =
                __builtin_mul_overflow(left, INT64_C(1) << (right > 62 ? 62 : right), &number) ||
                right > 62;
        else
            number = left >> right;
        break;
    case TOKEN_AMPERSAND:
        number = left & right;
        break;
    default:
        number = left | right;
        break;
    }
    return overflow ? report_overflow(e, at->place) : store_signed(e, at->place, number, value);
}

static bool combine_floats(const evaluation *e, const ast_expression *at, double left, double right,
                           model_value *value)
{
    switch (at->sign) {
    case TOKEN_PLUS:
        return store_float(e, at->place, left + right, is_zero(left + right), value);
    case TOKEN_MINUS:
        return store_float(e, at->place, left - right, is_zero(left - right), value);
    case TOKEN_STAR:
        return store_float(e, at->place, left * right, is_zero(left) || is_zero(right), value);
    case TOKEN_SLASH:
        return is_zero(right) ? report_zero(e, at)
                              : store_float(e, at->place, left / right, is_zero(left), value);
    default:
        return report_operator(e, at);
    }
}

/* Returns true if a type supports an operator. Integers support all operators, floats + - * /,
 * decimals, durations and timestamps + and -, flags |, other types none.
 */
static bool has_operator(const model_type *type, int sign)
{
    if (type->kind == TYPE_ENUM && type->enumeration->is_flags)
        return sign == TOKEN_BAR;
    if (type->kind == TYPE_ENUM || type->kind == TYPE_STRING || value_kind_of(type) == VALUE_BOOL)
        return false;
    if (type->kind != TYPE_SCALAR)
        return sign == TOKEN_PLUS || sign == TOKEN_MINUS;
    return true;
}

static bool evaluate_binary(const evaluation *e, const ast_expression *at, model_value *value)
{
    if (!has_operator(e->type, at->sign))
        return report_operator(e, at);
    model_value left;
    model_value right;
    bool good = evaluate(e, at->left, &left);
    good = evaluate(e, at->right, &right) && good;
    if (!good)
        return false;
    if (left.kind == VALUE_FLOAT)
        return combine_floats(e, at, left.as_float, right.as_float, value);
    if (left.kind == VALUE_SIGNED)
        return combine_signed(e, at, left.as_signed, right.as_signed, value);
    return combine_unsigned(e, at, left.as_unsigned, right.as_unsigned, value);
}

static bool negate(const evaluation *e, const ast_expression *at, model_value *value)
{
    if (value->kind == VALUE_FLOAT)
        return store_float(e, at->place, -value->as_float, is_zero(value->as_float), value);
    if (value->kind == VALUE_UNSIGNED)
        return value->as_unsigned == 0 || report_overflow(e, at->place);
    if (value->as_signed == INT64_MIN)
        return report_overflow(e, at->place);
    return store_signed(e, at->place, -value->as_signed, value);
}

static bool complement(const evaluation *e, const ast_expression *at, model_value *value)
{
    if (value->kind == VALUE_UNSIGNED)
        value->as_unsigned = ~value->as_unsigned & unsigned_maximum(e->type);
    else if (value->kind == VALUE_SIGNED)
        value->as_signed = ~value->as_signed;
    else
        return report_operator(e, at);
    return true;
}

/* Evaluates a minus with its literal: the smallest number has no positive counterpart. */
static bool evaluate_unary(const evaluation *e, const ast_expression *at, model_value *value)
{
    const ast_expression *operand = at->right;

    if (!has_operator(e->type, at->sign))
        return report_operator(e, at);
    if (at->sign == TOKEN_MINUS &&
        (operand->kind == EXPRESSION_INTEGER || operand->kind == EXPRESSION_NUMBER))
        return evaluate_number(e, operand, true, value);
    if (!evaluate(e, operand, value))
        return false;
    return at->sign == TOKEN_MINUS ? negate(e, at, value) : complement(e, at, value);
}

/* ---- All of it ------------------------------------------------------------------------------- */

/* Recursive, at most as deep as the parser allows. */
static bool evaluate(const evaluation *e, const ast_expression *expression, model_value *value)
{
    *value = (model_value){.kind = VALUE_NONE};
    switch (expression->kind) {
    case EXPRESSION_BROKEN:
        return false;
    case EXPRESSION_INTEGER:
    case EXPRESSION_NUMBER:
        return evaluate_number(e, expression, false, value);
    case EXPRESSION_DURATION:
        return e->type->kind == TYPE_DURATION
                   ? evaluate_duration_literal(e, expression, false, value)
                   : report_mismatch(e, expression->place, "a duration");
    case EXPRESSION_STRING:
        *value = (model_value){.kind = VALUE_TEXT, .as_text = expression->text};
        return e->type->kind == TYPE_STRING || report_mismatch(e, expression->place, "a string");
    case EXPRESSION_NAME:
        return evaluate_name(e, expression, value);
    case EXPRESSION_UNARY:
        return evaluate_unary(e, expression, value);
    case EXPRESSION_BINARY:
        return evaluate_binary(e, expression, value);
    }
    return false;
}

bool check_evaluate(checker *c, const scope *from, const ast_expression *expression,
                    const model_type *type, model_value *value)
{
    const evaluation e = {c, from, type};

    return evaluate(&e, expression, value);
}

/* nan, inf and infinity, unless the schema has a constant of that name. */
static bool non_finite_word(const checker *c, const scope *from, const ast_expression *word,
                            double *number)
{
    if (word->kind != EXPRESSION_NAME || check_is_known(c, from, &word->name))
        return false;
    bool is_infinite = slice_is(word->name.text, "inf") || slice_is(word->name.text, "infinity");
    *number = is_infinite ? (double)INFINITY : (double)NAN;
    return is_infinite || slice_is(word->name.text, "nan");
}

bool check_evaluate_default(checker *c, const scope *from, const ast_expression *expression,
                            const model_type *type, model_value *value)
{
    bool is_negative = expression->kind == EXPRESSION_UNARY && expression->sign == TOKEN_MINUS;
    double number;

    if (type->kind != TYPE_SCALAR || scalar_class_of(type->scalar) != CLASS_FLOAT ||
        !non_finite_word(c, from, is_negative ? expression->right : expression, &number))
        return check_evaluate(c, from, expression, type, value);
    bool flips = is_negative && !isnan(number);
    *value = (model_value){.kind = VALUE_FLOAT, .as_float = flips ? -number : number};
    return true;
}

bool check_constant(checker *c, symbol *constant)
{
    if (constant->state == SYMBOL_UNTOUCHED) {
        const ast_declaration *d = constant->declaration;
        model_constant *facts = constant->constant;
        constant->state = SYMBOL_IN_PROGRESS;
        if (!check_type(c, constant->scope, d->type, POSITION_CONSTANT, &facts->type) ||
            !check_evaluate(c, constant->scope, d->value, &facts->type, &facts->value))
            constant->invalid = true;
        constant->state = SYMBOL_DONE;
    }
    return !constant->invalid;
}

/* ---- Values ---------------------------------------------------------------------------------- */

int check_compare(const model_value *left, const model_value *right)
{
    if (left->kind == VALUE_FLOAT)
        return (left->as_float > right->as_float) - (left->as_float < right->as_float);
    if (left->kind == VALUE_SIGNED)
        return (left->as_signed > right->as_signed) - (left->as_signed < right->as_signed);
    return (left->as_unsigned > right->as_unsigned) - (left->as_unsigned < right->as_unsigned);
}

model_value check_zero(const model_type *type)
{
    return (model_value){.kind = value_kind_of(type)};
}
