/* fbs_parse.c -- see fbs_parse.h. Recursive descent; no rule is recursive. */
#include "import/fbs_parse.h"

#include "import/fbs_lex.h"

typedef struct parser {
    fbs_lexer input;
    fbs_token now;
    fbs_file *made;
    slice namespace;
    bool failed; /* an error was reported: every function returns */
} parser;

const fbs_attribute *fbs_find_attribute(const fbs_attribute *list, const char *name)
{
    while (list != NULL && !slice_is(list->name, name))
        list = list->next;
    return list;
}

/* ---- Tokens ---------------------------------------------------------------------------------- */

static void step(parser *p)
{
    p->now = fbs_lex_next(&p->input);
    p->failed = p->failed || p->input.failed;
}

static void unexpected(parser *p, const char *wanted)
{
    if (!p->failed && p->now.kind == FBS_END)
        diag_report(p->input.diags, DIAG_SYNTAX, p->now.place,
                    "expected %s, not the end of the file", wanted);
    else if (!p->failed)
        diag_report(p->input.diags, DIAG_SYNTAX, p->now.place, "expected %s, not '%.*s'", wanted,
                    SLICE_PRINT(p->now.text));
    p->failed = true;
}

static bool is_next(const parser *p, int kind)
{
    return !p->failed && p->now.kind == kind;
}

static bool is_word(const parser *p, const char *word)
{
    return is_next(p, FBS_WORD) && slice_is(p->now.text, word);
}

static bool take(parser *p, int kind)
{
    if (!is_next(p, kind))
        return false;
    step(p);
    return true;
}

static fbs_token expect(parser *p, int kind, const char *wanted)
{
    fbs_token found = p->now;

    if (!is_next(p, kind))
        unexpected(p, wanted);
    else
        step(p);
    return found;
}

static slice text_from(const parser *p, span first, span last)
{
    return (slice){p->input.file->text.data + first.begin, last.end - first.begin};
}

static fbs_name expect_name(parser *p, const char *wanted)
{
    fbs_token word = expect(p, FBS_WORD, wanted);

    return (fbs_name){.text = word.text, .place = word.place, .given = word.text};
}

/* Reads Shop.Orders.Order: parts joined by dots, with blanks and comments between them. */
static slice expect_path(parser *p, const char *wanted, span *place)
{
    fbs_token word = expect(p, FBS_WORD, wanted);
    buffer path = buffer_in(p->input.memory);

    *place = word.place;
    buffer_append(&path, word.text);
    while (take(p, '.')) {
        word = expect(p, FBS_WORD, "a name");
        buffer_printf(&path, ".%.*s", SLICE_PRINT(word.text));
        place->end = word.place.end;
    }
    return buffer_slice(&path);
}

/* ---- Values ---------------------------------------------------------------------------------- */

/* Skips brackets and their content. */
static void skip_group(parser *p, int opening)
{
    int closing = opening == '(' ? ')' : opening == '[' ? ']' : '}';
    size_t depth = 0;

    do {
        depth += is_next(p, opening);
        depth -= is_next(p, closing);
        if (p->now.kind == FBS_END)
            unexpected(p, "a closing bracket");
        step(p);
    } while (depth > 0 && !p->failed);
}

static fbs_value parse_number(parser *p)
{
    span first = p->now.place;
    fbs_value value = {FBS_VALUE_NUMBER, {NULL, 0}, first};
    bool has_sign = take(p, '-') || take(p, '+');

    if (has_sign && is_next(p, FBS_WORD))
        value.kind = FBS_VALUE_WORD;
    fbs_token number = p->now;
    if (value.kind == FBS_VALUE_NUMBER)
        expect(p, FBS_NUMBER, "a number");
    else
        step(p);
    value.place.end = number.place.end;
    value.text = text_from(p, first, number.place);
    return value;
}

/* Other words are values; a parenthesis after them begins attributes. */
static bool is_function(slice name)
{
    static const char *const names[] = {"deg", "rad", "sin", "cos", "tan", "asin", "acos", "atan"};

    for (size_t n = 0; n < sizeof names / sizeof names[0]; n++) {
        if (slice_is(name, names[n]))
            return true;
    }
    return false;
}

static fbs_value parse_word(parser *p)
{
    fbs_value value = {.kind = FBS_VALUE_WORD};

    value.text = expect_path(p, "a value", &value.place);
    if (is_function(value.text) && is_next(p, '(')) {
        value.kind = FBS_VALUE_OTHER;
        skip_group(p, '(');
    }
    return value;
}

static fbs_value parse_value(parser *p)
{
    fbs_value value = {FBS_VALUE_OTHER, p->now.text, p->now.place};

    if (is_next(p, FBS_NUMBER) || is_next(p, '-') || is_next(p, '+'))
        return parse_number(p);
    if (is_next(p, FBS_WORD))
        return parse_word(p);
    if (is_next(p, FBS_STRING)) {
        value.kind = FBS_VALUE_TEXT;
        step(p);
    } else if (is_next(p, '[') || is_next(p, '{')) {
        skip_group(p, p->now.kind);
    } else {
        unexpected(p, "a value");
    }
    return value;
}

