/* Detects that an object was opened before a fork. A forked child has a copy of the memory, but
 * no threads, and locks in an unknown state. */
#ifndef CATGA_PROCESS_H
#define CATGA_PROCESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

typedef struct catga_process {
    const atomic_int
        *here; /* 1 in this process; the kernel makes it 0 in a child; NULL if it cannot */
    pid_t id;
} catga_process;

/* Remembers this process. Call once; end() frees its memory, and is allowed on zeroed memory. */
void catga_process_begin(catga_process *process);
void catga_process_end(catga_process *process);

/* Returns true if this process was forked from the remembered one. Costs two loads. */
static inline bool catga_process_is_forked(const catga_process *process)
{
    if (process->here != NULL)
        return atomic_load_explicit(process->here, memory_order_relaxed) == 0;
    return process->id != getpid();
}

#endif
