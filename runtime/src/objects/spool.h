/* A file that appears under its path only when it is complete. Until then its content is in a file
 * without a name, or on file systems without O_TMPFILE in "<directory>/.catga-<16 digits>". */
#ifndef CATGA_OBJECT_SPOOL_H
#define CATGA_OBJECT_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct catga_spool {
    const char *path;
    char *spare; /* the name of the file before it is complete */
    int fd;
    bool has_name;
    int error; /* errno of the operation that failed */
} catga_spool;

/* Begins an empty file. The caller ends it, also after a failure. Each function returns false after
 * a failure, and sets `error`. */
bool catga_spool_begin(catga_spool *spool, const char *path);

/* Makes the file empty again. */
bool catga_spool_restart(catga_spool *spool);
bool catga_spool_write(catga_spool *spool, const uint8_t *bytes, size_t length);

/* Writes the file to the disk, and replaces the file at the path by it. */
bool catga_spool_commit(catga_spool *spool);

/* Deletes what is not committed. */
void catga_spool_end(catga_spool *spool);

#endif