/* (id: 3, required, nested_flatbuffer: "Monster") */
static fbs_attribute *parse_attributes(parser *p)
{
    fbs_attribute *first = NULL;
    fbs_attribute **last = &first;

    if (!take(p, '('))
        return NULL;
    while (!p->failed && !take(p, ')')) {
        fbs_attribute *made = ARENA_NEW(p->input.memory, fbs_attribute);
        fbs_token name = p->now;
        if (!take(p, FBS_STRING))
            name = expect(p, FBS_WORD, "an attribute");
        span end = name.place;
        *made = (fbs_attribute){.name = name.text, .place = name.place};
        if (take(p, ':')) {
            made->value = parse_value(p);
            end = made->value.place;
        }
        made->source = text_from(p, name.place, end);
        *last = made;
        last = &made->next;
        if (!take(p, ',') && !is_next(p, ')'))
            unexpected(p, "',' or ')'");
    }
    return first;
}

/* ---- Declarations ---------------------------------------------------------------------------- */

static fbs_type parse_type(parser *p)
{
    fbs_type type = {.is_vector = false};
    span begin = p->now.place;

    if (!take(p, '[')) {
        type.name = expect_path(p, "a type", &type.place);
        return type;
    }
    type.is_vector = true;
    type.name = expect_path(p, "a type: vectors hold no vectors", &type.place);
    if (take(p, ':'))
        type.length = parse_value(p);
    type.place = begin;
    type.place.end = p->now.place.end;
    expect(p, ']', "']'");
    return type;
}

static fbs_member *add_member(parser *p, fbs_member ***last)
{
    fbs_member *made = ARENA_NEW(p->input.memory, fbs_member);

    made->doc = p->now.doc;
    **last = made;
    *last = &made->next;
    return made;
}

/* name: type = default (attributes); */
static void parse_field(parser *p, fbs_member ***last)
{
    fbs_member *made = add_member(p, last);

    made->name = expect_name(p, "a field or '}'");
    expect(p, ':', "':'");
    made->type = parse_type(p);
    if (take(p, '='))
        made->value = parse_value(p);
    made->attributes = parse_attributes(p);
    expect(p, ';', "';'");
}

/* name = value */
static void parse_enum_member(parser *p, fbs_member ***last)
{
    fbs_member *made = add_member(p, last);

    made->name = expect_name(p, "a member or '}'");
    if (take(p, '='))
        made->value = parse_value(p);
    made->attributes = parse_attributes(p);
}

static slice with_underscores(parser *p, slice path)
{
    char *text = ARENA_ARRAY(p->input.memory, path.length + 1, char);

    for (size_t i = 0; i < path.length; i++)
        text[i] = path.data[i] == '.' ? '_' : path.data[i];
    return (slice){text, path.length};
}

/* Type, or name: type; flatc calls a.b.Type a_b_Type. */
static void parse_alternative(parser *p, fbs_member ***last)
{
    fbs_member *made = add_member(p, last);

    made->type.name = expect_path(p, "a type or '}'", &made->type.place);
    made->name =
        (fbs_name){.text = with_underscores(p, made->type.name), .place = made->type.place};
    made->name.given = made->name.text;
    if (take(p, ':'))
        made->type = parse_type(p);
    if (take(p, '='))
        made->value = parse_value(p);
    made->attributes = parse_attributes(p);
}

static void parse_members(parser *p, fbs_declaration *made)
{
    fbs_member **last = &made->members;
    bool has_fields = made->kind == FBS_TABLE || made->kind == FBS_STRUCT;

    expect(p, '{', "'{'");
    while (!p->failed && !take(p, '}')) {
        if (has_fields)
            parse_field(p, &last);
        else if (made->kind == FBS_ENUM)
            parse_enum_member(p, &last);
        else
            parse_alternative(p, &last);
        if (!has_fields && !take(p, ',') && !is_next(p, '}'))
            unexpected(p, "',' or '}'");
    }
}

static void parse_declaration(parser *p, fbs_kind kind, fbs_declaration ***last)
{
    fbs_declaration *made = ARENA_NEW(p->input.memory, fbs_declaration);

    *made = (fbs_declaration){
        .kind = kind, .namespace = p->namespace, .file = p->made, .doc = p->now.doc};
    step(p);
    made->name = expect_name(p, "a name");
    if (kind == FBS_ENUM)
        expect(p, ':', "':' and an integer type");
    if (kind == FBS_ENUM || (kind == FBS_UNION && take(p, ':')))
        made->base = parse_type(p);
    made->attributes = parse_attributes(p);
    parse_members(p, made);
    if (p->failed)
        return;
    **last = made;
    *last = &made->next;
}

/* ---- Other statements ------------------------------------------------------------------------ */

