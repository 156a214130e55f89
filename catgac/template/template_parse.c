/* template_parse.c -- parses templates. The comment of each function begins with its grammar
 * rule; templates/README.md lists all rules. */
#include "template/escape.h"
#include "template/template_code.h"

#include <string.h>

/* ---- State ----------------------------------------------------------------------------------- */

/* A name that can begin a path. */
typedef struct scope {
    slice name;
    property_kind kind;      /* RECORD or TEXT */
    const record_type *type; /* of a record */
    bool is_valid;           /* false after an error in the loop: its uses are not reported */
} scope;

typedef struct block {
    size_t operation;
    span place;
    bool has_else;
    bool is_else_if; /* the `end` of this block also closes the block around it */
} block;

typedef struct parser {
    arena *memory;
    diagnostics *diags;
    const source *file;
    const char *cursor;
    const char *line_end; /* end of the current line, before its line feed */

    operation *operations;
    size_t operation_count;
    size_t operation_capacity;

    scope scopes[TEMPLATE_NESTING + 1]; /* the first is the root record */
    size_t scope_count;
    block blocks[TEMPLATE_NESTING];
    size_t block_count;
    bool line_failed;
    bool failed;
} parser;

static span span_between(const parser *p, const char *begin, const char *end)
{
    return (span){p->file->number, (uint32_t)(begin - p->file->text.data),
                  (uint32_t)(end - p->file->text.data)};
}

static span span_of_slice(const parser *p, slice piece)
{
    return span_between(p, piece.data, piece.data + piece.length);
}

static operation *append_operation(parser *p, operation_kind kind)
{
    if (p->operation_count == p->operation_capacity) {
        size_t capacity = p->operation_capacity == 0 ? 64 : 2 * p->operation_capacity;
        operation *larger = ARENA_ARRAY(p->memory, capacity, operation);
        if (p->operation_count > 0)
            memcpy(larger, p->operations, p->operation_count * sizeof *larger);
        p->operations = larger;
        p->operation_capacity = capacity;
    }
    operation *added = &p->operations[p->operation_count++];
    *added = (operation){.kind = kind};
    return added;
}

/* Appends text; adjacent texts become one operation. */
static void append_text(parser *p, const char *begin, const char *end)
{
    if (begin == end)
        return;
    operation *last = p->operation_count == 0 ? NULL : &p->operations[p->operation_count - 1];
    if (last != NULL && last->kind == OPERATION_TEXT &&
        last->text.data + last->text.length == begin)
        last->text.length += (size_t)(end - begin);
    else
        append_operation(p, OPERATION_TEXT)->text = (slice){begin, (size_t)(end - begin)};
}

/* ---- Errors ---------------------------------------------------------------------------------- */

static void fail_at(parser *p, span place, const char *format, ...) CATGAC_PRINTF(3, 4);

static void fail_at(parser *p, span place, const char *format, ...)
{
    buffer text = buffer_in(p->memory);
    va_list arguments;

    va_start(arguments, format);
    buffer_vprintf(&text, format, arguments);
    va_end(arguments);
    diag_report(p->diags, DIAG_TEMPLATE, place, "%s", text.data);
    p->line_failed = true;
    p->failed = true;
}

/* Appends the names of a record: "a, b, c". */
static slice names_of(arena *memory, const record_type *type)
{
    buffer names = buffer_in(memory);

    for (size_t i = 0; i < type->property_count; i++) {
        if (i > 0)
            buffer_append_text(&names, ", ");
        buffer_append(&names, type->properties[i].name);
    }
    return buffer_slice(&names);
}

/* Appends the names that can begin a path: loop variables, innermost first, then the root's
 * names. */
static slice names_in_scope(const parser *p)
{
    buffer names = buffer_in(p->memory);

    for (size_t i = p->scope_count; i-- > 1;) {
        buffer_append(&names, p->scopes[i].name);
        buffer_append_text(&names, ", ");
    }
    buffer_append(&names, names_of(p->memory, p->scopes[0].type));
    return buffer_slice(&names);
}

/* Suggests a name of the record, or a loop variable if the path begins there. */
static void suggest_name(parser *p, slice wanted, const record_type *type, size_t scope_count)
{
    suggestion search = suggestion_for(wanted);

    for (size_t i = 1; i < scope_count; i++)
        suggestion_consider(&search, p->scopes[i].name);
    for (size_t i = 0; i < type->property_count; i++)
        suggestion_consider(&search, type->properties[i].name);
    diag_suggest(p->diags, span_of_slice(p, wanted), &search);
}

/* ---- Words and paths ------------------------------------------------------------------------- */

static bool is_name_character(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || character == '_';
}

static void skip_blanks(parser *p)
{
    while (p->cursor < p->line_end && (*p->cursor == ' ' || *p->cursor == '\t'))
        p->cursor++;
}

