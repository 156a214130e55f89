/* footprint.h: the resident memory and the threads of a process, from /proc. */
#ifndef SIDE_FOOTPRINT_H
#define SIDE_FOOTPRINT_H

#include "../bench.h"

#include <sys/types.h>

typedef struct footprint {
    double megabytes;
    unsigned long threads;
} footprint;

static inline footprint footprint_of(pid_t process)
{
    char line[256];
    unsigned long kilobytes = 0;
    footprint result = {0, 0};

    snprintf(line, sizeof line, "/proc/%d/status", (int)process);
    FILE *status = fopen(line, "r");
    bench_need(status != NULL, line);
    while (fgets(line, sizeof line, status) != NULL) {
        sscanf(line, "VmRSS: %lu", &kilobytes);
        sscanf(line, "Threads: %lu", &result.threads);
    }
    fclose(status);
    result.megabytes = (double)kilobytes / 1024;
    return result;
}

#endif
