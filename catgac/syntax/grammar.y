// grammar.y -- the grammar of a schema file, for lemon.
//
// Every action is one or two calls of ast.h; check.c interprets names. Keywords fall back to names
// where no keyword can stand. After a syntax error parse.c skips to a token where parsing can
// continue and sends RESYNC; an `error RESYNC` stands wherever that is possible.

%name grammar
%token_prefix TOKEN_
%token_type {token}
%extra_context {parser *p}
%start_symbol file
%stack_size 512

%include {
#include <assert.h>

#include "syntax/ast.h"
#include "syntax/parser.h"

#define MAKER (&p->maker)

/* parse.c reports errors and ends the recovery. lemon waits for three valid tokens, which would
 * hide the second of two close errors. */
#define RECOVERED (yypParser->yyerrcnt = -1)
}

%syntax_error   { (void)yymajor; p->failed = true; }
%stack_overflow { parser_too_deep(p); }

%fallback IDENTIFIER CONST ENUM FLAGS STRUCT TABLE UNION ERRORS COMMAND QUERY EVENT STREAM
                     BUCKET OBJECTS SERVICE NAMESPACE VERSION IMPORT THROWS HANDLE PUBLISH CALLS ON
                     GROUP BROADCAST AS FETCH WATCH READS WRITES.

%left BAR.
%left AMPERSAND.
%left SHIFT_LEFT SHIFT_RIGHT.
%left PLUS MINUS.
%left STAR SLASH PERCENT.
%right TILDE.

//// A file ///////////////////////////////////////////////////////////////////////////////////////

file ::= declarations.

declarations ::= .
declarations ::= declarations annotations(N) declaration(D).
    { ast_annotate(D, N); ast_append_declaration(p->file, D); parser_declared(p); }
declarations ::= declarations error RESYNC.
    { parser_lost_declaration(p); RECOVERED; }

%type declaration {ast_declaration *}
declaration(D) ::= NAMESPACE(K) path(P) SEMICOLON.
    { D = ast_make_declaration(MAKER, AST_NAMESPACE, K); D->path = P; }
declaration(D) ::= VERSION(K) expression(E) SEMICOLON.
    { D = ast_make_declaration(MAKER, AST_VERSION, K); D->value = E; }
declaration(D) ::= IMPORT(K) STRING(S) SEMICOLON.
    { D = ast_make_declaration(MAKER, AST_IMPORT, K); D->value = ast_make_literal(MAKER, S); }
declaration(D) ::= CONST(K) IDENTIFIER(N) COLON type(T) EQUALS expression(E) SEMICOLON.
    { D = ast_make_declaration(MAKER, AST_CONST, K);
      D->name = ast_make_name(MAKER, N); D->type = T; D->value = E; }

//// Data /////////////////////////////////////////////////////////////////////////////////////////

declaration(D) ::= enum_kind(D1) IDENTIFIER(N) COLON type(T) values(V).
    { D = D1; D->name = ast_make_name(MAKER, N); D->type = T; D->members = V; }

// The type is missing. The enum is kept to prevent follow-up errors.
declaration(D) ::= enum_kind(D1) IDENTIFIER(N) values(V).
    { D = D1; D->name = ast_make_name(MAKER, N); D->type = parser_report_untyped(p, D1->kind, N);
      D->members = V; }

%type enum_kind {ast_declaration *}
enum_kind(D) ::= ENUM(K).   { D = ast_make_declaration(MAKER, AST_ENUM, K); }
enum_kind(D) ::= FLAGS(K).  { D = ast_make_declaration(MAKER, AST_FLAGS, K); }

// The braces are part of these rules: no list is complete without its closing brace, so the parser
// does not reduce a list before it sees a syntax error in it.
%type values {ast_members}
values(L) ::= LEFT_BRACE RIGHT_BRACE.                      { L = (ast_members){0}; }
values(L) ::= LEFT_BRACE value_list(V) RIGHT_BRACE.        { L = V; }
values(L) ::= LEFT_BRACE value_list(V) COMMA RIGHT_BRACE.  { L = V; }

