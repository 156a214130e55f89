/* Keeps the payloads of calls with a callback; see retained.h. */
#include "client/retained.h"

#include <stdlib.h>

/* Adds the bytes to the sum. Returns false if the sum would exceed the limit. */
static bool reserve(catga_retained_limit *limit, size_t length)
{
    size_t held = atomic_load_explicit(&limit->held, memory_order_relaxed);

    do {
        if (length > limit->most || held > limit->most - length)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&limit->held, &held, held + length,
                                                    memory_order_relaxed, memory_order_relaxed));
    return true;
}

static bool make_room(catga_retained *retained, size_t length)
{
    if (length <= retained->capacity)
        return true;
    uint8_t *larger = realloc(retained->bytes, length);
    if (larger == NULL)
        return false;
    retained->bytes = larger;
    retained->capacity = length;
    return true;
}

catga_status catga_retained_reserve(catga_retained *retained, catga_retained_limit *limit,
                                    size_t length)
{
    if (length > CATGA_RETAINED_SMALL) {
        if (!reserve(limit, length))
            return CATGA_OVERLOADED;
        retained->counted = length;
    }
    return make_room(retained, length) ? CATGA_OK : CATGA_NO_MEMORY;
}

void catga_retained_end(catga_retained *retained, catga_retained_limit *limit, uint32_t slot)
{
    bool keeps = retained->capacity <= CATGA_RETAINED_SMALL && slot < CATGA_RETAINED_SLOTS;

    if (retained->counted != 0)
        atomic_fetch_sub_explicit(&limit->held, retained->counted, memory_order_relaxed);
    retained->counted = 0;
    if (keeps)
        return;
    free(retained->bytes);
    *retained = (catga_retained){0};
}
