/* check_annotations.c -- where annotations may stand, and what stands in their parentheses. */
#include "check/checker.h"

typedef struct annotation_rule {
    slice word;
    unsigned places;
    bool is_supported;
} annotation_rule;

static const annotation_rule rules[] = {
#define ANNOTATION(name, word, places, supported) {{word, sizeof(word) - 1}, places, supported},
#include "check/annotations.def"
#undef ANNOTATION
};

/* Returns ANNOTATION_COUNT for a word that is none. */
static size_t kind_of(slice word)
{
    size_t kind = 0;
    while (kind < ANNOTATION_COUNT && !slice_equal(rules[kind].word, word))
        kind++;
    return kind;
}

static void report_unknown(const checker *c, const ast_annotation *annotation)
{
    suggestion search = suggestion_for(annotation->name.text);
    for (size_t i = 0; i < ANNOTATION_COUNT; i++)
        suggestion_consider(&search, rules[i].word);
    diag_report(c->diags, DIAG_UNKNOWN_ANNOTATION, annotation->name.place,
                "unknown annotation '@%.*s'%s", SLICE_PRINT(annotation->name.text),
                suggestion_text(&search, c->memory));
}

/* Returns whether an annotation can be read; reports why not. */
static bool check_one(const checker *c, const annotation_set *set, const ast_annotation *annotation,
                      annotation_place place, const char *what)
{
    size_t kind = kind_of(annotation->name.text);
    if (kind == ANNOTATION_COUNT) {
        report_unknown(c, annotation);
        return false;
    }
    if ((rules[kind].places & (unsigned)place) == 0) {
        diag_report(c->diags, DIAG_MISPLACED_ANNOTATION, annotation->place,
                    "'@%.*s' cannot be said of %s", SLICE_PRINT(annotation->name.text), what);
        return false;
    }
    if (!rules[kind].is_supported) {
        buffer name = buffer_in(c->memory);
        buffer_printf(&name, "'@%.*s' is", SLICE_PRINT(annotation->name.text));
        check_unsupported(c, annotation->place, name.data);
        return false;
    }
    if (set->of[kind] != NULL) {
        diag_report(c->diags, DIAG_DUPLICATE_ANNOTATION, annotation->place, "'@%.*s' is said twice",
                    SLICE_PRINT(annotation->name.text));
        diag_note(c->diags, set->of[kind]->place, "first said here");
        return false;
    }
    return true;
}

annotation_set check_annotations(const checker *c, const ast_annotations *list,
                                 annotation_place place, const char *what)
{
    annotation_set set = {{NULL}};
    for (const ast_annotation *a = list->first; a != NULL; a = a->next)
        if (check_one(c, &set, a, place, what))
            set.of[kind_of(a->name.text)] = a;
    return set;
}

bool check_no_arguments(const checker *c, const ast_annotation *annotation)
{
    if (annotation->arguments.count == 0)
        return true;
    diag_report(c->diags, DIAG_BAD_ARGUMENTS, annotation->place, "'@%.*s' takes no arguments",
                SLICE_PRINT(annotation->name.text));
    return false;
}

const ast_expression *check_single_argument(const checker *c, const ast_annotation *annotation)
{
    const ast_argument *only = annotation->arguments.first;
    if (annotation->arguments.count == 1 && only->key.text.length == 0 && !only->is_range &&
        only->extra == NULL)
        return only->value;
    diag_report(c->diags, DIAG_BAD_ARGUMENTS, annotation->place,
                "'@%.*s' takes one argument in parentheses", SLICE_PRINT(annotation->name.text));
    return NULL;
}
