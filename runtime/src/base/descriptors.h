/* File descriptors of the runtime: their numbers are above those of the standard streams, 0 to
 * 2, and they are closed on exec. Otherwise a program with closed standard streams would write
 * its log into a connection, and a child process would keep the connection open. */
#ifndef CATGA_DESCRIPTORS_H
#define CATGA_DESCRIPTORS_H

#include <stdbool.h>

/* Opens /dev/null for each closed standard stream, so that no other file gets its number. Child
 * processes inherit it. Returns false if a stream is still closed. */
bool catga_descriptors_fill_standard(void);

/* Returns a descriptor of the same file with close-on-exec. If `descriptor` has the number of a
 * standard stream, closes it and returns a duplicate. Returns -1 if that fails or `descriptor`
 * is -1. */
int catga_descriptor_above_standard(int descriptor);

/* Sets close-on-exec. */
bool catga_descriptor_close_on_exec(int descriptor);

#endif
