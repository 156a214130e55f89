/* What of a status travels: the code of an error reply. */
#ifndef CATGA_STATUS_H
#define CATGA_STATUS_H

#include <catga/catga.h>

/* The code that says `status` on the wire; 0 when it never travels. */
uint32_t catga_status_code(catga_status status);

/* The status that `code` says; CATGA_HANDLER_FAILED for a code that is not ours. */
catga_status catga_status_of_code(uint32_t code);

#endif
