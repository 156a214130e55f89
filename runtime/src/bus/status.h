/* Classes, wire codes and texts of outcomes. All functions are pure. */
#ifndef CATGA_STATUS_H
#define CATGA_STATUS_H

#include <catga/catga.h>

/* Returns the code of a status in an error reply, or 0 if the status is never sent. */
uint32_t catga_status_code(catga_status status);

/* Returns the status of a code in an error reply: CATGA_HANDLER_FAILED for an unknown code. */
catga_status catga_status_of_code(uint32_t code);

/* Returns whether a retry may succeed because the server was silent or is not ready. */
static inline bool catga_status_is_transient(catga_status status)
{
    return status == CATGA_OVERLOADED || status == CATGA_TIMEOUT || status == CATGA_DISCONNECTED ||
           status == CATGA_NO_JETSTREAM;
}

/* The format of a status and its problem, if that is known; CATGA_REASON_OF gives its arguments. */
#define CATGA_REASON "%s%s%s"
#define CATGA_REASON_OF(status, problem)                                                           \
    catga_status_text(status), (problem).text[0] != '\0' ? ": " : "", (problem).text

/* Returns the problem if that is known, else the text of the status. */
static inline const char *catga_status_reason(catga_status status, const catga_problem *problem)
{
    return problem->text[0] != '\0' ? problem->text : catga_status_text(status);
}

#endif
