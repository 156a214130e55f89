/*
 * problem.h: how the codec explains a refusal. The innermost level states the reason; each level on the way out puts its
 * name in front, so that the text reads "lines[3].product_id: longer than 64". Where the outer names of a deep path do not
 * fit, it begins with "...".
 */
#ifndef CATGA_PROBLEM_H
#define CATGA_PROBLEM_H

#include <catga/gen.h>

/* No problem yet; and the end of it. `problem` may be NULL, here and below. */
static inline void catga_problem_begin(catga_problem *problem)
{
    if (problem != NULL)
        problem->text[0] = '\0';
}
void catga_problem_finish(catga_problem *problem);

/* Sets the reason, with the limit behind it when that is not NULL. */
void catga_problem_state(catga_problem *problem, const char *reason);
void catga_problem_state_limit(catga_problem *problem, const char *reason, uint64_t limit);

/* Puts "name" or "name[index]" in front of what is there. */
void catga_problem_in_field(catga_problem *problem, const char *name);
void catga_problem_in_element(catga_problem *problem, const char *name, size_t index);

#endif
