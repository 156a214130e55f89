/*
 * process.h: the measurement of schema, start and compile: whole processes, from start to exit,
 * alternately. It prints the median time and, in a separate line named "NAME_memory", the peak
 * memory of all runs.
 */
#ifndef SIDE_PROCESS_H
#define SIDE_PROCESS_H

#include <stddef.h>

typedef struct process_pair {
    const char *name;
    const char *who;    /* name of the other side */
    size_t times;       /* runs of each side in a round */
    size_t rounds;      /* 0 for the default */
    const char *folder; /* emptied of its files before each run, or NULL */
    /* Programs and arguments, with a NULL at the end. */
    const char *const *ours;
    const char *const *other;
} process_pair;

void process_compare(const process_pair *pair);

#endif
