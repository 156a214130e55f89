/*
 * replicas: queries per second to a service whose handler waits for 5 ms, with ten and with three
 * replicas, compared with so many times the rate of one replica. The lines "..._load" have the
 * calls of the least and of the most loaded replica, over all rounds.
 */

#include "bench.h"
#include "side/repeat.h"
#include "side/service.h"

#include <sys/mman.h>

#define WAIT_NS 5000000

enum { MOST = 10, CALLS = 50, DEPTH = 32, NAME = 32 };

/* Handled calls, shared with the processes of the replicas. */
typedef struct counts {
    atomic_size_t handled[MOST];
} counts;

typedef struct group {
    const char *prefix;
    size_t size;
    counts *counts;
    repeat_service replicas[MOST];
    pid_t processes[MOST];
    char names[MOST][NAME];
    repeat_caller caller;
} group;

typedef struct sides {
    group *one;
    group *several;
} sides;

static void work(void *state)
{
    atomic_size_t *handled = state;

    nanosleep(&(struct timespec){.tv_nsec = WAIT_NS}, NULL);
    atomic_fetch_add_explicit(handled, 1, memory_order_relaxed);
}

static void start(group *g)
{
    g->counts =
        mmap(NULL, sizeof *g->counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bench_need(g->counts != MAP_FAILED, "mmap");
    for (size_t i = 0; i < g->size; i++) {
        snprintf(g->names[i], NAME, "replica-%zu", i + 1);
        g->replicas[i] = (repeat_service){.prefix = g->prefix,
                                          .instance = g->names[i],
                                          .work = work,
                                          .state = &g->counts->handled[i]};
        g->processes[i] = repeat_start(&g->replicas[i]);
    }
}

static void stop(group *g)
{
    repeat_close(&g->caller);
    for (size_t i = 0; i < g->size; i++)
        service_stop(g->processes[i]);
}

static double rate_of(group *g)
{
    return repeat_steady_rate(&g->caller, g->size * CALLS + g->caller.depth);
}

static double several(void *state)
{
    const sides *both = state;

    return rate_of(both->several);
}

static double linear(void *state)
{
    const sides *both = state;

    return rate_of(both->one) * (double)both->several->size;
}

static void print_load(const char *name, const group *g)
{
    char load[NAME];
    size_t least = SIZE_MAX;
    size_t most = 0;

    for (size_t i = 0; i < g->size; i++) {
        size_t handled = atomic_load(&g->counts->handled[i]);
        least = handled < least ? handled : least;
        most = handled > most ? handled : most;
    }
    snprintf(load, sizeof load, "%s_load", name);
    bench_print(&(bench_pair){.name = load,
                              .unit = "calls",
                              .who = "the most loaded replica",
                              .more_is_better = true},
                (double)least, (double)most);
}

static void compare(const char *name, const char *who, group *one, group *several_replicas)
{
    sides both = {one, several_replicas};

    bench_compare(&(bench_pair){
        .name = name,
        .unit = "/s",
        .who = who,
        .more_is_better = true,
        .ours = several,
        .other = linear,
        .state = &both,
    });
    print_load(name, several_replicas);
}

int main(void)
{
    static group groups[] = {{.prefix = "one", .size = 1},
                             {.prefix = "three", .size = 3},
                             {.prefix = "ten", .size = MOST}};

    enum { GROUPS = sizeof groups / sizeof groups[0] };

    for (size_t i = 0; i < GROUPS; i++)
        start(&groups[i]);
    for (size_t i = 0; i < GROUPS; i++)
        repeat_open(&groups[i].caller, groups[i].prefix, DEPTH * groups[i].size);
    compare("replicas", "ten times one replica", &groups[0], &groups[2]);
    compare("replicas_3", "three times one replica", &groups[0], &groups[1]);
    for (size_t i = 0; i < GROUPS; i++)
        stop(&groups[i]);
    return 0;
}
