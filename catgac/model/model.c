/* model.c -- computes properties of the model, see model.h. model_dump.c prints it. */
#include "model/model.h"

#include "model/mangle.h"

#include <inttypes.h>
#include <math.h>

static const slice scalar_words[] = {
#define SCALAR(kind, word, class, bytes) {word, sizeof word - 1},
#include "model/scalars.def"
#undef SCALAR
};

static const scalar_class scalar_classes[] = {
#define SCALAR(kind, word, class, bytes) CLASS_##class,
#include "model/scalars.def"
#undef SCALAR
};

static const uint32_t scalar_sizes[] = {
#define SCALAR(kind, word, class, bytes) bytes,
#include "model/scalars.def"
#undef SCALAR
};

enum { OFFSET_SIZE = 4, UUID_SIZE = 16 };

slice model_http_name(arena *memory, const model_origin *field)
{
    return field->has_own_json ? field->json : mangle_camel(memory, field->name);
}

slice scalar_word(scalar_kind scalar)
{
    return scalar_words[scalar];
}

scalar_class scalar_class_of(scalar_kind scalar)
{
    return scalar_classes[scalar];
}

uint32_t scalar_size(scalar_kind scalar)
{
    return scalar_sizes[scalar];
}

bool type_is_scalar(const model_type *type)
{
    return type->kind == TYPE_SCALAR || type->kind == TYPE_DECIMAL ||
           type->kind == TYPE_TIMESTAMP || type->kind == TYPE_DURATION || type->kind == TYPE_ENUM ||
           type->kind == TYPE_TAG;
}

uint32_t type_inline_size(const model_type *type)
{
    if (type_is_scalar(type))
        return scalar_size(type->scalar);
    if (type->kind == TYPE_UUID)
        return UUID_SIZE;
    if (type->kind == TYPE_STRUCT)
        return type->structure->size;
    if (type->kind == TYPE_ARRAY)
        return type->array_length * type_inline_size(type->element);
    return OFFSET_SIZE;
}

uint32_t type_inline_alignment(const model_type *type)
{
    if (type_is_scalar(type))
        return scalar_size(type->scalar);
    if (type->kind == TYPE_UUID)
        return 1;
    if (type->kind == TYPE_STRUCT)
        return type->structure->alignment;
    if (type->kind == TYPE_ARRAY)
        return type_inline_alignment(type->element);
    return OFFSET_SIZE;
}

slice model_doc_text(arena *memory, const model_doc *doc)
{
    buffer text = buffer_in(memory);

    for (size_t i = 0; i < doc->line_count; i++) {
        if (i > 0)
            buffer_append_char(&text, '\n');
        buffer_append(&text, doc->lines[i]);
    }
    return buffer_slice(&text);
}

/* ---- As text --------------------------------------------------------------------------------- */

static void print_element(const model_type *type, buffer *out)
{
    buffer_append_char(out, '[');
    model_print_type(type->element, out);
    if (type->kind == TYPE_ARRAY)
        buffer_printf(out, ":%" PRIu32, type->array_length);
    buffer_append_char(out, ']');
}

void model_print_type(const model_type *type, buffer *out)
{
    switch (type->kind) {
    case TYPE_SCALAR:
        buffer_append(out, scalar_word(type->scalar));
        break;
    case TYPE_DECIMAL:
        buffer_printf(out, "decimal(%u)", type->decimal_places);
        break;
    case TYPE_TIMESTAMP:
        buffer_append_text(out, "timestamp");
        break;
    case TYPE_DURATION:
        buffer_append_text(out, "duration");
        break;
    case TYPE_UUID:
        buffer_append_text(out, "uuid");
        break;
    case TYPE_ENUM:
        buffer_append(out, type->enumeration->origin.name);
        break;
    case TYPE_STRUCT:
        buffer_append(out, type->structure->origin.name);
        break;
    case TYPE_TABLE:
        buffer_append(out, type->table->origin.name);
        break;
    case TYPE_UNION:
        buffer_append(out, type->alternatives->origin.name);
        break;
    case TYPE_TAG:
        buffer_printf(out, "tag(%.*s)", SLICE_PRINT(type->alternatives->origin.name));
        break;
    case TYPE_STRING:
        buffer_append_text(out, "string");
        break;
    case TYPE_BYTES:
        buffer_append_text(out, "bytes");
        break;
    case TYPE_VECTOR:
    case TYPE_ARRAY:
        print_element(type, out);
        break;
    }
    if (type->optional)
        buffer_append_char(out, '?');
}

