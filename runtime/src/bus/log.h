/* The runtime's own log: one escaped line per event, problems that repeat at most once a second. */
#ifndef CATGA_LOG_H
#define CATGA_LOG_H

#include <catga/catga.h>

#include <stdatomic.h>

typedef struct catga_logger {
    catga_log_function *function; /* NULL: standard error */
    void *user;
    catga_log_level level; /* what is less urgent is not logged */
} catga_logger;

/* What one kind of problem has used of its share of the log. All zero is a fresh one. */
typedef struct catga_log_limit {
    atomic_int_fast64_t next_ns;
    atomic_uint_fast64_t held_back;
} catga_log_limit;

void catga_log(const catga_logger *logger, catga_log_level level, const char *format, ...)
    CATGA_PRINTF(3, 4);

/*
 * The same, but what comes within a second of the last line under `limit` is only counted, and that
 * line says how many.
 */
void catga_log_limited(const catga_logger *logger, catga_log_limit *limit, catga_log_level level,
                       const char *format, ...) CATGA_PRINTF(4, 5);

#endif
