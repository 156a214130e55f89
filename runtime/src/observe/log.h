/*
 * The runtime's own log: one escaped line per event. Lines that may repeat are limited, and the
 * number of suppressed lines is always reported.
 */
#ifndef CATGA_LOG_H
#define CATGA_LOG_H

#include <catga/catga.h>

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>

typedef struct catga_log_reporter catga_log_reporter;

/* The origin of a line, for JSON. Texts may be absent; those of a message are its sender's. */
typedef struct catga_log_facts {
    catga_string instance;
    catga_string service;
    catga_string message_id;
    catga_string correlation_id;
    catga_string trace_id;
} catga_log_facts;

/* Finds the facts of a line that this thread logs to the bus. */
typedef void catga_log_facts_function(const void *bus, catga_log_facts *facts);

typedef struct catga_logger {
    catga_log_function *function; /* NULL: standard error */
    void *user;
    catga_log_level level;           /* lines of a less severe level are not logged */
    catga_log_format format;         /* of lines on standard error */
    catga_log_facts_function *facts; /* NULL: lines have no facts */
    const void *bus;                 /* argument of `facts` */
    catga_log_reporter *reporter; /* NULL: the next line of a limit reports its suppressed lines */
} catga_logger;

void catga_log(const catga_logger *logger, catga_log_level level, const char *format, ...)
    CATGA_PRINTF(3, 4);
void catga_log_list(const catga_logger *logger, catga_log_level level, const char *format,
                    va_list arguments) CATGA_PRINTF(3, 0);

/* Returns whether lines of `level` are logged. Costs one load and one branch. */
static inline bool catga_log_wants(const catga_logger *logger, catga_log_level level)
{
    return CATGA_UNLIKELY(level <= logger->level);
}

/* ---- Limited lines ---- */

enum { CATGA_LOG_EXCERPT = 192 };

/*
 * The allowance of one kind of line: ten at once, and one a second. All zero is a full allowance.
 * catga_log_report reports it before its memory is freed.
 */
typedef struct catga_log_limit catga_log_limit;
struct catga_log_limit {
    atomic_int_fast64_t full_ns;     /* monotonic time at which the allowance is full again */
    atomic_uint_fast64_t suppressed; /* lines since the last report */

    /* Guarded by the reporter's lock. */
    catga_log_limit *next;
    bool waiting; /* in the reporter's list */
    catga_log_level level;
    char text[CATGA_LOG_EXCERPT]; /* the first suppressed line */
};

/* Logs a line, or counts it if the allowance of `limit` is used up. */
void catga_log_limited(const catga_logger *logger, catga_log_limit *limit, catga_log_level level,
                       const char *format, ...) CATGA_PRINTF(4, 5);

/* Logs how many lines were suppressed since the last report, if any. */
void catga_log_report(const catga_logger *logger, catga_log_limit *limit);

/* ---- Reporting suppressed lines ---- */

/*
 * Reports suppressed lines within a second, even if no other line follows. The first suppressed
 * line starts its thread, so a bus without problems has none.
 */
struct catga_log_reporter {
    const catga_logger *logger;
    pthread_mutex_t lock; /* taken once a second while lines are suppressed */
    pthread_cond_t changed;
    pthread_t thread;
    bool running;
    bool ending;
    catga_log_limit *waiting; /* limits with suppressed lines */
};

/* Sets up the reporter of `logger`, which outlives it. */
void catga_log_reporter_begin(catga_log_reporter *reporter, catga_logger *logger);

/* Reports all suppressed lines and ends the thread. No thread logs to a limit any more. */
void catga_log_reporter_end(catga_log_reporter *reporter);

#endif
