/* ast_dump.c -- prints the trees for --dump=ast, in the notation of a schema: one declaration or
 * member per line, operations in parentheses. */
#include "grammar.h"
#include "syntax/ast.h"

static void dump_doc(const doc_comment *doc, const char *indent, buffer *out)
{
    for (size_t i = 0; doc != NULL && i < doc->line_count; i++)
        buffer_printf(out, "%s/// %.*s\n", indent, SLICE_PRINT(doc->lines[i]));
}

/* Prints the token name "'+'" as "+". */
static void dump_sign(int sign, buffer *out)
{
    slice quoted = slice_of(token_name(sign));

    buffer_append(out, (slice){quoted.data + 1, quoted.length - 2});
}

static void dump_expression(const ast_expression *expression, buffer *out)
{
    switch (expression->kind) {
    case EXPRESSION_BROKEN:
        buffer_append_text(out, "<broken>");
        break;
    case EXPRESSION_INTEGER:
    case EXPRESSION_NUMBER:
    case EXPRESSION_DURATION:
        buffer_append(out, expression->text);
        break;
    case EXPRESSION_STRING:
        buffer_printf(out, "\"%.*s\"", SLICE_PRINT(expression->text));
        break;
    case EXPRESSION_NAME:
        buffer_append(out, expression->name.text);
        break;
    case EXPRESSION_UNARY:
        buffer_append_char(out, '(');
        dump_sign(expression->sign, out);
        dump_expression(expression->right, out);
        buffer_append_char(out, ')');
        break;
    case EXPRESSION_BINARY:
        buffer_append_char(out, '(');
        dump_expression(expression->left, out);
        buffer_append_char(out, ' ');
        dump_sign(expression->sign, out);
        buffer_append_char(out, ' ');
        dump_expression(expression->right, out);
        buffer_append_char(out, ')');
        break;
    }
}

static void dump_type(const ast_type *type, buffer *out)
{
    switch (type->kind) {
    case AST_TYPE_BROKEN:
        buffer_append_text(out, "<broken>");
        break;
    case AST_TYPE_NAME:
        buffer_append(out, type->name.text);
        if (type->argument != NULL) {
            buffer_append_char(out, '(');
            dump_expression(type->argument, out);
            buffer_append_char(out, ')');
        }
        break;
    case AST_TYPE_VECTOR:
    case AST_TYPE_ARRAY:
        buffer_append_char(out, '[');
        dump_type(type->element, out);
        if (type->argument != NULL) {
            buffer_append_char(out, ':');
            dump_expression(type->argument, out);
        }
        buffer_append_char(out, ']');
        break;
    }
    if (type->optional)
        buffer_append_char(out, '?');
}

static void dump_argument(const ast_argument *argument, buffer *out)
{
    if (argument->key.text.length > 0)
        buffer_printf(out, "%.*s: ", SLICE_PRINT(argument->key.text));
    if (argument->value != NULL)
        dump_expression(argument->value, out);
    if (argument->is_range)
        buffer_append_text(out, "..");
    if (argument->high != NULL)
        dump_expression(argument->high, out);
    if (argument->extra != NULL) {
        buffer_append_char(out, ' ');
        dump_expression(argument->extra, out);
    }
}

static void dump_arguments(const ast_arguments *arguments, buffer *out)
{
    const char *joint = "(";

    for (const ast_argument *g = arguments->first; g != NULL; g = g->next) {
        buffer_append_text(out, joint);
        dump_argument(g, out);
        joint = ", ";
    }
    if (arguments->count > 0)
        buffer_append_char(out, ')');
}

static void dump_annotations(const ast_annotations *annotations, buffer *out)
{
    for (const ast_annotation *a = annotations->first; a != NULL; a = a->next) {
        buffer_printf(out, " @%.*s", SLICE_PRINT(a->name.text));
        dump_arguments(&a->arguments, out);
    }
}

/* Dumps an argument in parentheses, which may be NULL, and the word before the name of a line. */
static void dump_argument_as(const ast_expression *argument, buffer *out)
{
    if (argument != NULL) {
        buffer_append_char(out, '(');
        dump_expression(argument, out);
        buffer_append_char(out, ')');
    }
    buffer_append_text(out, " as ");
}

