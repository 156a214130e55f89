/* Threads and RCU: synchronize waits for all readers, also for readers that share a slot. The
 * weights of their sections add up. */
#include "base/rcu.h"

#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

enum { VALUE = 42, RENEWALS = 100, TURNS = 256, MORE_THAN_PLACES = CATGA_RCU_SLOTS + 2 };

/* Shared data of the threads: an int that is freed soon after it was replaced. */
typedef struct shop {
    catga_rcu rcu;
    _Atomic(int *) found;
    atomic_bool closing;
    atomic_uint wrong;
    atomic_uint_fast64_t weight;
} shop;

static void *visit(void *argument)
{
    shop *s = argument;

    for (unsigned turn = 1; !atomic_load(&s->closing); turn++) {
        if (atomic_load(&s->found) == NULL || turn % TURNS == 0)
            nanosleep(&(struct timespec){.tv_nsec = 20000}, NULL); /* leaves the processor to other
                                                                      threads */
        if (atomic_load(&s->found) == NULL)
            continue;
        catga_rcu_slot *slot = catga_rcu_read_lock(&s->rcu);
        int *found = atomic_load(&s->found);
        if (found != NULL && *found != VALUE)
            atomic_fetch_add(&s->wrong, 1);
        catga_rcu_read_unlock(slot, found != NULL);
        if (found != NULL)
            atomic_fetch_add(&s->weight, 1);
    }
    return NULL;
}

/* A reader that still held the int would see a value other than VALUE, or AddressSanitizer would
 * report it. */
static void renew(shop *s)
{
    int *fresh = malloc(sizeof *fresh);

    assert_non_null(fresh);
    *fresh = VALUE;
    atomic_store(&s->found, fresh);
    sched_yield();
    atomic_store(&s->found, NULL);
    catga_rcu_synchronize(&s->rcu);
    *fresh = 0;
    free(fresh);
}

static void renew_under_threads(unsigned count)
{
    static shop s;
    pthread_t threads[MORE_THAN_PLACES];

    atomic_store(&s.closing, false);
    atomic_store(&s.weight, 0);
    catga_rcu_begin(&s.rcu);
    for (unsigned i = 0; i < count; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, visit, &s), 0);
    for (unsigned i = 0; i < RENEWALS || atomic_load(&s.weight) == 0; i++)
        renew(&s); /* a busy machine may run no reader for many of them */
    atomic_store(&s.closing, true);
    for (unsigned i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&s.wrong), 0);
    assert_int_equal(catga_rcu_weight(&s.rcu), atomic_load(&s.weight));
    catga_rcu_end(&s.rcu);
}

static void nothing_is_used_after_the_wait(void **state)
{
    (void)state;
    renew_under_threads(2);
}

static void threads_without_their_own_slot_share_one(void **state)
{
    (void)state;
    renew_under_threads(MORE_THAN_PLACES);
}

static void *wait_for_all(void *argument)
{
    shop *s = argument;

    catga_rcu_synchronize(&s->rcu);
    atomic_store(&s->closing, true);
    return NULL;
}

static void nested_sections_are_waited_for(void **state)
{
    (void)state;
    static shop s;
    pthread_t waiting;
    catga_rcu_begin(&s.rcu);
    catga_rcu_slot *slot = catga_rcu_read_lock(&s.rcu);
    assert_ptr_equal(catga_rcu_read_lock(&s.rcu), slot);
    catga_rcu_read_unlock(slot, 3);
    assert_int_equal(pthread_create(&waiting, NULL, wait_for_all, &s), 0);
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    assert_false(atomic_load(&s.closing));
    catga_rcu_read_unlock(slot, 4);
    pthread_join(waiting, NULL);
    assert_true(atomic_load(&s.closing));
    assert_int_equal(catga_rcu_weight(&s.rcu), 7);
    catga_rcu_end(&s.rcu);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_used_after_the_wait),
        cmocka_unit_test(threads_without_their_own_slot_share_one),
        cmocka_unit_test(nested_sections_are_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
