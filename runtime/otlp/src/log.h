/* Writes log lines of an exporter. */
#ifndef CATGA_OTLP_LOG_H
#define CATGA_OTLP_LOG_H

#include <catga/catga.h>

/* Writes one warning to the function of the program, or to standard error if it is NULL. */
void otlp_log_warning(catga_log_function *function, void *user, const char *format, ...)
    CATGA_PRINTF(3, 4);

#endif
