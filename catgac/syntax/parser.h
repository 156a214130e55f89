/* parser.h -- shared by parse.c, which drives the grammar, and what it consists of:
 *
 * grammar.y     the grammar, for lemon; calls parser.c
 * parser.c      what the actions of the grammar call
 * unexpected.c  the text of a syntax error
 */
#ifndef CATGAC_PARSER_H
#define CATGAC_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "syntax/ast.h"
#include "syntax/lex.h"

enum {
    PARSER_BRACKET_LIMIT = 64, /* brackets open at once */
    GRAMMAR_STATES = 40        /* of the machine's stack, how many a look ahead needs */
};

/* The top of the machine's stack before a token, to find out what could have come instead. */
typedef struct grammar_states {
    uint16_t states[GRAMMAR_STATES];
    size_t count;
} grammar_states;

typedef struct parser {
    ast_maker maker;
    lexer input;
    ast_file *file;
    void *machine;

    token ahead;    /* the token after the current one */
    token previous; /* the token before it; kind TOKEN_END at the start */
    grammar_states before;

    token brackets[PARSER_BRACKET_LIMIT]; /* those that are open */
    size_t bracket_count;
    token declaration_keyword; /* of the declaration that is being read; kind 0: none */
    token declaration_name;

    bool failed;   /* the current token did not fit */
    bool is_quiet; /* the mistake has been reported: what is fed now is made up */
    bool stopped;
} parser;

/* Called by the grammar. */
void parser_too_deep(parser *p);
void parser_declared(parser *p);
void parser_lost_declaration(parser *p);
span parser_span(const parser *p, token piece);

/* Where a token is reported: the end of the file behind the last token, since what follows that may
 * be long. */
span parser_place(const parser *p, token found);
uint32_t parser_line(const parser *p, token piece);

/* Reports a token that the grammar refused, and what could have come instead. */
void parser_report_unexpected(parser *p, token found);

/* Made by lemon. */
void grammarInit(void *machine, parser *p);
void grammar(void *machine, int kind, token piece);
void grammarFinalize(void *machine);

/* At the end of grammar.y. */
size_t grammar_size(void);
void grammar_remember(const void *machine, grammar_states *states);
bool grammar_accepts(const grammar_states *before, int kind);

#endif