%type value_list {ast_members}
value_list(L) ::= value(M).                      { L = (ast_members){0}; ast_append_member(&L, M); }
value_list(L) ::= value_list(L1) COMMA value(M). { L = L1; ast_append_member(&L, M); }
value_list(L) ::= error RESYNC.                  { L = (ast_members){0}; RECOVERED; }
value_list(L) ::= value_list(L1) error RESYNC.   { L = L1; RECOVERED; }

%type value {ast_member *}
value(M) ::= IDENTIFIER(N) annotations(A).
    { M = ast_make_member(MAKER, MEMBER_VALUE, N); M->name = ast_make_name(MAKER, N);
      M->annotations = A; }
value(M) ::= IDENTIFIER(N) EQUALS expression(E) annotations(A).
    { M = ast_make_member(MAKER, MEMBER_VALUE, N); M->name = ast_make_name(MAKER, N);
      M->value = E; M->annotations = A; }

declaration(D) ::= record_kind(D1) IDENTIFIER(N) LEFT_BRACE fields(F) RIGHT_BRACE.
    { D = D1; D->name = ast_make_name(MAKER, N); D->members = F; }

%type record_kind {ast_declaration *}
record_kind(D) ::= STRUCT(K).  { D = ast_make_declaration(MAKER, AST_STRUCT, K); }
record_kind(D) ::= TABLE(K).   { D = ast_make_declaration(MAKER, AST_TABLE, K); }

%type fields {ast_members}
fields(L) ::= .                          { L = (ast_members){0}; }
fields(L) ::= fields(L1) field(M).       { L = L1; ast_append_member(&L, M); }
fields(L) ::= fields(L1) error RESYNC.   { L = L1; RECOVERED; }

%type field {ast_member *}
field(M) ::= IDENTIFIER(N) COLON type(T) default(E) annotations(A) SEMICOLON.
    { M = ast_make_member(MAKER, MEMBER_FIELD, N); M->name = ast_make_name(MAKER, N);
      M->type = T; M->value = E; M->annotations = A; }

%type default {const ast_expression *}
default(E) ::= .                        { E = NULL; }
default(E) ::= EQUALS expression(V).    { E = V; }

declaration(D) ::= UNION(K) IDENTIFIER(N) alternatives(L).
    { D = ast_make_declaration(MAKER, AST_UNION, K); D->name = ast_make_name(MAKER, N);
      D->members = L; }

%type alternatives {ast_members}
alternatives(L) ::= LEFT_BRACE RIGHT_BRACE.                            { L = (ast_members){0}; }
alternatives(L) ::= LEFT_BRACE alternative_list(V) RIGHT_BRACE.        { L = V; }
alternatives(L) ::= LEFT_BRACE alternative_list(V) COMMA RIGHT_BRACE.  { L = V; }

%type alternative_list {ast_members}
alternative_list(L) ::= alternative(M).
    { L = (ast_members){0}; ast_append_member(&L, M); }
alternative_list(L) ::= alternative_list(L1) COMMA alternative(M).
    { L = L1; ast_append_member(&L, M); }
alternative_list(L) ::= error RESYNC.                        { L = (ast_members){0}; RECOVERED; }
alternative_list(L) ::= alternative_list(L1) error RESYNC.   { L = L1; RECOVERED; }

%type alternative {ast_member *}
alternative(M) ::= path(P) annotations(A).
    { M = ast_make_alternative(MAKER, P); M->annotations = A; }
alternative(M) ::= IDENTIFIER(N) COLON type(T) annotations(A).
    { M = ast_make_member(MAKER, MEMBER_ALTERNATIVE, N); M->name = ast_make_name(MAKER, N);
      M->type = T; M->annotations = A; }

