/* check_json.c -- checks names in JSON. */
#include "check/checker.h"

enum { JSON_NAME_LIMIT = 128 };

/* Returns true for a name that needs no escapes. */
static bool is_json_name(slice text)
{
    for (size_t i = 0; i < text.length; i++) {
        unsigned char byte = (unsigned char)text.data[i];
        if (byte < ' ' || byte == 0x7f || byte == '"' || byte == '\\')
            return false;
    }
    return text.length > 0 && text.length <= JSON_NAME_LIMIT;
}

void check_json_name(const checker *c, const ast_annotation *annotation, model_origin *member)
{
    const ast_expression *argument =
        annotation == NULL ? NULL : check_single_argument(c, annotation);
    if (argument == NULL || argument->kind == EXPRESSION_BROKEN)
        return;
    if (argument->kind != EXPRESSION_STRING || !is_json_name(argument->text)) {
        diag_report(c->diags, DIAG_BAD_JSON, argument->place,
                    "'@json' takes a name of 1 to %d bytes, no quote, backslash or control "
                    "character: @json(\"min_\")",
                    JSON_NAME_LIMIT);
        return;
    }
    member->json = intern(c->names, argument->text);
    member->has_own_json = true;
}

void check_json(const checker *c, const ast_annotations *list, annotation_place place,
                const char *what, model_origin *member)
{
    annotation_set set = check_annotations(c, list, place, what);

    check_json_name(c, set.of[ANNOTATION_JSON], member);
}

void check_begin_json(checker *c)
{
    text_table_clear(&c->scratch);
}

void check_unique_json(checker *c, const model_origin *member)
{
    const model_origin *first =
        text_table_insert(&c->scratch, member->json, (void *)(uintptr_t)member);
    if (first == NULL || slice_equal(first->name, member->name))
        return;
    diag_report(c->diags, DIAG_NAME_COLLISION, member->place,
                "'%.*s' and '%.*s' have the same name in JSON: \"%.*s\"", SLICE_PRINT(first->name),
                SLICE_PRINT(member->name), SLICE_PRINT(member->json));
    diag_note(c->diags, first->place, "first declared here");
}
