#include "codec/problem.h"

#include <inttypes.h>
#include <stdio.h>

#define LEFT_OUT "..."

/* A reason without a path has no separator. */
void catga_problem_finish(catga_problem *problem)
{
    if (problem != NULL && problem->text[0] == ':')
        memmove(problem->text, problem->text + 2, strlen(problem->text + 2) + 1);
}

void catga_problem_state(catga_problem *problem, const char *reason)
{
    if (problem != NULL)
        snprintf(problem->text, sizeof problem->text, ": %s", reason);
}

void catga_problem_state_limit(catga_problem *problem, const char *reason, uint64_t limit)
{
    if (problem != NULL)
        snprintf(problem->text, sizeof problem->text, ": %s %" PRIu64, reason, limit);
}

/* A path grows at its front: "product_id: longer than 64" becomes "lines[3].product_id: longer
 * than 64". If a name does not fit, "..." replaces it and all names before it; room for that is
 * reserved. */
static void prepend(catga_problem *problem, const char *part)
{
    char *text = problem->text;
    size_t length = strlen(part);
    size_t dot = text[0] == ':' || text[0] == '[' ? 0 : 1;
    size_t rest = strlen(text) + 1;

    if (text[0] == '.' || rest + sizeof LEFT_OUT > sizeof problem->text)
        return;
    if (length + dot + rest + sizeof LEFT_OUT > sizeof problem->text) {
        part = LEFT_OUT;
        length = strlen(LEFT_OUT);
        dot = 0;
    }
    memmove(text + length + dot, text, rest);
    memcpy(text, part, length);
    if (dot == 1)
        text[length] = '.';
}

void catga_problem_in_field(catga_problem *problem, const char *name)
{
    if (problem != NULL)
        prepend(problem, name);
}

void catga_problem_in_element(catga_problem *problem, const char *name, size_t index)
{
    if (problem == NULL)
        return;
    char element[CATGA_PROBLEM_TEXT];
    snprintf(element, sizeof element, "%s[%zu]", name, index);
    prepend(problem, element);
}
