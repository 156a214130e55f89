/* Error texts of the codec. The innermost level sets the reason; each outer level prepends its
 * name: "lines[3].product_id: longer than 64". If the outer names do not fit, the text begins
 * with "...". */
#ifndef CATGA_PROBLEM_H
#define CATGA_PROBLEM_H

#include <catga/gen.h>

/* Begin and end a problem text. `problem` may be NULL, here and below. */
static inline void catga_problem_begin(catga_problem *problem)
{
    if (problem != NULL)
        problem->text[0] = '\0';
}
void catga_problem_finish(catga_problem *problem);

/* Sets the reason, followed by the limit if it is not NULL. */
void catga_problem_state(catga_problem *problem, const char *reason);
void catga_problem_state_limit(catga_problem *problem, const char *reason, uint64_t limit);

/* Prepends "name" or "name[index]". */
void catga_problem_in_field(catga_problem *problem, const char *name);
void catga_problem_in_element(catga_problem *problem, const char *name, size_t index);

#endif
