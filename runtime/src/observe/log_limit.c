/* Limits lines of the log and reports the suppressed ones; see log.h. */
#include "base/clock.h"
#include "base/signals.h"
#include "observe/log.h"

#include <inttypes.h>
#include <stdio.h>

enum { BURST = 10 };

#define REPORT_INTERVAL CATGA_SECOND

/*
 * Takes one line of the allowance. Each line moves `full_ns` by a second; the allowance is used up
 * when `full_ns` is more than a burst ahead.
 */
static bool take_allowance(catga_log_limit *limit)
{
    int64_t now = catga_clock_now();
    int_fast64_t full = atomic_load_explicit(&limit->full_ns, memory_order_relaxed);
    int_fast64_t next;

    do {
        if (full > now + (BURST - 1) * CATGA_SECOND)
            return false;
        next = (full > now ? full : now) + CATGA_SECOND;
    } while (!atomic_compare_exchange_weak(&limit->full_ns, &full, next));
    return true;
}

/* ---- The list of limits with suppressed lines ---- */

/* Appends a limit. The caller holds the lock. */
static void list_add(catga_log_reporter *reporter, catga_log_limit *limit)
{
    limit->waiting = true;
    limit->next = reporter->waiting;
    reporter->waiting = limit;
}

/* Removes a limit, if it is in the list. The caller holds the lock. */
static void list_remove(catga_log_reporter *reporter, catga_log_limit *limit)
{
    catga_log_limit **at = &reporter->waiting;

    while (*at != NULL && *at != limit)
        at = &(*at)->next;
    if (*at != NULL)
        *at = limit->next;
    limit->waiting = false;
}

/* ---- Reporting ---- */

typedef struct report {
    uint64_t suppressed;
    catga_log_level level;
    char text[CATGA_LOG_EXCERPT];
} report;

/* Returns and resets the count. The caller holds the lock if there is a reporter. */
static report take_report(catga_log_limit *limit)
{
    report taken = {.suppressed = atomic_exchange(&limit->suppressed, 0), .level = limit->level};

    memcpy(taken.text, limit->text, sizeof taken.text);
    return taken;
}

/* Logs a report. The caller holds no lock: the user's log function may log through the bus. */
static void write_report(const catga_logger *logger, const report *taken)
{
    if (taken->suppressed != 0)
        catga_log(logger, taken->level, "last message repeated %" PRIu64 " more times: %s",
                  taken->suppressed, taken->text);
}

void catga_log_report(const catga_logger *logger, catga_log_limit *limit)
{
    catga_log_reporter *reporter = logger->reporter;
    report taken;

    if (reporter == NULL) {
        taken = take_report(limit);
    } else {
        pthread_mutex_lock(&reporter->lock);
        list_remove(reporter, limit);
        taken = take_report(limit);
        pthread_mutex_unlock(&reporter->lock);
    }
    write_report(logger, &taken);
}

/* Reports all limits. The caller holds the lock, which is released around each line. */
static void report_all(catga_log_reporter *reporter)
{
    while (reporter->waiting != NULL) {
        catga_log_limit *limit = reporter->waiting;
        list_remove(reporter, limit);
        report taken = take_report(limit);
        pthread_mutex_unlock(&reporter->lock);
        write_report(reporter->logger, &taken);
        pthread_mutex_lock(&reporter->lock);
    }
}

static void *run(void *argument)
{
    catga_log_reporter *reporter = argument;

    pthread_mutex_lock(&reporter->lock);
    while (!reporter->ending) {
        if (reporter->waiting == NULL) {
            pthread_cond_wait(&reporter->changed, &reporter->lock);
            continue;
        }
        struct timespec due = catga_clock_timespec(catga_clock_now() + REPORT_INTERVAL);
        while (!reporter->ending &&
               pthread_cond_timedwait(&reporter->changed, &reporter->lock, &due) == 0)
            ; /* another limit was added */
        report_all(reporter);
    }
    pthread_mutex_unlock(&reporter->lock);
    return NULL;
}

/* ---- Limiting ---- */

/* Keeps the first suppressed line, and has it reported. */
static void suppress(const catga_logger *logger, catga_log_limit *limit, catga_log_level level,
                     const char *format, va_list arguments) CATGA_PRINTF(4, 0);
static void suppress(const catga_logger *logger, catga_log_limit *limit, catga_log_level level,
                     const char *format, va_list arguments)
{
    catga_log_reporter *reporter = logger->reporter;

    if (atomic_fetch_add(&limit->suppressed, 1) != 0)
        return;
    if (reporter != NULL)
        pthread_mutex_lock(&reporter->lock);
    limit->level = level;
    vsnprintf(limit->text, sizeof limit->text, format, arguments);
    if (reporter == NULL)
        return;
    if (!limit->waiting)
        list_add(reporter, limit);
    if (!reporter->running)
        reporter->running = catga_thread_start(&reporter->thread, run, reporter);
    pthread_cond_broadcast(&reporter->changed);
    pthread_mutex_unlock(&reporter->lock);
}

void catga_log_limited(const catga_logger *logger, catga_log_limit *limit, catga_log_level level,
                       const char *format, ...)
{
    va_list arguments;

    if (level > logger->level)
        return;
    va_start(arguments, format);
    if (take_allowance(limit)) {
        if (atomic_load_explicit(&limit->suppressed, memory_order_relaxed) != 0)
            catga_log_report(logger, limit);
        catga_log_list(logger, level, format, arguments);
    } else {
        suppress(logger, limit, level, format, arguments);
    }
    va_end(arguments);
}

/* ---- The reporter ---- */

void catga_log_reporter_begin(catga_log_reporter *reporter, catga_logger *logger)
{
    pthread_condattr_t monotonic;

    *reporter = (catga_log_reporter){.logger = logger};
    pthread_mutex_init(&reporter->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&reporter->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    logger->reporter = reporter;
}

void catga_log_reporter_end(catga_log_reporter *reporter)
{
    pthread_mutex_lock(&reporter->lock);
    reporter->ending = true;
    pthread_cond_broadcast(&reporter->changed);
    pthread_mutex_unlock(&reporter->lock);
    if (reporter->running)
        pthread_join(reporter->thread, NULL);
    pthread_mutex_lock(&reporter->lock);
    report_all(reporter);
    pthread_mutex_unlock(&reporter->lock);
    pthread_cond_destroy(&reporter->changed);
    pthread_mutex_destroy(&reporter->lock);
}