//// Types ////////////////////////////////////////////////////////////////////////////////////////

%type type {ast_type *}
type(T) ::= plain_type(T1).                { T = T1; }
type(T) ::= plain_type(T1) QUESTION(Q).
    { T = T1; T->optional = true; T->place = span_join(T->place, parser_span(p, Q)); }

%type plain_type {ast_type *}
plain_type(T) ::= path(P).                 { T = ast_make_named_type(MAKER, P); }
plain_type(T) ::= path(P) LEFT_PARENTHESIS expression(E) RIGHT_PARENTHESIS(R).
    { T = ast_make_named_type(MAKER, P); T->argument = E;
      T->place = span_join(T->place, parser_span(p, R)); }
plain_type(T) ::= LEFT_BRACKET(L) type(E) RIGHT_BRACKET(R).
    { T = ast_make_vector_type(MAKER, E, NULL);
      T->place = span_join(parser_span(p, L), parser_span(p, R)); }
plain_type(T) ::= LEFT_BRACKET(L) type(E) COLON expression(N) RIGHT_BRACKET(R).
    { T = ast_make_vector_type(MAKER, E, N);
      T->place = span_join(parser_span(p, L), parser_span(p, R)); }

%type path {ast_path}
path(P) ::= IDENTIFIER(N).              { P = ast_make_path(MAKER, N); }
path(P) ::= path(P1) DOT IDENTIFIER(N). { P = ast_extend_path(MAKER, P1, N); }

//// Expressions //////////////////////////////////////////////////////////////////////////////////

%type expression {const ast_expression *}
expression(E) ::= INTEGER(V).           { E = ast_make_literal(MAKER, V); }
expression(E) ::= NUMBER(V).            { E = ast_make_literal(MAKER, V); }
expression(E) ::= DURATION(V).          { E = ast_make_literal(MAKER, V); }
expression(E) ::= STRING(V).            { E = ast_make_literal(MAKER, V); }
expression(E) ::= path(P).              { E = ast_make_reference(MAKER, P); }
expression(E) ::= LEFT_PARENTHESIS expression(I) RIGHT_PARENTHESIS.  { E = I; }
expression(E) ::= MINUS(S) expression(R). [TILDE]  { E = ast_make_unary(MAKER, S, R); }
expression(E) ::= TILDE(S) expression(R).          { E = ast_make_unary(MAKER, S, R); }
expression(E) ::= expression(L) BAR(S) expression(R).     { E = ast_make_binary(MAKER, S, L, R); }
expression(E) ::= expression(L) AMPERSAND(S) expression(R).
    { E = ast_make_binary(MAKER, S, L, R); }
expression(E) ::= expression(L) SHIFT_LEFT(S) expression(R).
    { E = ast_make_binary(MAKER, S, L, R); }
expression(E) ::= expression(L) SHIFT_RIGHT(S) expression(R).
    { E = ast_make_binary(MAKER, S, L, R); }
expression(E) ::= expression(L) PLUS(S) expression(R).    { E = ast_make_binary(MAKER, S, L, R); }
expression(E) ::= expression(L) MINUS(S) expression(R).   { E = ast_make_binary(MAKER, S, L, R); }
expression(E) ::= expression(L) STAR(S) expression(R).    { E = ast_make_binary(MAKER, S, L, R); }
expression(E) ::= expression(L) SLASH(S) expression(R).   { E = ast_make_binary(MAKER, S, L, R); }
expression(E) ::= expression(L) PERCENT(S) expression(R). { E = ast_make_binary(MAKER, S, L, R); }

//// Annotations //////////////////////////////////////////////////////////////////////////////////

%type annotations {ast_annotations}
annotations(L) ::= .                                { L = (ast_annotations){0}; }
annotations(L) ::= annotations(L1) annotation(A).   { L = L1; ast_append_annotation(&L, A); }

