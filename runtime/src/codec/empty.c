#include <catga/gen.h>

/* A vtable without fields, followed by a table that refers to it. */
const uint8_t catga_empty_table[] = {
#if CATGA_SWAPPED == CATGA_HOST_IS_LITTLE
    0, 4, 0, 4, 0, 0, 0, 4,
#else
    4, 0, 4, 0, 4, 0, 0, 0,
#endif
};
