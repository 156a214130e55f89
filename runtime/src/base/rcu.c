/* Read-side sections at the cost of plain stores; see rcu.h. */
#include "base/rcu.h"

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

void catga_rcu_begin(catga_rcu *rcu)
{
    *rcu = (catga_rcu){.shared.shared = true};
    rcu->has_key =
        barrier_for_all(REGISTER_PRIVATE_EXPEDITED) && pthread_key_create(&rcu->key, NULL) == 0;
}

void catga_rcu_end(catga_rcu *rcu)
{
    if (rcu->has_key)
        pthread_key_delete(rcu->key);
}

/* Slots are never freed: a thread that ends cannot know whether the structure still exists. */
catga_rcu_slot *catga_rcu_assign_slot(catga_rcu *rcu)
{
    if (atomic_load(&rcu->taken) >= CATGA_RCU_SLOTS)
        return &rcu->shared;
    unsigned mine = atomic_fetch_add(&rcu->taken, 1);
    if (mine >= CATGA_RCU_SLOTS || pthread_setspecific(rcu->key, &rcu->slots[mine]) != 0)
        return &rcu->shared;
    return &rcu->slots[mine];
}

static void wait_for(const catga_rcu_slot *slot)
{
    struct timespec pause = {.tv_nsec = CATGA_MILLISECOND / 10};

    while (atomic_load(&slot->inside) != 0)
        nanosleep(&pause, NULL);
}

void catga_rcu_synchronize(catga_rcu *rcu)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (rcu->has_key)
        (void)barrier_for_all(PRIVATE_EXPEDITED); /* cannot fail after the registration */
    for (unsigned i = 0; i < CATGA_RCU_SLOTS; i++)
        wait_for(&rcu->slots[i]);
    wait_for(&rcu->shared);
}

uint64_t catga_rcu_weight(const catga_rcu *rcu)
{
    uint64_t sum = atomic_load_explicit(&rcu->shared.weight, memory_order_relaxed);

    for (unsigned i = 0; i < CATGA_RCU_SLOTS; i++)
        sum += atomic_load_explicit(&rcu->slots[i].weight, memory_order_relaxed);
    return sum;
}