%type annotation {ast_annotation *}
annotation(A) ::= AT(S) IDENTIFIER(N).
    { A = ast_make_annotation(MAKER, S, N); }
annotation(A) ::= AT(S) IDENTIFIER(N) LEFT_PARENTHESIS arguments(L) RIGHT_PARENTHESIS(R).
    { A = ast_make_annotation(MAKER, S, N); A->arguments = L;
      A->place = span_join(A->place, parser_span(p, R)); }

%type arguments {ast_arguments}
arguments(L) ::= argument(A).                       { L = (ast_arguments){0};
                                                      ast_append_argument(&L, A); }
arguments(L) ::= arguments(L1) COMMA argument(A).   { L = L1; ast_append_argument(&L, A); }

%type argument {ast_argument *}
argument(A) ::= argument_value(V).                      { A = V; }
argument(A) ::= IDENTIFIER(N) COLON argument_value(V).  { A = V;
                                                          A->key = ast_make_name(MAKER, N); }

%type argument_value {ast_argument *}
argument_value(A) ::= expression(E).    { A = ast_make_argument(MAKER, E); }
argument_value(A) ::= path(P) STRING(S).
    { A = ast_make_argument(MAKER, ast_make_reference(MAKER, P));
      A->extra = ast_make_literal(MAKER, S); }
argument_value(A) ::= expression(L) DOT_DOT(D) expression(H).
    { A = ast_make_range(MAKER, D, L, H); }
argument_value(A) ::= expression(L) DOT_DOT(D).   { A = ast_make_range(MAKER, D, L, NULL); }
argument_value(A) ::= DOT_DOT(D) expression(H).   { A = ast_make_range(MAKER, D, NULL, H); }

//// Messages and their errors ////////////////////////////////////////////////////////////////////

declaration(D) ::= ERRORS(K) IDENTIFIER(N) LEFT_BRACE codes(L) RIGHT_BRACE.
    { D = ast_make_declaration(MAKER, AST_ERRORS, K); D->name = ast_make_name(MAKER, N);
      D->members = L; }

%type codes {ast_members}
codes(L) ::= .                         { L = (ast_members){0}; }
codes(L) ::= codes(L1) code(M).        { L = L1; ast_append_member(&L, M); }
codes(L) ::= codes(L1) error RESYNC.   { L = L1; RECOVERED; }

%type code {ast_member *}
code(M) ::= IDENTIFIER(N) EQUALS expression(E) annotations(A) SEMICOLON.
    { M = ast_make_member(MAKER, MEMBER_VALUE, N); M->name = ast_make_name(MAKER, N);
      M->value = E; M->annotations = A; }

declaration(D) ::= message_kind(D1) IDENTIFIER(N) result(D2) throws(D3)
                   LEFT_BRACE fields(F) RIGHT_BRACE.
    { D = D1; D->name = ast_make_name(MAKER, N); D->members = F;
      D->has_result = D2.text.length > 0; D->result = D2;
      D->has_throws = D3.text.length > 0; D->throws = D3; }

%type message_kind {ast_declaration *}
message_kind(D) ::= COMMAND(K).  { D = ast_make_declaration(MAKER, AST_COMMAND, K); }
message_kind(D) ::= QUERY(K).    { D = ast_make_declaration(MAKER, AST_QUERY, K); }
message_kind(D) ::= EVENT(K).    { D = ast_make_declaration(MAKER, AST_EVENT, K); }

%type result {ast_path}
result(P) ::= .                { P = (ast_path){0}; }
result(P) ::= ARROW path(P1).  { P = P1; }

%type throws {ast_path}
throws(P) ::= .                 { P = (ast_path){0}; }
throws(P) ::= THROWS path(P1).  { P = P1; }

//// Streams, buckets and object stores ////////////////////////////////////////////////////////////

