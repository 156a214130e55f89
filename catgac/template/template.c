/* template.c -- see template.h: renders a parsed template. */
#include "template/template_code.h"

typedef struct renderer {
    const operation *operations;
    diagnostics *diags;
    buffer *out;
    const void *variables[TEMPLATE_NESTING + 1]; /* the root record, and the element of each loop */
    size_t variable_count;
} renderer;

/* Returns the address of the value of a path, or NULL if a record on the path is absent. */
static const void *find_value(const renderer *r, const path *of)
{
    const void *value = r->variables[of->scope];

    for (size_t i = 0; i < of->step_count; i++) {
        if (i > 0)
            value = *(const void *const *)value;
        if (value == NULL)
            return NULL;
        value = record_member(value, of->steps[i]);
    }
    return value;
}

static bool report_absent(const renderer *r, const path *of)
{
    diag_report(r->diags, DIAG_TEMPLATE, of->place,
                "a record in this path is absent: test it with '%% if' first");
    return false;
}

/* Returns the last property of a path; NULL for the variable of a loop over texts. */
static property_kind kind_of(const path *of)
{
    return of->step_count == 0 ? PROPERTY_TEXT : of->steps[of->step_count - 1]->kind;
}

static bool is_true(property_kind kind, const void *value)
{
    switch (kind) {
    case PROPERTY_FLAG:
        return *(const bool *)value;
    case PROPERTY_CHILD:
        return *(const void *const *)value != NULL;
    case PROPERTY_LIST:
        return ((const record_list *)value)->count > 0;
    case PROPERTY_TEXTS:
        return ((const text_list *)value)->count > 0;
    case PROPERTY_IDENTIFIER:
    case PROPERTY_TEXT:
        return ((const slice *)value)->length > 0;
    case PROPERTY_NUMBER:
        break;
    }
    return *(const int64_t *)value != 0;
}

static bool render_range(renderer *r, size_t begin, size_t end);

static bool render_loop(renderer *r, const operation *loop, const void *value)
{
    bool over_texts = kind_of(&loop->of) == PROPERTY_TEXTS;
    const record_list *records = value;
    const text_list *texts = value;
    size_t count = over_texts ? texts->count : records->count;
    size_t body = (size_t)(loop - r->operations) + 1;
    size_t variable = r->variable_count++;
    bool good = true;

    for (size_t i = 0; good && i < count; i++) {
        r->variables[variable] = over_texts ? &texts->items[i] : records->items[i];
        good = render_range(r, body, loop->end);
    }
    r->variable_count--;
    return good;
}

static bool render_condition(renderer *r, const operation *condition, const void *value)
{
    size_t body = (size_t)(condition - r->operations) + 1;

    if (is_true(kind_of(&condition->of), value) != condition->negated)
        return render_range(r, body, condition->otherwise);
    return render_range(r, condition->otherwise, condition->end);
}

static bool render_operation(renderer *r, const operation *current)
{
    if (current->kind == OPERATION_TEXT) {
        buffer_append(r->out, current->text);
        return true;
    }
    const void *value = find_value(r, &current->of);
    if (value == NULL)
        return report_absent(r, &current->of);
    switch (current->kind) {
    case OPERATION_TEXT:
        break;
    case OPERATION_IDENTIFIER:
        buffer_append(r->out, *(const slice *)value);
        break;
    case OPERATION_NUMBER:
        buffer_append_integer(r->out, *(const int64_t *)value);
        break;
    case OPERATION_ESCAPED:
        current->escape(*(const slice *)value, r->out);
        break;
    case OPERATION_LOOP:
        return render_loop(r, current, value);
    case OPERATION_CONDITION:
        return render_condition(r, current, value);
    }
    return true;
}

static bool render_range(renderer *r, size_t begin, size_t end)
{
    size_t at = begin;

    while (at < end) {
        const operation *current = &r->operations[at];
        if (!render_operation(r, current))
            return false;
        at = current->end > at ? current->end : at + 1;
    }
    return true;
}

bool template_render(const compiled_template *parsed, const void *record, diagnostics *diags,
                     buffer *out)
{
    renderer r = {.operations = parsed->operations, .diags = diags, .out = out};

    r.variables[r.variable_count++] = record;
    return render_range(&r, 0, parsed->operation_count);
}
