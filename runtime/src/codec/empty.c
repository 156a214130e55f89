#include <catga/gen.h>

/* A vtable of no fields, and a table whose vtable lies 4 bytes before it. */
const uint8_t catga_empty_table[] = {
#if CATGA_SWAPPED == CATGA_HOST_IS_LITTLE
    0, 4, 0, 4, 0, 0, 0, 4,
#else
    4, 0, 4, 0, 4, 0, 0, 0,
#endif
};
