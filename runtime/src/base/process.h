/*
 * The process that opened something: whether it is still this one, or this one was forked from it.
 * A forked child has the memory, and neither the threads nor the locks in a known state.
 */
#ifndef CATGA_PROCESS_H
#define CATGA_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

typedef struct catga_process {
    const atomic_int *here; /* 1 in this process; the kernel makes it 0 in a child; NULL: it cannot */
    pid_t id;
} catga_process;

/* Remembers this process. Allowed once; end() frees what it has taken, and is allowed on zeros. */
void catga_process_begin(catga_process *process);
void catga_process_end(catga_process *process);

/* Returns whether this process was forked from that one. Costs two loads. */
static inline bool catga_process_is_forked(const catga_process *process)
{
    if (process->here != NULL)
        return atomic_load_explicit(process->here, memory_order_relaxed) == 0;
    return process->id != getpid();
}

#endif