/* Reads a name; empty if there is none. */
static slice read_name(parser *p)
{
    const char *begin = p->cursor;

    while (p->cursor < p->line_end && is_name_character(*p->cursor))
        p->cursor++;
    return (slice){begin, (size_t)(p->cursor - begin)};
}

static bool skip_character(parser *p, char expected)
{
    if (p->cursor == p->line_end || *p->cursor != expected)
        return false;
    p->cursor++;
    return true;
}

/* Returns the unread rest of the line, for the span of an error. */
static span span_of_rest(const parser *p)
{
    const char *end = p->cursor < p->line_end ? p->cursor + 1 : p->line_end;

    return span_between(p, p->cursor, end);
}

/* The value of a path up to the current name. */
typedef struct target {
    slice name;
    property_kind kind;
    const record_type *type; /* of a record or of a list's elements */
} target;

static bool name_is_missing(parser *p, slice name)
{
    if (name.length == 0)
        fail_at(p, span_of_rest(p), "a name is expected here");
    return name.length == 0;
}

static bool add_step(parser *p, const property *step, path *made, target *found)
{
    if (made->step_count == TEMPLATE_STEPS) {
        fail_at(p, span_of_slice(p, found->name), "a path has at most %d names", TEMPLATE_STEPS);
        return false;
    }
    made->steps[made->step_count++] = step;
    *found = (target){step->name, step->kind, step->type};
    return true;
}

/* Resolves the first name of a path: a loop variable, or a property of the root record. */
static bool resolve_first(parser *p, slice name, path *made, target *found)
{
    if (name_is_missing(p, name))
        return false;
    for (size_t i = p->scope_count; i-- > 1;) {
        const scope *variable = &p->scopes[i];
        if (slice_equal(variable->name, name)) {
            made->scope = i;
            *found = (target){name, variable->kind, variable->type};
            return variable->is_valid;
        }
    }
    const property *step = record_find(p->scopes[0].type, name);
    if (step == NULL) {
        slice names = names_in_scope(p);
        fail_at(p, span_of_slice(p, name), "there is no '%.*s' here; there is: %.*s",
                SLICE_PRINT(name), SLICE_PRINT(names));
        suggest_name(p, name, p->scopes[0].type, p->scope_count);
        return false;
    }
    return add_step(p, step, made, found);
}

/* Resolves a further name of a path. */
static bool resolve_next(parser *p, slice name, path *made, target *found)
{
    if (name_is_missing(p, name))
        return false;
    if (found->kind != PROPERTY_CHILD) {
        fail_at(p, span_of_slice(p, name), "'%.*s' is %s: there are no names in it",
                SLICE_PRINT(found->name), property_kind_text(found->kind));
        return false;
    }
    const property *step = record_find(found->type, name);
    if (step == NULL) {
        slice names = names_of(p->memory, found->type);
        fail_at(p, span_of_slice(p, name), "'%.*s' has no '%.*s'; it has: %.*s",
                SLICE_PRINT(found->name), SLICE_PRINT(name), SLICE_PRINT(names));
        suggest_name(p, name, found->type, 0);
        return false;
    }
    return add_step(p, step, made, found);
}

/* path = NAME {"." NAME}. Returns false after a report. */
static bool parse_path(parser *p, path *made, target *found)
{
    const char *begin = p->cursor;

    *made = (path){.scope = 0};
    if (!resolve_first(p, read_name(p), made, found))
        return false;
    while (skip_character(p, '.')) {
        if (!resolve_next(p, read_name(p), made, found))
            return false;
    }
    made->place = span_between(p, begin, p->cursor);
    return true;
}

/* ---- Holes and text -------------------------------------------------------------------------- */

static const struct {
    const char *name;
    escape_function *escape;
} filters[] = {
    {"comment", escape_comment},
    {"c_string", escape_c_string},
    {"markdown", escape_markdown},
};

enum { FILTER_COUNT = sizeof filters / sizeof filters[0] };

static escape_function *find_filter(parser *p, slice name)
{
    buffer names = buffer_in(p->memory);

    for (size_t i = 0; i < FILTER_COUNT; i++) {
        if (slice_is(name, filters[i].name))
            return filters[i].escape;
        buffer_printf(&names, "%s%s", i == 0 ? "" : ", ", filters[i].name);
    }
    fail_at(p, span_of_slice(p, name), "there is no filter '%.*s'; there is: %s", SLICE_PRINT(name),
            names.data);
    return NULL;
}