static void dump_delivery(const ast_member *member, buffer *out)
{
    buffer_append_text(out, member->is_broadcast ? " broadcast" : " group");
    dump_argument_as(member->group, out);
}

static void dump_fetch(const ast_member *member, buffer *out)
{
    if (member->group != NULL)
        buffer_append_text(out, " group");
    dump_argument_as(member->group, out);
}

static void dump_member(const ast_member *member, buffer *out)
{
    static const char *const words[] = {"",    "",       "",       "handle ", "publish ", "calls ",
                                        "on ", "fetch ", "watch ", "reads ",  "writes ",  ""};

    dump_doc(member->doc, "  ", out);
    buffer_printf(out, "  %s%.*s", words[member->kind], SLICE_PRINT(member->path.text));
    if (member->is_family)
        buffer_append_text(out, ".*");
    dump_arguments(&member->selection, out);
    if (member->kind == MEMBER_WATCH)
        dump_argument_as(member->value, out);
    if (member->kind == MEMBER_ON)
        dump_delivery(member, out);
    if (member->kind == MEMBER_FETCH)
        dump_fetch(member, out);
    buffer_append(out, member->name.text);
    if (member->type != NULL) {
        buffer_append_text(out, ": ");
        dump_type(member->type, out);
    }
    if (member->value != NULL && member->kind != MEMBER_WATCH) {
        buffer_append_text(out, member->kind == MEMBER_SETTING ? ": " : " = ");
        dump_expression(member->value, out);
    }
    dump_annotations(&member->annotations, out);
    buffer_append_char(out, '\n');
}

static const char *word_of(ast_kind kind)
{
    switch (kind) {
    case AST_BROKEN:
        return "<broken>";
    case AST_NAMESPACE:
        return "namespace";
    case AST_VERSION:
        return "version";
    case AST_IMPORT:
        return "import";
    case AST_CONST:
        return "const";
    case AST_ENUM:
        return "enum";
    case AST_FLAGS:
        return "flags";
    case AST_STRUCT:
        return "struct";
    case AST_TABLE:
        return "table";
    case AST_UNION:
        return "union";
    case AST_ERRORS:
        return "errors";
    case AST_COMMAND:
        return "command";
    case AST_QUERY:
        return "query";
    case AST_EVENT:
        return "event";
    case AST_STREAM:
        return "stream";
    case AST_BUCKET:
        return "bucket";
    case AST_OBJECTS:
        return "objects";
    case AST_SERVICE:
        return "service";
    }
    return "";
}

static void dump_declaration(const ast_declaration *declaration, buffer *out)
{
    dump_doc(declaration->doc, "", out);
    buffer_append_text(out, word_of(declaration->kind));
    if (declaration->name.text.length > 0)
        buffer_printf(out, " %.*s", SLICE_PRINT(declaration->name.text));
    if (declaration->kind == AST_NAMESPACE)
        buffer_printf(out, " %.*s", SLICE_PRINT(declaration->path.text));
    if (declaration->type != NULL) {
        buffer_append_text(out, declaration->kind == AST_BUCKET ? " -> " : ": ");
        dump_type(declaration->type, out);
    }
    if (declaration->value != NULL) {
        buffer_append_text(out, declaration->kind == AST_CONST ? " = " : " ");
        dump_expression(declaration->value, out);
    }
    if (declaration->has_result)
        buffer_printf(out, " -> %.*s", SLICE_PRINT(declaration->result.text));
    if (declaration->has_throws)
        buffer_printf(out, " throws %.*s", SLICE_PRINT(declaration->throws.text));
    dump_annotations(&declaration->annotations, out);
    buffer_append_char(out, '\n');
    for (const ast_member *m = declaration->members.first; m != NULL; m = m->next)
        dump_member(m, out);
}

void ast_dump(const ast *tree, buffer *out)
{
    for (size_t i = 0; i < tree->file_count; i++) {
        const ast_file *file = tree->files[i];
        buffer_printf(out, "file %.*s\n", SLICE_PRINT(file->file->schema_path));
        for (const ast_declaration *d = file->first; d != NULL; d = d->next)
            dump_declaration(d, out);
    }
}
