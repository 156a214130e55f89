#include "codec/json_read_scalar.h"

#include "codec/native_struct.h"
#include "codec/value_text.h"

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

/* Stops the parser, unless there is no reason to. */
static bool refuse_if(json_parser *p, const char *reason)
{
    return reason == NULL || parser_refuse(p, reason);
}

static bool parse_integer(json_parser *p, value_type wanted, int64_t *value)
{
    bool is_quoted =
        wanted.format == CATGA_FORMAT_timestamp || wanted.format == CATGA_FORMAT_duration;
    catga_string text;

    return (is_quoted ? parse_token(p, &text) : parse_digits(p, &text)) &&
           refuse_if(p, value_integer(wanted, text, value));
}

bool json_read_enum(json_parser *p, value_type wanted, int64_t *value)
{
    catga_string text;
    bool escaped;

    if (json_peek(&p->in) != '"')
        return parse_integer(p, wanted, value);
    return json_string(&p->in, &text, &escaped) && (value_enum(wanted.type, text, escaped, value) ||
                                                    parser_refuse(p, "not a name of its enum"));
}

static bool parse_floating(json_parser *p, unsigned kind, uint8_t *native)
{
    catga_string text;
    double value;

    if (json_peek(&p->in) == '"') {
        if (!parse_token(p, &text) || !value_word(text, &value))
            return parser_refuse(p, "expected a number");
    } else if (!json_number(&p->in, &text) || !value_number(kind, text, &value)) {
        return parser_refuse(p, "a number too large");
    }
    native_set_floating(native, kind, value);
    return true;
}

bool json_read_scalar(json_parser *p, value_type wanted, uint8_t *native)
{
    int64_t value;

    if (wanted.kind == CATGA_KIND_bool)
        return parse_bool(p, native);
    if (wanted.kind == CATGA_KIND_f32 || wanted.kind == CATGA_KIND_f64)
        return parse_floating(p, wanted.kind, native);
    if (!(wanted.format == CATGA_FORMAT_enum ? json_read_enum(p, wanted, &value)
                                             : parse_integer(p, wanted, &value)))
        return false;
    native_set_integer(native, wanted.kind, value);
    return true;
}

bool json_read_uuid(json_parser *p, uint8_t *native)
{
    catga_string text;

    return parse_token(p, &text) && refuse_if(p, value_uuid(text, native));
}
