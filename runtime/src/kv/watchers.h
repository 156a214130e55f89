/* Watchers with memory of their own. */
#ifndef CATGA_WATCHERS_H
#define CATGA_WATCHERS_H

#include "kv/buckets.h"

/* Returns true in a function of a watcher, which cannot end watchers. */
bool catga_watchers_running(const catga_bus *bus);

/* Does what catga_bucket_watch does. `owned`, from malloc, is freed with the watcher, and at once
 * after a failure; NULL: nothing. */
catga_status catga_watchers_begin(catga_bus *bus, const catga_bucket *bucket,
                                  const catga_watch *watch, void *owned,
                                  catga_bucket_watcher **watcher);

#endif
