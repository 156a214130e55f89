/*
 * Writes the keys of a message as tokens of its subject. A token is one or more ASCII characters
 * without blanks, control characters, dots and wildcards: then a subject has one token per key, and
 * keys of different values have different subjects.
 */
#include "codec/sink.h"
#include "codec/value_type.h"

#include <stdio.h>

/* Longest part of a value in a problem, in bytes. */
enum { SHOWN = 40 };

static bool is_token_character(char c)
{
    return c > ' ' && c < 0x7f && c != '.' && c != '*' && c != '>';
}

static bool is_token(catga_string text)
{
    for (size_t i = 0; i < text.length; i++)
        if (!is_token_character(text.data[i]))
            return false;
    return text.length != 0;
}

/* Explains why a value is no token; other characters than printable ones are shown as "?". */
static void explain(catga_problem *problem, const char *name, catga_string value)
{
    char shown[SHOWN];
    size_t length = value.length < SHOWN ? value.length : SHOWN;

    for (size_t i = 0; i < length; i++)
        shown[i] = value.data[i] >= ' ' && value.data[i] < 0x7f ? value.data[i] : '?';
    snprintf(problem->text, sizeof problem->text,
             "%s: \"%.*s%s\" is no key: ASCII without blanks, '.', '*', '>'; not empty", name,
             (int)length, shown, value.length > SHOWN ? "..." : "");
}

static void put_integer(sink *out, const catga_field *field, const uint8_t *at)
{
    int64_t value = at == NULL ? field->standard.i : value_load_integer(at, field->kind);

    if (field->kind == CATGA_KIND_u64)
        sink_unsigned(out, (uint64_t)value);
    else
        sink_signed(out, value);
}

static void put_bool(sink *out, const catga_field *field, const uint8_t *at)
{
    bool value = at == NULL ? field->standard.i != 0 : catga_load_bool(at);

    sink_text(out, value ? "true" : "false");
}

static void put_uuid(sink *out, const uint8_t *at)
{
    catga_uuid uuid = {{0}};
    char text[CATGA_UUID_TEXT];

    if (at != NULL)
        memcpy(&uuid, at, sizeof uuid);
    sink_text(out, catga_uuid_text(uuid, text));
}

static bool put_key(sink *out, const catga_field *field, const uint8_t *root,
                    catga_problem *problem)
{
    const uint8_t *at = catga_find(root, field->slot);

    if (field->kind == CATGA_KIND_string) {
        catga_string text = catga_get_string(root, field->slot);
        if (!is_token(text)) {
            explain(problem, field->name, text);
            return false;
        }
        sink_put(out, text.data, text.length);
    } else if (field->kind == CATGA_KIND_struct) {
        put_uuid(out, at);
    } else if (field->kind == CATGA_KIND_bool) {
        put_bool(out, field, at);
    } else {
        put_integer(out, field, at);
    }
    return true;
}

size_t catga_keys_put(const catga_message *message, const uint8_t *root, char *text,
                      size_t capacity, catga_problem *problem)
{
    const catga_keys *keys = message->keys;
    sink out = {text, capacity, 0};

    for (size_t i = 0; i < keys->count; i++) {
        sink_character(&out, '.');
        if (!put_key(&out, &message->table->fields[keys->fields[i]], root, problem))
            return 0;
    }
    sink_finish(&out);
    if (out.length < capacity)
        return out.length;
    snprintf(problem->text, sizeof problem->text, "the subject with its keys is too long");
    return 0;
}
