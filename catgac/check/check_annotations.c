/* check_annotations.c -- checks where annotations stand, and their arguments. */
#include "check/checker.h"
#include "syntax/foreign.h"

typedef struct annotation_rule {
    slice word;
    unsigned places;
    bool is_supported;
} annotation_rule;

static const annotation_rule rules[] = {
#define ANNOTATION(name, word, places, supported) {{word, sizeof word - 1}, places, supported},
#include "check/annotations.def"
#undef ANNOTATION
};

/* Returns ANNOTATION_COUNT for an unknown word. */
static size_t kind_of(slice word)
{
    size_t kind = 0;

    while (kind < ANNOTATION_COUNT && !slice_equal(rules[kind].word, word))
        kind++;
    return kind;
}

static void report_unknown(const checker *c, const ast_annotation *annotation)
{
    const foreign_word *foreign = foreign_find(FOREIGN_ANNOTATION, annotation->name.text);
    suggestion search = suggestion_for(annotation->name.text);

    for (size_t i = 0; i < ANNOTATION_COUNT; i++)
        suggestion_consider(&search, rules[i].word);
    diag_report(c->diags, DIAG_UNKNOWN_ANNOTATION, annotation->name.place,
                "unknown annotation '@%.*s'", SLICE_PRINT(annotation->name.text));
    if (foreign != NULL)
        foreign_explain(c->diags, annotation->name.place, foreign);
    else
        diag_suggest(c->diags, annotation->name.place, &search);
}

/* Returns false, after a report, if an annotation is not allowed here or is repeated. */
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
                    "'@%.*s' is not allowed on %s", SLICE_PRINT(annotation->name.text), what);
        return false;
    }
    if (set->of[kind] != NULL) {
        diag_report(c->diags, DIAG_DUPLICATE_ANNOTATION, annotation->place, "'@%.*s' is repeated",
                    SLICE_PRINT(annotation->name.text));
        diag_note(c->diags, set->of[kind]->place, "first given here");
        return false;
    }
    if (!rules[kind].is_supported) {
        buffer name = buffer_in(c->memory);
        buffer_printf(&name, "'@%.*s' is", SLICE_PRINT(annotation->name.text));
        check_unsupported(c, annotation->place, name.data);
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

/* ---- Several arguments ----------------------------------------------------------------------- */

static void report_unknown_key(const checker *c, const ast_annotation *annotation,
                               const ast_argument *argument, const argument_rule *taken,
                               size_t count)
{
    suggestion search = suggestion_for(argument->key.text);

    for (size_t i = 0; i < count; i++)
        suggestion_consider(&search, slice_of(taken[i].key));
    diag_report(c->diags, DIAG_BAD_ARGUMENTS, argument->key.place,
                "'@%.*s' takes no argument '%.*s'", SLICE_PRINT(annotation->name.text),
                SLICE_PRINT(argument->key.text));
    diag_suggest(c->diags, argument->key.place, &search);
}

static void report_bare(const checker *c, const ast_annotation *annotation,
                        const ast_argument *argument, const argument_rule *taken, size_t count)
{
    const char *joint = ": ";
    buffer keys = buffer_in(c->memory);

    buffer_append_text(&keys, "");
    for (size_t i = 0; i < count; i++) {
        if (taken[i].key[0] == '\0')
            continue;
        buffer_printf(&keys, "%s%s", joint, taken[i].key);
        joint = ", ";
    }
    diag_report(c->diags, DIAG_BAD_ARGUMENTS, argument->place, "'@%.*s' takes %s%s",
                SLICE_PRINT(annotation->name.text),
                keys.length == 0 ? "one argument" : "each further argument with its name",
                keys.data);
}

static bool has_form(const ast_argument *argument, argument_form form)
{
    if (form == ARGUMENT_RANGE)
        return argument->is_range && argument->value != NULL && argument->high != NULL;
    return !argument->is_range && (argument->extra != NULL) == (form == ARGUMENT_TEXT);
}

static bool report_form(const checker *c, const ast_annotation *annotation,
                        const ast_argument *argument, const argument_rule *rule)
{
    static const char *const forms[] = {"one value", "a range, such as 100ms..5s",
                                        "a word and a text, such as POST \"/orders\""};
    bool is_bare = rule->key[0] == '\0';

    diag_report(
        c->diags, DIAG_BAD_ARGUMENTS, argument->place, "'%s%.*s' takes %s", is_bare ? "@" : "",
        SLICE_PRINT(is_bare ? annotation->name.text : slice_of(rule->key)), forms[rule->form]);
    return false;
}

static bool check_argument(const checker *c, const ast_annotation *annotation,
                           const ast_argument *argument, const argument_rule *taken, size_t count,
                           const ast_argument **found)
{
    size_t i = 0;

    while (i < count && !slice_is(argument->key.text, taken[i].key))
        i++;
    bool is_bare = argument->key.text.length == 0;
    if (i == count && !is_bare) {
        report_unknown_key(c, annotation, argument, taken, count);
        return false;
    }
    if (i == count || (is_bare && found[i] != NULL)) {
        report_bare(c, annotation, argument, taken, count);
        return false;
    }
    if (found[i] != NULL) {
        diag_report(c->diags, DIAG_BAD_ARGUMENTS, argument->place, "the argument '%s' is repeated",
                    taken[i].key);
        diag_note(c->diags, found[i]->place, "first given here");
        return false;
    }
    found[i] = argument;
    return has_form(argument, taken[i].form) || report_form(c, annotation, argument, &taken[i]);
}

bool check_arguments(const checker *c, const ast_annotation *annotation, const argument_rule *taken,
                     size_t count, const ast_argument **found)
{
    bool is_good = true;

    for (size_t i = 0; i < count; i++)
        found[i] = NULL;
    for (const ast_argument *a = annotation->arguments.first; a != NULL; a = a->next)
        is_good = check_argument(c, annotation, a, taken, count, found) && is_good;
    return is_good;
}

span check_place_of(const ast_annotation *annotation)
{
    return annotation == NULL ? (span){0, 0, 0} : annotation->place;
}
