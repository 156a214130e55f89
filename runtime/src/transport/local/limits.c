#include "transport/local/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SUBJECT_SIZE = 1024 };

void catga_local_limits_begin(catga_local_limits *limits)
{
    atomic_init(&limits->max_payload, CATGA_LOCAL_MAX_PAYLOAD);
    pthread_mutex_init(&limits->lock, NULL);
}

void catga_local_limits_end(catga_local_limits *limits)
{
    for (size_t i = 0; i < CATGA_LOCAL_REFUSED; i++)
        free(limits->refused[i]);
    pthread_mutex_destroy(&limits->lock);
}

void catga_local_set_max_payload(catga_local *local, size_t bytes)
{
    atomic_store(&local->limits.max_payload, bytes);
}

/* ---- Subjects ---- */

static bool fits(const char *pattern, const char *subject)
{
    size_t length = strlen(pattern);

    if (length == 0 || pattern[length - 1] != '>')
        return strcmp(pattern, subject) == 0;
    return strncmp(pattern, subject, length - 1) == 0;
}

/* Returns the index of the pattern, or of a free entry for NULL; CATGA_LOCAL_REFUSED if there is
 * none. */
static size_t find(const catga_local_limits *limits, const char *pattern)
{
    size_t i = 0;

    while (i < CATGA_LOCAL_REFUSED &&
           (pattern == NULL
                ? limits->refused[i] != NULL
                : limits->refused[i] == NULL || strcmp(limits->refused[i], pattern) != 0))
        i++;
    return i;
}

static catga_status refuse(catga_local_limits *limits, const char *pattern)
{
    size_t index = find(limits, NULL);
    char *copy = index == CATGA_LOCAL_REFUSED ? NULL : strdup(pattern);

    if (copy == NULL)
        return CATGA_NO_MEMORY;
    limits->refused[index] = copy;
    atomic_store(&limits->restricted, true);
    return CATGA_OK;
}

catga_status catga_local_set_allowed(catga_local *local, const char *subject, bool allowed)
{
    catga_local_limits *limits = &local->limits;
    catga_status status = CATGA_OK;

    pthread_mutex_lock(&limits->lock);
    size_t index = find(limits, subject);
    if (index == CATGA_LOCAL_REFUSED && !allowed) {
        status = refuse(limits, subject);
    } else if (index != CATGA_LOCAL_REFUSED && allowed) {
        free(limits->refused[index]);
        limits->refused[index] = NULL;
    }
    pthread_mutex_unlock(&limits->lock);
    return status;
}

static bool is_refused(catga_local_limits *limits, const char *subject)
{
    bool refused = false;

    pthread_mutex_lock(&limits->lock);
    for (size_t i = 0; i < CATGA_LOCAL_REFUSED && !refused; i++)
        refused = limits->refused[i] != NULL && fits(limits->refused[i], subject);
    pthread_mutex_unlock(&limits->lock);
    return refused;
}

bool catga_local_refuses(const catga_local_transport *transport, const char *format, ...)
{
    catga_local_limits *limits = &transport->broker->limits;
    char subject[SUBJECT_SIZE];
    va_list arguments;

    if (!atomic_load_explicit(&limits->restricted, memory_order_relaxed))
        return false;
    va_start(arguments, format);
    vsnprintf(subject, sizeof subject, format, arguments);
    va_end(arguments);
    if (!is_refused(limits, subject))
        return false;
    transport->listener.on_event(transport->listener.user, CATGA_CONNECTION_REFUSED, subject);
    return true;
}