static void print_decimal(const model_type *type, int64_t scaled, buffer *out)
{
    uint64_t magnitude = scaled < 0 ? 0 - (uint64_t)scaled : (uint64_t)scaled;
    uint64_t factor = 1;

    for (unsigned i = 0; i < type->decimal_places; i++)
        factor *= 10;
    buffer_printf(out, "%s%" PRIu64, scaled < 0 ? "-" : "", magnitude / factor);
    if (type->decimal_places > 0)
        buffer_printf(out, ".%0*" PRIu64, type->decimal_places, magnitude % factor);
}

void model_print_value(const model_type *type, const model_value *value, buffer *out)
{
    switch (value->kind) {
    case VALUE_NONE:
        break;
    case VALUE_BOOL:
        buffer_append_text(out, value->as_bool ? "true" : "false");
        break;
    case VALUE_SIGNED:
        if (type->kind == TYPE_DECIMAL)
            print_decimal(type, value->as_signed, out);
        else
            buffer_printf(out, "%" PRId64, value->as_signed);
        break;
    case VALUE_UNSIGNED:
        buffer_printf(out, "%" PRIu64, value->as_unsigned);
        break;
    case VALUE_FLOAT:
        if (isnan(value->as_float))
            buffer_append_text(out, "nan");
        else
            buffer_printf(out, "%.17g", value->as_float);
        break;
    case VALUE_TEXT:
        buffer_printf(out, "\"%.*s\"", SLICE_PRINT(value->as_text));
        break;
    }
}

void model_print_duration(uint64_t nanoseconds, buffer *out)
{
    static const struct {
        uint64_t size;
        const char *word;
    } units[] = {{UINT64_C(86400000000000), "d"},
                 {UINT64_C(3600000000000), "h"},
                 {UINT64_C(60000000000), "m"},
                 {UINT64_C(1000000000), "s"},
                 {UINT64_C(1000000), "ms"},
                 {UINT64_C(1000), "us"},
                 {UINT64_C(1), "ns"}};
    size_t i = 0;

    while (nanoseconds % units[i].size != 0)
        i++;
    if (nanoseconds == 0)
        i = 3;
    buffer_printf(out, "%" PRIu64 "%s", nanoseconds / units[i].size, units[i].word);
}

/* ---- Messages -------------------------------------------------------------------------------- */

slice model_encoding_word(model_encoding encoding)
{
    static const slice words[] = {
        {"binary", sizeof "binary" - 1}, {"json", sizeof "json" - 1}, {"raw", sizeof "raw" - 1}};

    return words[encoding];
}

const char *model_qos_text(model_qos qos)
{
    static const char *const texts[] = {"at most once", "at least once", "exactly once"};

    return texts[qos];
}

bool model_is_stored(const model_message *message)
{
    return message->kind == MESSAGE_EVENT && message->qos != QOS_AT_MOST_ONCE;
}

void model_print_subject(const model_message *message, buffer *out)
{
    buffer_append(out, message->subject);
    for (size_t i = 0; i < message->key_count; i++)
        buffer_printf(out, ".{%.*s}", SLICE_PRINT(message->keys[i]->origin.name));
}

/* Cannot overflow: at most 100 pauses of at most one day. */
uint64_t model_backoff_total(const model_message *message)
{
    uint64_t total = 0;
    uint64_t pause = message->backoff_ns;

    for (uint32_t i = 0; i < message->retries; i++) {
        total += pause;
        pause = pause > message->backoff_longest_ns / 2 ? message->backoff_longest_ns : 2 * pause;
    }
    return total;
}

const model_origin *model_used_origin(const model_use *use)
{
    return use->bucket != NULL ? &use->bucket->origin : &use->objects->origin;
}
