/* Detects a fork; see process.h. */
#include "base/process.h"

#include <stdint.h>
#include <sys/mman.h>

/* A page of its own, because the kernel wipes whole pages. Some kernels and emulators cannot. */
static atomic_int *map_page(void)
{
    void *page =
        mmap(NULL, sizeof(atomic_int), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return NULL;
    if (madvise(page, sizeof(atomic_int), MADV_WIPEONFORK) == 0)
        return page;
    munmap(page, sizeof(atomic_int));
    return NULL;
}

void catga_process_begin(catga_process *process)
{
    atomic_int *here = map_page();

    if (here != NULL)
        atomic_store(here, 1);
    process->here = here;
    process->id = getpid();
}

void catga_process_end(catga_process *process)
{
    if (process->here != NULL)
        munmap((void *)(uintptr_t)process->here, sizeof(atomic_int));
    process->here = NULL;
}
