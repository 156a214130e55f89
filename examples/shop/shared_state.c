/* The memory that replicas of the order service share; see shared_state.h. */
#include "shared_state.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

static shop_state *map(int descriptor, int flags)
{
    void *memory = mmap(NULL, sizeof(shop_state), PROT_READ | PROT_WRITE, flags, descriptor, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

/* A file that grows is filled with zeros. */
static shop_state *map_file(const char *file)
{
    shop_state *state = NULL;
    int descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (descriptor < 0)
        return NULL;
    if (ftruncate(descriptor, sizeof(shop_state)) == 0)
        state = map(descriptor, MAP_SHARED);
    close(descriptor);
    return state;
}

shop_state *shop_state_open(const char *file)
{
    return file == NULL ? map(-1, MAP_PRIVATE | MAP_ANONYMOUS) : map_file(file);
}

void shop_state_close(shop_state *self)
{
    if (self != NULL)
        munmap(self, sizeof *self);
}
