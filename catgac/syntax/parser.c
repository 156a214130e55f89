/* parser.c -- see parser.h: the functions that the grammar's actions call, and spans of tokens. */
#include "syntax/parser.h"

span parser_span(const parser *p, token piece)
{
    return lex_span(&p->input, piece);
}

uint32_t parser_line(const parser *p, token piece)
{
    return source_locate(p->input.file, piece.begin).line;
}

span parser_place(const parser *p, token found)
{
    if (found.kind != TOKEN_END)
        return parser_span(p, found);
    uint32_t end = p->previous.end;
    return (span){p->input.file->number, end, end};
}

void parser_too_deep(parser *p)
{
    p->stopped = true;
    p->file->has_errors = true;
    diag_report(p->maker.diags, DIAG_TOO_DEEP, parser_span(p, p->previous),
                "this is nested too deeply");
}

void parser_declared(parser *p)
{
    p->declaration_keyword.kind = TOKEN_END;
    p->declaration_name.kind = TOKEN_END;
}

/* Keeps the name of a declaration that was not understood, so that its uses are not reported. */
void parser_lost_declaration(parser *p)
{
    if (p->declaration_name.kind != TOKEN_END) {
        ast_declaration *lost = ast_make_declaration(&p->maker, AST_BROKEN, p->declaration_keyword);
        lost->name = ast_make_name(&p->maker, p->declaration_name);
        ast_append_declaration(p->file, lost);
    }
    parser_declared(p);
}

const ast_type *parser_report_untyped(parser *p, ast_kind kind, token name)
{
    span place = parser_span(p, name);
    slice text = lex_text(&p->input, name);

    p->file->has_errors = true;
    diag_report(p->maker.diags, DIAG_SYNTAX, place,
                "'%.*s' needs an integer type, which holds its values: '%.*s: u8'",
                SLICE_PRINT(text), SLICE_PRINT(text));
    diag_fix(p->maker.diags, (span){place.source, place.end, place.end}, SLICE(": u8"));
    slice widest = kind == AST_FLAGS ? SLICE("u64") : SLICE("i64");
    return ast_make_named_type(&p->maker, (ast_path){.text = widest, .place = place});
}
