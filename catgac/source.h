/* source.h -- the files of a compilation: loading, naming, and from offset to line and column.
 *
 * A file is read once, however it is reached: the same device and inode is the same source. Only
 * regular files up to a size limit are read. Their bytes live in the arena and end in NUL.
 */
#ifndef CATGAC_SOURCE_H
#define CATGAC_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "text.h"

/* The bytes [begin, end) of one source. `source` counts from 1; 0 means no place at all, such as
 * the command line. Small enough to pass by value. */
typedef struct span {
    uint32_t source;
    uint32_t begin;
    uint32_t end;
} span;

typedef struct source {
    uint32_t number;    /* what a span's `source` says */
    slice shown_path;   /* as given on the command line, or root + imported path: for messages */
    slice real_path;    /* absolute, without links */
    slice schema_path;  /* below the longest matching root, else the base name: for output */
    slice text;         /* all bytes; text.data[text.length] is NUL */
    dev_t device;
    ino_t inode;
    const uint32_t *line_starts; /* built when first asked for */
    size_t line_count;
} source;

#endif
