/*
 * Preloaded into programs under ThreadSanitizer, which knows neither sem_clockwait nor
 * pthread_mutex_clocklock: it would report what they guard as races.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <time.h>

/* Of ThreadSanitizer; absent in other programs, such as servers. */
__attribute__((weak)) void __tsan_acquire(void *address);

typedef int clockwait_function(sem_t *semaphore, clockid_t clock, const struct timespec *end);
typedef int clocklock_function(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *end);

int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *end)
{
    clockwait_function *wait = (clockwait_function *)dlsym(RTLD_NEXT, "sem_clockwait");
    int result = wait(semaphore, clock, end);

    if (result == 0 && __tsan_acquire != NULL)
        __tsan_acquire(semaphore);
    return result;
}

/* Tries until the end, with a function that ThreadSanitizer knows. */
int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *end)
{
    clocklock_function *lock = (clocklock_function *)dlsym(RTLD_NEXT, "pthread_mutex_clocklock");
    struct timespec now;

    if (__tsan_acquire == NULL)
        return lock(mutex, clock, end);
    for (;;) {
        int result = pthread_mutex_trylock(mutex);
        clock_gettime(clock, &now);
        bool is_over =
            now.tv_sec > end->tv_sec || (now.tv_sec == end->tv_sec && now.tv_nsec >= end->tv_nsec);
        if (result == 0 || is_over)
            return result;
        nanosleep(&(struct timespec){.tv_nsec = 100000}, NULL);
    }
}