/* filter = "|" NAME, for texts only. */
static bool parse_filter(parser *p, const path *of, const target *found, escape_function **escape)
{
    bool filtered = skip_character(p, '|');
    bool is_text = found->kind == PROPERTY_TEXT;

    if (filtered && is_text) {
        *escape = find_filter(p, read_name(p));
        return *escape != NULL;
    }
    if (is_text)
        fail_at(p, of->place,
                "'%.*s' is a text and needs a filter: |comment, |c_string or |markdown",
                SLICE_PRINT(found->name));
    if (filtered)
        fail_at(p, of->place, "'%.*s' is %s: it takes no filter", SLICE_PRINT(found->name),
                property_kind_text(found->kind));
    return !is_text && !filtered;
}

static bool append_hole(parser *p, const path *of, const target *found, escape_function *escape)
{
    operation_kind kind = OPERATION_ESCAPED;

    switch (found->kind) {
    case PROPERTY_TEXT:
        break;
    case PROPERTY_IDENTIFIER:
        kind = OPERATION_IDENTIFIER;
        break;
    case PROPERTY_NUMBER:
        kind = OPERATION_NUMBER;
        break;
    case PROPERTY_FLAG:
    case PROPERTY_CHILD:
    case PROPERTY_LIST:
    case PROPERTY_TEXTS:
        fail_at(p, of->place, "'%.*s' is %s: it cannot be written out", SLICE_PRINT(found->name),
                property_kind_text(found->kind));
        return false;
    }
    operation *hole = append_operation(p, kind);
    hole->of = *of;
    hole->escape = escape;
    return true;
}

/* hole = "${" path ["|" filter] "}"; the cursor is after "${". */
static bool parse_hole(parser *p)
{
    path of;
    target found;
    escape_function *escape = NULL;

    if (!parse_path(p, &of, &found) || !parse_filter(p, &of, &found, &escape))
        return false;
    if (!skip_character(p, '}')) {
        fail_at(p, span_of_rest(p), "a '}' is expected here");
        return false;
    }
    return append_hole(p, &of, &found, escape);
}

/* text = characters and holes; "$${" is a plain "${". */
static void parse_text(parser *p, const char *next_line)
{
    const char *plain = p->cursor;

    while (p->line_end - p->cursor >= 2) {
        if (memcmp(p->cursor, "${", 2) == 0) {
            append_text(p, plain, p->cursor);
            p->cursor += 2;
            if (!parse_hole(p))
                return;
            plain = p->cursor;
        } else if (p->line_end - p->cursor >= 3 && memcmp(p->cursor, "$${", 3) == 0) {
            append_text(p, plain, p->cursor);
            plain = p->cursor + 1;
            p->cursor += 3;
        } else {
            p->cursor++;
        }
    }
    append_text(p, plain, next_line);
}

/* ---- Directives ------------------------------------------------------------------------------ */

static bool open_block(parser *p, span place, operation_kind kind, const path *of)
{
    if (p->block_count == TEMPLATE_NESTING) {
        fail_at(p, place, "blocks are nested more than %d deep", TEMPLATE_NESTING);
        return false;
    }
    p->blocks[p->block_count++] = (block){.operation = p->operation_count, .place = place};
    append_operation(p, kind)->of = *of;
    return true;
}

/* for = "for" NAME "in" path. The variable is in scope even after an error in the path, so that
 * its uses are not reported. */
static void parse_for(parser *p, span place)
{
    skip_blanks(p);
    scope variable = {.name = read_name(p), .kind = PROPERTY_CHILD};
    skip_blanks(p);
    slice in = read_name(p);
    skip_blanks(p);
    path of = {.scope = 0};
    target found;
    if (variable.name.length == 0 || !slice_is(in, "in")) {
        fail_at(p, place, "expected 'for NAME in PATH'");
    } else if (parse_path(p, &of, &found)) {
        variable.is_valid = found.kind == PROPERTY_LIST || found.kind == PROPERTY_TEXTS;
        variable.kind = found.kind == PROPERTY_TEXTS ? PROPERTY_TEXT : PROPERTY_CHILD;
        variable.type = found.type;
        if (!variable.is_valid)
            fail_at(p, of.place, "'%.*s' is %s: 'for' takes a list", SLICE_PRINT(found.name),
                    property_kind_text(found.kind));
    }
    if (open_block(p, place, OPERATION_LOOP, &of))
        p->scopes[p->scope_count++] = variable;
}

/* if = "if" ["not"] path. A property can be named `not`. */
static void parse_if(parser *p, span place)
{
    skip_blanks(p);
    const char *begin = p->cursor;
    bool negated = slice_is(read_name(p), "not");
    skip_blanks(p);
    if (!negated || p->cursor == p->line_end) {
        negated = false;
        p->cursor = begin;
    }
    path of = {.scope = 0};
    target found;
    if (parse_path(p, &of, &found) &&
        (found.kind == PROPERTY_NUMBER || (found.kind == PROPERTY_CHILD && of.step_count == 0)))
        fail_at(p, of.place, "'%.*s' is always present", SLICE_PRINT(found.name));
    if (open_block(p, place, OPERATION_CONDITION, &of))
        p->operations[p->operation_count - 1].negated = negated;
}

