/*
 * File descriptors of the runtime: none has the number of a standard stream, 0 to 2, and none
 * survives exec. A program that is started with closed standard streams would otherwise write its
 * log into a connection; a child that outlives its parent would keep the connection open.
 */
#ifndef CATGA_DESCRIPTORS_H
#define CATGA_DESCRIPTORS_H

#include <stdbool.h>

/*
 * Opens /dev/null for each standard stream that is closed, so that nobody gets its number; children
 * inherit it. False when one is still closed.
 */
bool catga_descriptors_fill_standard(void);

/*
 * Returns a descriptor for the same as `descriptor`, which it closes if the number is a standard
 * stream's; close-on-exec. -1 when there is none, or `descriptor` is -1.
 */
int catga_descriptor_above_standard(int descriptor);

/* Closes the descriptor in a child's exec. */
bool catga_descriptor_close_on_exec(int descriptor);

#endif
