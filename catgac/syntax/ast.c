/* ast.c -- see ast.h: builds the tree. ast_dump.c prints it. */
#include "syntax/ast.h"

#include "grammar.h"

span span_join(span first, span last)
{
    if (first.source == 0)
        return last;
    return last.source == 0 ? first : (span){first.source, first.begin, last.end};
}

/* ---- Names ----------------------------------------------------------------------------------- */

ast_name ast_make_name(const ast_maker *maker, token word)
{
    return (ast_name){intern(maker->names, lex_text(maker->input, word)),
                      lex_span(maker->input, word)};
}

ast_path ast_make_path(const ast_maker *maker, token word)
{
    ast_name name = ast_make_name(maker, word);

    return (ast_path){.text = name.text, .place = name.place, .doc = word.doc};
}

/* Cuts a path that is too long, because each part makes a new, longer text. */
static ast_path cut_path(const ast_maker *maker, ast_path path, span place)
{
    if (!path.is_cut)
        diag_report(maker->diags, DIAG_NAME_TOO_LONG, place,
                    "a name with its namespace has at most %d characters", AST_PATH_LIMIT);
    path.is_cut = true;
    return path;
}

ast_path ast_extend_path(const ast_maker *maker, ast_path qualifier, token word)
{
    slice last = lex_text(maker->input, word);
    span place = span_join(qualifier.place, lex_span(maker->input, word));

    if (qualifier.text.length + 1 + last.length > AST_PATH_LIMIT)
        return cut_path(maker, qualifier, place);
    buffer text = buffer_in(maker->memory);
    buffer_printf(&text, "%.*s.", SLICE_PRINT(qualifier.text));
    buffer_append(&text, last);
    return (ast_path){.text = intern(maker->names, buffer_slice(&text)),
                      .qualifier_length = qualifier.text.length,
                      .place = place,
                      .doc = qualifier.doc};
}

/* ---- Expressions ----------------------------------------------------------------------------- */

const ast_expression *ast_make_literal(const ast_maker *maker, token literal)
{
    ast_expression *made = ARENA_NEW(maker->memory, ast_expression);

    made->place = lex_span(maker->input, literal);
    made->text = lex_text(maker->input, literal);
    made->depth = 1;
    if (literal.broken) {
        made->kind = EXPRESSION_BROKEN;
    } else if (literal.kind == TOKEN_STRING) {
        made->kind = EXPRESSION_STRING;
        made->text = lex_string_value(maker->input, literal);
    } else {
        made->kind = literal.kind == TOKEN_INTEGER  ? EXPRESSION_INTEGER
                     : literal.kind == TOKEN_NUMBER ? EXPRESSION_NUMBER
                                                    : EXPRESSION_DURATION;
    }
    return made;
}

const ast_expression *ast_make_reference(const ast_maker *maker, ast_path name)
{
    ast_expression *made = ARENA_NEW(maker->memory, ast_expression);

    made->kind = EXPRESSION_NAME;
    made->place = name.place;
    made->name = name;
    made->depth = 1;
    return made;
}

static bool is_broken(const ast_expression *operand)
{
    return operand != NULL && operand->kind == EXPRESSION_BROKEN;
}

/* Marks an expression or type that is too deep as broken, so that no later pass recurses without
 * limit. One with a broken part is broken too, so that each error is reported once. */
static const ast_expression *limit_depth(const ast_maker *maker, ast_expression *made)
{
    if (is_broken(made->left) || is_broken(made->right)) {
        made->kind = EXPRESSION_BROKEN;
        made->depth = 1;
        return made;
    }
    if (made->depth <= AST_DEPTH_LIMIT)
        return made;
    diag_report(maker->diags, DIAG_TOO_DEEP, made->place,
                "this expression is more than %d operations deep", AST_DEPTH_LIMIT);
    made->kind = EXPRESSION_BROKEN;
    made->depth = 1;
    return made;
}

const ast_expression *ast_make_unary(const ast_maker *maker, token sign,
                                     const ast_expression *operand)
{
    ast_expression *made = ARENA_NEW(maker->memory, ast_expression);

    made->kind = EXPRESSION_UNARY;
    made->place = span_join(lex_span(maker->input, sign), operand->place);
    made->sign = sign.kind;
    made->right = operand;
    made->depth = operand->depth + 1;
    return limit_depth(maker, made);
}

