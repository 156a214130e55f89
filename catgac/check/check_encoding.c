/* check_encoding.c -- checks '@encoding': payloads for programs that do not know Catga. */
#include "check/checker.h"

void check_encoding(const checker *c, const symbol *s, const ast_annotation *annotation)
{
    const ast_expression *argument =
        annotation == NULL ? NULL : check_single_argument(c, annotation);

    if (argument == NULL)
        return;
    slice word = argument->kind == EXPRESSION_NAME ? argument->name.text : SLICE("");
    suggestion search = suggestion_for(word);
    for (model_encoding i = ENCODING_JSON; i <= ENCODING_RAW; i++) {
        suggestion_consider(&search, model_encoding_word(i));
        if (!slice_equal(word, model_encoding_word(i)))
            continue;
        s->message->encoding = i;
        return;
    }
    diag_report(c->diags, DIAG_BAD_ENCODING, argument->place,
                "'@encoding' takes json or raw: payloads are FlatBuffers without it");
    diag_suggest(c->diags, argument->place, &search);
}

/* ---- Raw payloads ---------------------------------------------------------------------------- */

/* Returns true if the payload can be the value of the only field. */
static bool has_one_value(const model_table *table)
{
    const model_field *field = table->fields;

    return table->field_count == 1 && !field->deprecated &&
           (field->type.kind == TYPE_STRING || field->type.kind == TYPE_BYTES);
}

static void check_raw(const checker *c, const model_message *message, const model_table *table)
{
    if (table == NULL || has_one_value(table))
        return;
    diag_report(c->diags, DIAG_BAD_ENCODING, message->annotations.encoding,
                "a raw payload is the value of one field: '%.*s' needs exactly one field, a string "
                "or bytes",
                SLICE_PRINT(table->origin.name));
    if (table != message->body)
        diag_note(c->diags, table->origin.place, "declared here");
}

/* The fields of all tables are known. */
void check_encodings(const checker *c)
{
    for (size_t i = 0; i < c->scope_count; i++) {
        const model_module *module = c->scopes[i].module;
        for (size_t j = 0; j < module->message_count; j++) {
            const model_message *message = &module->messages[j];
            if (message->encoding != ENCODING_RAW)
                continue;
            check_raw(c, message, message->body);
            check_raw(c, message, message->result);
        }
    }
}
