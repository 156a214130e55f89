/* Read-side sections at the cost of plain stores; see passage.h. */
#include "base/passage.h"

#include "base/clock.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_THREAD_SANITIZER
#endif
#elif defined(__SANITIZE_THREAD__)
#define UNDER_THREAD_SANITIZER
#endif

/* Constants of linux/membarrier.h, a header that not every system has. */
enum { PRIVATE_EXPEDITED = 1 << 3, REGISTER_PRIVATE_EXPEDITED = 1 << 4 };

/* Executes a full memory barrier on every thread of this process; see membarrier(2). */
static bool barrier_for_all(int command)
{
#if defined(SYS_membarrier) && !defined(UNDER_THREAD_SANITIZER)
    return syscall(SYS_membarrier, command, 0, 0) == 0;
#else
    (void)command; /* ThreadSanitizer does not know membarrier */
    return false;
#endif
}

void catga_passage_begin(catga_passage *passage)
{
    *passage = (catga_passage){.shared.shared = true};
    passage->has_key =
        barrier_for_all(REGISTER_PRIVATE_EXPEDITED) && pthread_key_create(&passage->key, NULL) == 0;
}

void catga_passage_end(catga_passage *passage)
{
    if (passage->has_key)
        pthread_key_delete(passage->key);
}

/* Slots are never freed: a thread that ends cannot know whether the structure still exists. */
catga_passage_place *catga_passage_settle(catga_passage *passage)
{
    if (atomic_load(&passage->taken) >= CATGA_PASSAGE_PLACES)
        return &passage->shared;
    unsigned mine = atomic_fetch_add(&passage->taken, 1);
    if (mine >= CATGA_PASSAGE_PLACES ||
        pthread_setspecific(passage->key, &passage->places[mine]) != 0)
        return &passage->shared;
    return &passage->places[mine];
}

static void wait_for(const catga_passage_place *place)
{
    struct timespec pause = {.tv_nsec = CATGA_MILLISECOND / 10};
    while (atomic_load(&place->inside) != 0)
        nanosleep(&pause, NULL);
}

void catga_passage_wait(catga_passage *passage)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (passage->has_key)
        (void)barrier_for_all(PRIVATE_EXPEDITED); /* cannot fail after the registration */
    for (unsigned i = 0; i < CATGA_PASSAGE_PLACES; i++)
        wait_for(&passage->places[i]);
    wait_for(&passage->shared);
}

uint64_t catga_passage_loads(const catga_passage *passage)
{
    uint64_t sum = atomic_load_explicit(&passage->shared.loads, memory_order_relaxed);
    for (unsigned i = 0; i < CATGA_PASSAGE_PLACES; i++)
        sum += atomic_load_explicit(&passage->places[i].loads, memory_order_relaxed);
    return sum;
}