const ast_expression *ast_make_binary(const ast_maker *maker, token sign,
                                      const ast_expression *left, const ast_expression *right)
{
    ast_expression *made = ARENA_NEW(maker->memory, ast_expression);

    made->kind = EXPRESSION_BINARY;
    made->place = span_join(left->place, right->place);
    made->sign = sign.kind;
    made->left = left;
    made->right = right;
    made->depth = (left->depth > right->depth ? left->depth : right->depth) + 1;
    return limit_depth(maker, made);
}

/* ---- Types ----------------------------------------------------------------------------------- */

ast_type *ast_make_named_type(const ast_maker *maker, ast_path name)
{
    ast_type *made = ARENA_NEW(maker->memory, ast_type);

    made->kind = AST_TYPE_NAME;
    made->name = name;
    made->place = name.place;
    made->depth = 1;
    return made;
}

ast_type *ast_make_vector_type(const ast_maker *maker, const ast_type *element,
                               const ast_expression *length)
{
    ast_type *made = ARENA_NEW(maker->memory, ast_type);

    made->kind = length == NULL ? AST_TYPE_VECTOR : AST_TYPE_ARRAY;
    made->element = element;
    made->argument = length;
    made->place = element->place;
    made->depth = element->depth + 1;
    return made;
}

/* ---- Annotations ----------------------------------------------------------------------------- */

ast_argument *ast_make_argument(const ast_maker *maker, const ast_expression *value)
{
    ast_argument *made = ARENA_NEW(maker->memory, ast_argument);

    made->value = value;
    made->place = value->place;
    return made;
}

ast_argument *ast_make_range(const ast_maker *maker, token dots, const ast_expression *low,
                             const ast_expression *high)
{
    ast_argument *made = ARENA_NEW(maker->memory, ast_argument);

    made->is_range = true;
    made->value = low;
    made->high = high;
    made->place = lex_span(maker->input, dots);
    if (low != NULL)
        made->place = span_join(low->place, made->place);
    if (high != NULL)
        made->place = span_join(made->place, high->place);
    return made;
}

ast_annotation *ast_make_annotation(const ast_maker *maker, token at, token name)
{
    ast_annotation *made = ARENA_NEW(maker->memory, ast_annotation);

    made->name = ast_make_name(maker, name);
    made->place = span_join(lex_span(maker->input, at), made->name.place);
    made->doc = at.doc;
    return made;
}

/* ---- Members and declarations ---------------------------------------------------------------- */

static doc_comment *take_doc(doc_comment *doc)
{
    if (doc != NULL)
        doc->used = true;
    return doc;
}

ast_member *ast_make_member(const ast_maker *maker, ast_member_kind kind, token first)
{
    ast_member *made = ARENA_NEW(maker->memory, ast_member);

    made->kind = kind;
    made->place = lex_span(maker->input, first);
    made->doc = take_doc(first.doc);
    return made;
}

ast_member *ast_make_alternative(const ast_maker *maker, ast_path path)
{
    ast_member *made = ARENA_NEW(maker->memory, ast_member);

    made->kind = MEMBER_ALTERNATIVE;
    made->path = path;
    made->place = path.place;
    made->doc = take_doc(path.doc);
    return made;
}

ast_declaration *ast_make_declaration(const ast_maker *maker, ast_kind kind, token keyword)
{
    ast_declaration *made = ARENA_NEW(maker->memory, ast_declaration);

    made->kind = kind;
    made->place = lex_span(maker->input, keyword);
    if (kind != AST_VERSION && kind != AST_IMPORT) /* these cannot be documented */
        made->doc = take_doc(keyword.doc);
    return made;
}

void ast_annotate(ast_declaration *declaration, ast_annotations annotations)
{
    declaration->annotations = annotations;
    if (annotations.first != NULL && annotations.first->doc != NULL && declaration->doc == NULL)
        declaration->doc = take_doc(annotations.first->doc);
}

/* Appends an element to a list with the members `first` and `last`. */
#define APPEND(list, added)                                                                        \
    do {                                                                                           \
        if ((list)->first == NULL)                                                                 \
            (list)->first = (added);                                                               \
        else                                                                                       \
            (list)->last->next = (added);                                                          \
        (list)->last = (added);                                                                    \
    } while (0)

void ast_append_argument(ast_arguments *list, ast_argument *added)
{
    APPEND(list, added);
    list->count++;
}

void ast_append_annotation(ast_annotations *list, ast_annotation *added)
{
    APPEND(list, added);
}

void ast_append_member(ast_members *list, ast_member *added)
{
    APPEND(list, added);
    list->count++;
}

void ast_append_declaration(ast_file *file, ast_declaration *added)
{
    APPEND(file, added);
    file->declaration_count++;
}