declaration(D) ::= STREAM(K) IDENTIFIER(N) LEFT_BRACE settings(L) RIGHT_BRACE.
    { D = ast_make_declaration(MAKER, AST_STREAM, K); D->name = ast_make_name(MAKER, N);
      D->members = L; }
declaration(D) ::= BUCKET(K) IDENTIFIER(N) ARROW type(T) LEFT_BRACE settings(L) RIGHT_BRACE.
    { D = ast_make_declaration(MAKER, AST_BUCKET, K); D->name = ast_make_name(MAKER, N);
      D->type = T; D->members = L; }
declaration(D) ::= OBJECTS(K) IDENTIFIER(N) LEFT_BRACE settings(L) RIGHT_BRACE.
    { D = ast_make_declaration(MAKER, AST_OBJECTS, K); D->name = ast_make_name(MAKER, N);
      D->members = L; }

%type settings {ast_members}
settings(L) ::= .                           { L = (ast_members){0}; }
settings(L) ::= settings(L1) setting(M).    { L = L1; ast_append_member(&L, M); }
settings(L) ::= settings(L1) error RESYNC.  { L = L1; RECOVERED; }

%type setting {ast_member *}
setting(M) ::= IDENTIFIER(N) COLON expression(E) SEMICOLON.
    { M = ast_make_member(MAKER, MEMBER_SETTING, N); M->name = ast_make_name(MAKER, N);
      M->value = E; }

//// Services /////////////////////////////////////////////////////////////////////////////////////

declaration(D) ::= SERVICE(K) IDENTIFIER(N) LEFT_BRACE lines(L) RIGHT_BRACE.
    { D = ast_make_declaration(MAKER, AST_SERVICE, K); D->name = ast_make_name(MAKER, N);
      D->members = L; }

%type lines {ast_members}
lines(L) ::= .                         { L = (ast_members){0}; }
lines(L) ::= lines(L1) line(M).        { L = L1; ast_append_member(&L, M); }
lines(L) ::= lines(L1) error RESYNC.   { L = L1; RECOVERED; }

%type line {ast_member *}
line(M) ::= HANDLE(K) path(P) SEMICOLON.
    { M = ast_make_member(MAKER, MEMBER_HANDLE, K); M->path = P; }
line(M) ::= PUBLISH(K) path(P) SEMICOLON.
    { M = ast_make_member(MAKER, MEMBER_PUBLISH, K); M->path = P; }
line(M) ::= CALLS(K) path(P) SEMICOLON.
    { M = ast_make_member(MAKER, MEMBER_CALLS, K); M->path = P; }
line(M) ::= ON(K) path(P) selection(S) delivery(B) AS IDENTIFIER(N) SEMICOLON.
    { M = ast_make_member(MAKER, MEMBER_ON, K); M->path = P; M->is_broadcast = B.is_broadcast;
      M->group = B.group; M->selection = S; M->name = ast_make_name(MAKER, N); }
line(M) ::= ON(K) path(P) DOT STAR delivery(B) AS IDENTIFIER(N) SEMICOLON.
    { M = ast_make_member(MAKER, MEMBER_ON, K); M->path = P; M->is_broadcast = B.is_broadcast;
      M->group = B.group; M->is_family = true; M->name = ast_make_name(MAKER, N); }

line(M) ::= FETCH(K) path(P) selection(S) joined(G) AS IDENTIFIER(N) SEMICOLON.
    { M = ast_make_member(MAKER, MEMBER_FETCH, K); M->path = P; M->selection = S; M->group = G;
      M->name = ast_make_name(MAKER, N); }
line(M) ::= FETCH(K) path(P) DOT STAR joined(G) AS IDENTIFIER(N) SEMICOLON.
    { M = ast_make_member(MAKER, MEMBER_FETCH, K); M->path = P; M->is_family = true; M->group = G;
      M->name = ast_make_name(MAKER, N); }
