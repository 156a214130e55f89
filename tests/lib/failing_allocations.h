/*
 * An allocator that fails on demand, and threads that do not start. A program that includes this
 * file is linked with `--wrap` for each of these functions: see faults/CMakeLists.txt.
 */
#ifndef FAILING_ALLOCATIONS_H
#define FAILING_ALLOCATIONS_H

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

static atomic_int left = -1; /* allocations until the failing one; negative if none fails */
static atomic_bool failed;

static bool fails_now(void)
{
    if (atomic_load(&left) < 0 || atomic_fetch_sub(&left, 1) != 0)
        return false;
    atomic_store(&failed, true);
    return true;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
    return fails_now() ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
    return fails_now() ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size)
{
    return fails_now() ? NULL : __real_realloc(block, size);
}

void *__real_reallocarray(void *block, size_t count, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size);
void *__wrap_reallocarray(void *block, size_t count, size_t size)
{
    return fails_now() ? NULL : __real_reallocarray(block, count, size);
}

void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
    return fails_now() ? NULL : __real_aligned_alloc(alignment, size);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
    return fails_now() ? NULL : __real_strdup(text);
}

typedef void *thread_function(void *argument);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, thread_function *run,
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, thread_function *run,
                          void *argument);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, thread_function *run,
                          void *argument)
{
    return fails_now() ? EAGAIN : __real_pthread_create(thread, attributes, run, argument);
}

/* Calls `run` again and again. Each time, another allocation fails, until none does. Returns the
 * number of allocations. */
static inline int fail_each_allocation(void (*run)(void))
{
    int count = 0;

    do {
        atomic_store(&failed, false);
        atomic_store(&left, count++);
        run();
        atomic_store(&left, -1);
    } while (atomic_load(&failed));
    return count - 1;
}

#endif
