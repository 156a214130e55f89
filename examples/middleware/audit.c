#include "middleware.h"

/* The line has the ids of the message if CATGA_LOG_FORMAT is json. */
catga_status audit(catga_context *context, catga_next *next, void *known)
{
    catga_status status = catga_run_next(next);
    const char *name = user_of(context, known);

    catga_log_line(catga_context_bus(context), CATGA_LOG_INFO, "audit: %.*s by %s: %s (bytes=%zu)",
                   CATGA_PRINT(catga_context_message_name(context)), name == NULL ? "nobody" : name,
                   catga_status_name(status), catga_context_payload(context).length);
    return status;
}
