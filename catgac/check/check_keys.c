/* check_keys.c -- checks keys, which are tokens of subjects, and subjects. */
#include "check/checker.h"

enum {
    SUBJECT_LIMIT = 255,
    TOKEN_LIMIT = 16 /* more tokens slow down the server */
};

/* ---- Keys ------------------------------------------------------------------------------------ */

/* Returns true if a field can be a subject token: it always has a value, with a short text
 * without dots. */
static bool is_token_type(const model_type *type)
{
    bool is_integer = type->kind == TYPE_ENUM ||
                      (type->kind == TYPE_SCALAR && scalar_class_of(type->scalar) != CLASS_FLOAT);

    return (is_integer && !type->optional) || type->kind == TYPE_STRING || type->kind == TYPE_UUID;
}

static bool always_has_value(const model_field *field)
{
    return type_is_scalar(&field->type) || field->required;
}

bool check_is_token(const model_field *field)
{
    return is_token_type(&field->type) && always_has_value(field);
}

void check_key(const checker *c, const symbol *s, const ast_annotation *annotation,
               model_field *field)
{
    if (annotation == NULL || !check_no_arguments(c, annotation))
        return;
    if (s->message == NULL)
        diag_report(c->diags, DIAG_BAD_KEY, annotation->place,
                    "'@key' is for fields of a command, query or event: a table has no subject");
    else if (!is_token_type(&field->type))
        diag_report(c->diags, DIAG_BAD_KEY, annotation->place,
                    "a key is an integer, a bool, an enum, a uuid or a string, and not optional");
    else if (field->deprecated)
        diag_report(c->diags, DIAG_BAD_KEY, annotation->place, "a key cannot be deprecated");
    else if (!always_has_value(field) ||
             (field->type.kind == TYPE_STRING && !field->has_max_length))
        diag_report(c->diags, DIAG_BAD_KEY, annotation->place,
                    field->type.kind == TYPE_STRING
                        ? "a string that is a key is @required, and has a @max"
                        : "a uuid that is a key is @required");
    else
        field->is_key = true;
}

void check_keys(checker *c, const symbol *s)
{
    model_message *message = s->message;
    const model_field **keys = ARENA_ARRAY(c->memory, s->table->field_count, const model_field *);

    message->keys = keys;
    for (size_t i = 0; i < s->table->field_count; i++)
        if (s->table->fields[i].is_key)
            keys[message->key_count++] = &s->table->fields[i];
}

bool check_is_token_text(slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        if (c <= ' ' || c >= 0x7f || c == '.' || c == '*' || c == '>')
            return false;
    }
    return text.length > 0;
}

static size_t longest_text(const model_field *field)
{
    return field->type.kind == TYPE_STRING     ? field->max_length
           : field->type.kind == TYPE_UUID     ? 36
           : field->type.scalar == SCALAR_BOOL ? 5
                                               : 20;
}

static size_t token_count(slice subject)
{
    size_t count = 1;

    for (size_t i = 0; i < subject.length; i++)
        count += subject.data[i] == '.';
    return count;
}

/* The tokens of keys are written from FlatBuffers. */
static void check_encoding_of_keys(const checker *c, const model_message *message)
{
    if (message->key_count > 0 && message->encoding != ENCODING_BINARY)
        check_unsupported(c, message->keys[0]->origin.place,
                          "a key of a message with '@encoding' is");
}

static void check_subject_size(const checker *c, const model_message *message)
{
    uint64_t length = message->subject.length;

    for (size_t i = 0; i < message->key_count; i++)
        length += 1 + longest_text(message->keys[i]);
    if (length > SUBJECT_LIMIT)
        diag_report(c->diags, DIAG_SUBJECT_TOO_LONG, message->origin.place,
                    message->key_count == 0
                        ? "the subject '%.*s' is longer than %d characters"
                        : "the subject '%.*s' with its keys can be longer than %d characters",
                    SLICE_PRINT(message->subject), SUBJECT_LIMIT);
    else if (token_count(message->subject) + message->key_count > TOKEN_LIMIT)
        diag_report(c->diags, DIAG_SUBJECT_TOO_LONG, message->origin.place,
                    "the subject '%.*s' has more than %d parts with its keys",
                    SLICE_PRINT(message->subject), TOKEN_LIMIT);
}

/* ---- Subjects that overlap ------------------------------------------------------------------- */

/* A message with keys, and the others with the same subject before the keys. */
typedef struct keyed_message keyed_message;
struct keyed_message {
    const model_message *message;
    keyed_message *next;
};

/* Reports the messages with the subject `stem` whose keys match the remaining tokens of `other`. */
static void check_overlap(const checker *c, slice stem, const model_message *other)
{
    size_t tokens = token_count(other->subject) + other->key_count;

    for (const keyed_message *k = text_table_find(&c->scratch, stem); k != NULL; k = k->next) {
        if (token_count(stem) + k->message->key_count != tokens)
            continue;
        diag_report(c->diags, DIAG_SUBJECT_OVERLAP, k->message->keys[0]->origin.place,
                    "with this key '%.*s' can have the subject of '%.*s'",
                    SLICE_PRINT(k->message->origin.name), SLICE_PRINT(other->origin.name));
        diag_note(c->diags, other->origin.place, "declared here");
    }
}

/* Finds messages with keys whose subject is a prefix of this subject, up to a dot.
 * check_own_subjects() compares subjects with wildcards. */
static void check_overlaps(const checker *c, const model_message *message)
{
    for (size_t i = 0; i < message->subject.length && !message->is_pattern; i++) {
        if (message->subject.data[i] == '.')
            check_overlap(c, (slice){message->subject.data, i}, message);
    }
}

/* Adds a message with keys to the scratch table. */
static void add_keyed(checker *c, const model_message *message)
{
    keyed_message *made = ARENA_NEW(c->memory, keyed_message);

    made->message = message;
    keyed_message *first = text_table_insert(&c->scratch, message->subject, made);
    if (first == NULL)
        return;
    made->next = first->next;
    first->next = made;
}

static void check_module_subjects(checker *c, const model_module *module)
{
    for (size_t i = 0; i < module->message_count; i++) {
        const model_message *message = &module->messages[i];
        check_subject_size(c, message);
        check_encoding_of_keys(c, message);
        if (message->key_count > 0 && !message->is_pattern)
            add_keyed(c, message);
    }
}

void check_subjects(checker *c)
{
    text_table_clear(&c->scratch);
    for (size_t i = 0; i < c->scope_count; i++)
        check_module_subjects(c, c->scopes[i].module);
    for (size_t i = 0; i < c->scope_count; i++) {
        const model_module *module = c->scopes[i].module;
        for (size_t j = 0; j < module->message_count; j++)
            check_overlaps(c, &module->messages[j]);
    }
}
