/* Memory that is never freed on purpose, since a thread that nobody can wait for may still use it.
 * Tells the leak checker of the sanitizers. */
#ifndef CATGA_LEAK_H
#define CATGA_LEAK_H

#if defined(__SANITIZE_ADDRESS__)
#define CATGA_LEAK_CHECKED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CATGA_LEAK_CHECKED
#endif
#endif

#ifdef CATGA_LEAK_CHECKED
#include <sanitizer/lsan_interface.h>
#endif

/* Excludes `block` and all that only it refers to from the search for leaks. */
static inline void catga_leak(const void *block)
{
#ifdef CATGA_LEAK_CHECKED
    __lsan_ignore_object(block);
#else
    (void)block;
#endif
}

#endif
