/* The info of an object as JSON, as it is stored (ADR-20). */
#ifndef CATGA_OBJECT_INFO_JSON_H
#define CATGA_OBJECT_INFO_JSON_H

#include <catga/objects.h>

/* Reads an info of any client; unknown members are skipped. The caller sets revision and time, and
 * frees *info. CATGA_BAD_MESSAGE (*problem says why), CATGA_NO_MEMORY; *info is then zeroed. */
CATGA_CHECKED catga_status catga_object_info_read(catga_bytes json, catga_object_info *info,
                                                  catga_problem *problem);

/* Returns an info as JSON of *length bytes, which the caller frees; NULL without memory. */
char *catga_object_info_write(const catga_object_info *info, size_t *length);

#endif