/* The `if` after an `else` is a block inside the `else`. */
static void parse_else_if(parser *p, span place)
{
    size_t outer = p->block_count;

    parse_if(p, place);
    if (p->block_count > outer)
        p->blocks[outer].is_else_if = true;
}

/* else = "else" ["if" ...] */
static void parse_else(parser *p, span place)
{
    block *current = p->block_count == 0 ? NULL : &p->blocks[p->block_count - 1];

    if (current == NULL || p->operations[current->operation].kind != OPERATION_CONDITION) {
        fail_at(p, place, "'else' without 'if'");
    } else if (current->has_else) {
        fail_at(p, place, "a second 'else'");
        diag_note(p->diags, current->place, "for this 'if'");
    } else {
        current->has_else = true;
        p->operations[current->operation].otherwise = p->operation_count;
        skip_blanks(p);
        const char *begin = p->cursor;
        if (slice_is(read_name(p), "if"))
            parse_else_if(p, place);
        else
            p->cursor = begin;
    }
}

static void close_block(parser *p, const block *closed)
{
    operation *head = &p->operations[closed->operation];

    head->end = p->operation_count;
    if (head->kind == OPERATION_LOOP)
        p->scope_count--;
    else if (!closed->has_else)
        head->otherwise = p->operation_count;
}

static void parse_end(parser *p, span place)
{
    if (p->block_count == 0) {
        fail_at(p, place, "'end' without 'for' or 'if'");
        return;
    }
    const block *closed;
    do {
        closed = &p->blocks[--p->block_count];
        close_block(p, closed);
    } while (closed->is_else_if);
}

/* directive = "for" ..., "if" ..., "else" or "end"; the cursor is after the "%". */
static void parse_directive(parser *p)
{
    skip_blanks(p);
    slice word = read_name(p);
    span place = span_of_slice(p, word);
    if (slice_is(word, "for"))
        parse_for(p, place);
    else if (slice_is(word, "if"))
        parse_if(p, place);
    else if (slice_is(word, "else"))
        parse_else(p, place);
    else if (slice_is(word, "end"))
        parse_end(p, place);
    else
        fail_at(p, place, "'%.*s' is no directive; there is: for, if, else, end, #",
                SLICE_PRINT(word));
    skip_blanks(p);
    if (!p->line_failed && p->cursor < p->line_end)
        fail_at(p, span_of_rest(p), "nothing may follow '%.*s' here", SLICE_PRINT(word));
}

/* ---- The file -------------------------------------------------------------------------------- */

/* line = [blanks] ("%#" comment | "%" directive | "%%" text) | text */
static void parse_line(parser *p, const char *next_line)
{
    const char *begin = p->cursor;

    p->line_failed = false;
    skip_blanks(p);
    if (p->cursor == p->line_end || *p->cursor != '%') {
        p->cursor = begin;
        parse_text(p, next_line);
        return;
    }
    const char *percent = p->cursor++;
    if (p->cursor < p->line_end && *p->cursor == '%') {
        append_text(p, begin, percent);
        parse_text(p, next_line);
    } else if (p->cursor == p->line_end || *p->cursor != '#') {
        parse_directive(p);
    }
}

/* Parses the first line, a comment with the version of the template language. */
static void check_format(parser *p)
{
    buffer expected = buffer_in(p->memory);

    buffer_printf(&expected, "%%# catga template %d:", TEMPLATE_FORMAT);
    if (!slice_starts_with(p->file->text, expected.data))
        fail_at(p, (span){p->file->number, 0, 0}, "the first line of a template begins with '%s'",
                expected.data);
}

const compiled_template *template_parse(arena *memory, diagnostics *diags, const source *text,
                                        const record_type *root)
{
    parser *p = ARENA_NEW(memory, parser);

    *p = (parser){.memory = memory, .diags = diags, .file = text, .cursor = text->text.data};
    p->scopes[p->scope_count++] = (scope){.kind = PROPERTY_CHILD, .type = root, .is_valid = true};

    check_format(p);
    const char *end = text->text.data + text->text.length;
    while (p->cursor < end) {
        const char *line_feed = memchr(p->cursor, '\n', (size_t)(end - p->cursor));
        const char *next_line = line_feed == NULL ? end : line_feed + 1;
        p->line_end = line_feed == NULL ? end : line_feed;
        parse_line(p, next_line);
        p->cursor = next_line;
    }
    if (p->block_count > 0)
        fail_at(p, p->blocks[p->block_count - 1].place, "this block has no 'end'");
    if (p->failed)
        return NULL;

    compiled_template *parsed = ARENA_NEW(memory, compiled_template);
    *parsed = (compiled_template){p->operations, p->operation_count};
    return parsed;
}