line(M) ::= WATCH(K) path(P) pattern(E) AS IDENTIFIER(N) SEMICOLON.
    { M = ast_make_member(MAKER, MEMBER_WATCH, K); M->path = P; M->value = E;
      M->name = ast_make_name(MAKER, N); }
line(M) ::= READS(K) path(P) SEMICOLON.
    { M = ast_make_member(MAKER, MEMBER_READS, K); M->path = P; }
line(M) ::= WRITES(K) path(P) SEMICOLON.
    { M = ast_make_member(MAKER, MEMBER_WRITES, K); M->path = P; }

%type pattern {const ast_expression *}
pattern(E) ::= .                                                  { E = NULL; }
pattern(E) ::= LEFT_PARENTHESIS expression(X) RIGHT_PARENTHESIS.  { E = X; }

%type selection {ast_arguments}
selection(S) ::= .                                                  { S = (ast_arguments){0}; }
selection(S) ::= LEFT_PARENTHESIS arguments(L) RIGHT_PARENTHESIS.   { S = L; }

%type delivery {ast_delivery}
delivery(B) ::= GROUP.      { B = (ast_delivery){false, NULL}; }
delivery(B) ::= BROADCAST.  { B = (ast_delivery){true, NULL}; }
delivery(B) ::= GROUP LEFT_PARENTHESIS expression(E) RIGHT_PARENTHESIS.
    { B = (ast_delivery){false, E}; }

%type joined {const ast_expression *}
joined(G) ::= .                                                       { G = NULL; }
joined(G) ::= GROUP LEFT_PARENTHESIS expression(E) RIGHT_PARENTHESIS. { G = E; }

//// Expected tokens //////////////////////////////////////////////////////////////////////////////

%code {
size_t grammar_size(void)
{
    return sizeof(yyParser);
}

/* Copies only the top of the stack: the reductions of one token do not reach deeper. */
void grammar_remember(const void *machine, grammar_states *states)
{
    const yyParser *now = machine;
    size_t depth = (size_t)(now->yytos - now->yystack) + 1;
    size_t count = depth < GRAMMAR_STATES ? depth : GRAMMAR_STATES;
    const yyStackEntry *bottom = now->yytos + 1 - count;
    for (size_t i = 0; i < count; i++)
        states->states[i] = bottom[i].stateno;
    states->count = count;
}

/* Returns the action of a state for the token itself, without the fallback of keywords to names. */
static YYACTIONTYPE action_without_fallback(YYACTIONTYPE state, YYCODETYPE kind)
{
    int at = yy_shift_ofst[state] + kind;
    return yy_lookahead[at] == kind ? yy_action[at] : yy_default[state];
}

bool grammar_accepts(const grammar_states *before, int kind)
{
    grammar_states stack = *before;
    while (stack.count > 0) {
        YYACTIONTYPE state = stack.states[stack.count - 1];
        YYACTIONTYPE action =
            state > YY_MAX_SHIFT ? state : action_without_fallback(state, (YYCODETYPE)kind);
        if (action <= YY_MAX_SHIFTREDUCE || action == YY_ACCEPT_ACTION)
            return true;
        if (action < YY_MIN_REDUCE)
            return false;
        unsigned rule = (unsigned)(action - YY_MIN_REDUCE);
        size_t popped = (size_t)-yyRuleInfoNRhs[rule];
        if (popped >= stack.count || (popped == 0 && stack.count == GRAMMAR_STATES))
            return false;
        stack.count -= popped;
        YYACTIONTYPE next = yy_find_reduce_action(stack.states[stack.count - 1],
                                                  yyRuleInfoLhs[rule]);
        if (next > YY_MAX_SHIFT && next <= YY_MAX_SHIFTREDUCE)
            next = (YYACTIONTYPE)(next + YY_MIN_REDUCE - YY_MIN_SHIFTREDUCE);
        stack.states[stack.count] = next;
        stack.count++;
    }
    return false;
}
}
