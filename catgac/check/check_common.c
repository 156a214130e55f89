/* check_common.c -- helpers of all rules: origins, depth, names of declaration kinds,
 * duplicates. */
#include "check/checker.h"

#include <inttypes.h>

model_doc check_doc(const doc_comment *doc)
{
    return doc == NULL ? (model_doc){NULL, 0} : (model_doc){doc->lines, doc->line_count};
}

model_origin check_origin(const scope *in, ast_name name, const doc_comment *doc)
{
    return (model_origin){.name = name.text,
                          .place = name.place,
                          .doc = check_doc(doc),
                          .module = in->module,
                          .json = name.text};
}

enum { DEPENDENCY_DEPTH_LIMIT = 100 };

bool check_go_deeper(checker *c, span place)
{
    if (c->depth < DEPENDENCY_DEPTH_LIMIT) {
        c->depth++;
        return true;
    }
    diag_report(c->diags, DIAG_TOO_DEEP, place, "declarations need each other more than %d deep",
                DEPENDENCY_DEPTH_LIMIT);
    return false;
}

bool check_unsupported(const checker *c, span place, const char *what)
{
    if (c->only_facts)
        return true;
    diag_report(c->diags, DIAG_UNSUPPORTED, place, "%s not supported by this version of catgac",
                what);
    return false;
}

const char *check_kind_text(ast_kind kind)
{
    switch (kind) {
    case AST_BROKEN:
        return "a broken declaration";
    case AST_NAMESPACE:
        return "a namespace";
    case AST_VERSION:
        return "a version";
    case AST_IMPORT:
        return "an import";
    case AST_CONST:
        return "a constant";
    case AST_ENUM:
        return "an enum";
    case AST_FLAGS:
        return "a set of flags";
    case AST_STRUCT:
        return "a struct";
    case AST_TABLE:
        return "a table";
    case AST_UNION:
        return "a union";
    case AST_ERRORS:
        return "a set of errors";
    case AST_COMMAND:
        return "a command";
    case AST_QUERY:
        return "a query";
    case AST_EVENT:
        return "an event";
    case AST_STREAM:
        return "a stream";
    case AST_BUCKET:
        return "a bucket";
    case AST_OBJECTS:
        return "an object store";
    case AST_SERVICE:
        return "a service";
    }
    return "";
}

/* Returns a name in capitals, with underscores for dots. */
slice check_stream_name(const checker *c, const model_module *module)
{
    buffer name = buffer_in(c->memory);

    for (size_t i = 0; i < module->namespace.length; i++) {
        char letter = module->namespace.data[i];
        bool is_small = letter >= 'a' && letter <= 'z';
        buffer_append_char(&name, letter == '.' ? '_'
                                  : is_small    ? (char)(letter - 'a' + 'A')
                                                : letter);
    }
    buffer_printf(&name, "_V%" PRIu32, module->version);
    return buffer_slice(&name);
}

bool check_unique_member(checker *c, slice mangled, ast_name member, const char *what)
{
    ast_name *entry = ARENA_NEW(c->memory, ast_name);

    *entry = member;
    const ast_name *first = text_table_insert(&c->scratch, mangled, entry);
    if (first == NULL)
        return true;
    if (first->text.data == member.text.data)
        diag_report(c->diags, DIAG_DUPLICATE_NAME, member.place, "%s '%.*s' is declared twice",
                    what, SLICE_PRINT(member.text));
    else
        diag_report(c->diags, DIAG_NAME_COLLISION, member.place,
                    "'%.*s' and '%.*s' are the same name in C: '%.*s'", SLICE_PRINT(first->text),
                    SLICE_PRINT(member.text), SLICE_PRINT(mangled));
    diag_note(c->diags, first->place, "first declared here");
    return false;
}