static void parse_include(parser *p, fbs_include ***last)
{
    step(p);
    fbs_token path = expect(p, FBS_STRING, "a path in quotes");
    expect(p, ';', "';'");
    if (p->failed)
        return;
    fbs_include *made = ARENA_NEW(p->input.memory, fbs_include);
    *made = (fbs_include){.path = path.text, .place = path.place};
    **last = made;
    *last = &made->next;
}

static void parse_namespace(parser *p)
{
    span place;

    step(p);
    p->namespace = is_next(p, ';') ? SLICE("") : expect_path(p, "a namespace", &place);
    p->made->last_namespace = p->namespace;
    expect(p, ';', "';'");
}

static void parse_root_type(parser *p)
{
    step(p);
    p->made->root.name = expect_path(p, "a table", &p->made->root.place);
    p->made->root_namespace = p->namespace;
    expect(p, ';', "';'");
}

static void parse_identifier(parser *p)
{
    step(p);
    fbs_token text = expect(p, FBS_STRING, "four characters in quotes");
    p->made->identifier = (fbs_value){FBS_VALUE_TEXT, text.text, text.place};
    expect(p, ';', "';'");
}

static void add_remark(parser *p, fbs_remark ***last, slice text)
{
    fbs_remark *made = ARENA_NEW(p->input.memory, fbs_remark);

    made->text = text;
    **last = made;
    *last = &made->next;
}

/* attribute "priority"; file_extension "mon"; native_include "mine.h"; */
static void parse_statement(parser *p, fbs_remark ***last)
{
    span begin = p->now.place;
    bool is_kept = !is_word(p, "attribute");

    step(p);
    if (!take(p, FBS_WORD))
        expect(p, FBS_STRING, "a text in quotes");
    span end = p->now.place;
    expect(p, ';', "';'");
    if (is_kept && !p->failed)
        add_remark(p, last, text_from(p, begin, end));
}

/* Method(Request): Response (attributes); */
static void parse_method(parser *p, slice service, fbs_remark ***last)
{
    span place;
    fbs_token name = expect(p, FBS_WORD, "a method or '}'");

    expect(p, '(', "'('");
    slice request = expect_path(p, "a table", &place);
    expect(p, ')', "')'");
    expect(p, ':', "':'");
    slice response = expect_path(p, "a table", &place);
    parse_attributes(p);
    expect(p, ';', "';'");
    if (p->failed)
        return;
    buffer text = buffer_in(p->input.memory);
    buffer_printf(&text, "rpc_service %.*s: %.*s(%.*s): %.*s", SLICE_PRINT(service),
                  SLICE_PRINT(name.text), SLICE_PRINT(request), SLICE_PRINT(response));
    add_remark(p, last, buffer_slice(&text));
}

static void parse_service(parser *p, fbs_remark ***last)
{
    step(p);
    fbs_token name = expect(p, FBS_WORD, "a name");
    parse_attributes(p);
    expect(p, '{', "'{'");
    while (!p->failed && !take(p, '}'))
        parse_method(p, name.text, last);
    if (!p->failed)
        diag_report(p->input.diags, DIAG_LEFT_OUT, name.place,
                    "rpc_service '%.*s' is left out: write a command or query for each method",
                    SLICE_PRINT(name.text));
}

/* The end of each list. */
typedef struct file_ends {
    fbs_include **include;
    fbs_declaration **declaration;
    fbs_remark **remark;
} file_ends;

static void parse_part(parser *p, file_ends *ends)
{
    if (is_word(p, "include"))
        parse_include(p, &ends->include);
    else if (is_word(p, "namespace"))
        parse_namespace(p);
    else if (is_word(p, "table"))
        parse_declaration(p, FBS_TABLE, &ends->declaration);
    else if (is_word(p, "struct"))
        parse_declaration(p, FBS_STRUCT, &ends->declaration);
    else if (is_word(p, "enum"))
        parse_declaration(p, FBS_ENUM, &ends->declaration);
    else if (is_word(p, "union"))
        parse_declaration(p, FBS_UNION, &ends->declaration);
    else if (is_word(p, "root_type"))
        parse_root_type(p);
    else if (is_word(p, "file_identifier"))
        parse_identifier(p);
    else if (is_word(p, "rpc_service"))
        parse_service(p, &ends->remark);
    else if (is_word(p, "attribute") || is_word(p, "file_extension") ||
             is_word(p, "native_include"))
        parse_statement(p, &ends->remark);
    else if (!take(p, ';'))
        unexpected(p, "a declaration");
}

fbs_file *fbs_parse(arena *memory, diagnostics *diags, const source *file)
{
    parser p = {.made = ARENA_NEW(memory, fbs_file), .namespace = SLICE("")};
    file_ends ends = {&p.made->includes, &p.made->declarations, &p.made->remarks};

    p.made->file = file;
    fbs_lex_open(&p.input, memory, diags, file);
    p.failed = p.input.failed;
    if (!p.failed)
        step(&p);
    while (!p.failed && p.now.kind != FBS_END)
        parse_part(&p, &ends);
    return p.made;
}
