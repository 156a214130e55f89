/* Measurements of whole processes; see process.h. */

#include "process.h"

#include "../bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_TIMES = 100 };

extern char **environ;

/* State of both sides: the pair, and the peak kilobytes of the processes of each. */
typedef struct sides {
    const process_pair *pair;
    long ours_memory;
    long other_memory;
} sides;

/* Removes the files of the folder: each run begins without output. */
static void empty(const char *folder)
{
    DIR *open = opendir(folder);

    bench_need(open != NULL, folder);
    for (struct dirent *entry; (entry = readdir(open)) != NULL;)
        if (entry->d_name[0] != '.')
            bench_need(unlinkat(dirfd(open), entry->d_name, 0) == 0, entry->d_name);
    closedir(open);
}

/* Runs a program with its output discarded, and returns its milliseconds. */
static double run(const char *const *arguments, long *memory)
{
    posix_spawn_file_actions_t silence;
    pid_t child;
    int status;
    struct rusage used;

    posix_spawn_file_actions_init(&silence);
    posix_spawn_file_actions_addopen(&silence, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&silence, 2, "/dev/null", O_WRONLY, 0);
    uint64_t start = bench_now();
    bench_need(
        posix_spawnp(&child, arguments[0], &silence, NULL, (char *const *)arguments, environ) == 0,
        arguments[0]);
    bench_need(wait4(child, &status, 0, &used) == child, "wait4");
    double milliseconds = bench_each(start, 1000000);
    bench_need(WIFEXITED(status) && WEXITSTATUS(status) == 0, arguments[0]);
    posix_spawn_file_actions_destroy(&silence);
    *memory = used.ru_maxrss > *memory ? used.ru_maxrss : *memory;
    return milliseconds;
}

static double median_of_runs(const process_pair *pair, const char *const *arguments, long *memory)
{
    double milliseconds[MOST_TIMES];

    bench_need(pair->times <= MOST_TIMES, "not so many times");
    for (size_t i = 0; i < pair->times; i++) {
        if (pair->folder != NULL)
            empty(pair->folder);
        milliseconds[i] = run(arguments, memory);
    }
    return bench_median(milliseconds, pair->times);
}

static double ours(void *state)
{
    sides *both = state;

    return median_of_runs(both->pair, both->pair->ours, &both->ours_memory);
}

static double other(void *state)
{
    sides *both = state;

    return median_of_runs(both->pair, both->pair->other, &both->other_memory);
}

void process_compare(const process_pair *pair)
{
    sides both = {pair, 0, 0};
    char name[64];

    bench_compare(&(bench_pair){
        .name = pair->name,
        .unit = "ms",
        .who = pair->who,
        .rounds = pair->rounds,
        .ours = ours,
        .other = other,
        .state = &both,
    });
    snprintf(name, sizeof name, "%s_memory", pair->name);
    bench_print(&(bench_pair){.name = name, .unit = "MB", .who = pair->who},
                (double)both.ours_memory / 1024, (double)both.other_memory / 1024);
}
