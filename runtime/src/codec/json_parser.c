#include "codec/json_parser.h"

#include "codec/problem.h"

#include <stdio.h>

void parser_explain(json_parser *p)
{
    char reason[CATGA_PROBLEM_TEXT];
    size_t line = 1;
    size_t column = 1;

    if (p->problem->text[0] != '\0')
        return;
    for (const char *at = p->text; at < p->in.at; at++) {
        column = *at == '\n' ? 1 : column + 1;
        line += *at == '\n';
    }
    snprintf(reason, sizeof reason, "%s (line %zu, column %zu)", p->in.reason, line, column);
    catga_problem_state(p->problem, reason);
}

bool parser_failed_in(json_parser *p, const char *name)
{
    parser_explain(p);
    catga_problem_in_field(p->problem, name);
    return false;
}

bool parser_failed_at(json_parser *p, size_t index)
{
    parser_explain(p);
    catga_problem_in_element(p->problem, "", index);
    return false;
}
