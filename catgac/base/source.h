/* source.h -- the files of a compilation: finding them, reading them, and from offset to line.
 *
 * A file is read once, however it is reached: the same device and inode is the same source. Only
 * regular files are read, within limits of size and number, and an imported one only from below a
 * root. Knows nothing of diagnostics: what went wrong is returned, the caller reports it.
 */
#ifndef CATGAC_SOURCE_H
#define CATGAC_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/text.h"

enum {
    SOURCE_SIZE_LIMIT = 1 << 20,         /* of one file, unless source_set.size_limit says else */
    SOURCE_TOTAL_LIMIT = 16 * (1 << 20), /* of all files together */
    SOURCE_COUNT_LIMIT = 256
};

/* The bytes [begin, end) of one source. `source` counts from 1; 0 means no place at all, such as
 * the command line. Small enough to pass by value. */
typedef struct span {
    uint32_t source;
    uint32_t begin;
    uint32_t end;
} span;

/* Where imports are looked for: as it was named, and as it really is. */
typedef struct source_root {
    slice shown_path;
    slice real_path;
} source_root;

typedef struct source {
    uint32_t number;   /* what a span's `source` says */
    slice shown_path;  /* as given on the command line, or root and imported path: for messages */
    slice real_path;   /* absolute, without links */
    slice schema_path; /* below the longest matching -I root, else the base name: for output */
    slice text;        /* all bytes; text.data[text.length] is NUL */
    source_root home; /* the folder of the given file that led here: the last root of its imports */
    dev_t device;
    ino_t inode;
} source;

/* Files that are not read from the disk: those of another time. Paths begin at its top with a slash. */
typedef struct source_store {
    const char *name; /* comes before the path in messages */
    bool (*read)(const struct source_store *store, arena *memory, slice path, slice *text);
    const void *context;
} source_store;

typedef struct source_set {
    arena *memory;
    const source_store *store; /* or NULL: the disk */
    size_t size_limit;
    size_t total_size;
    const source_root *roots;
    size_t root_count;
    source *sources[SOURCE_COUNT_LIMIT];
    size_t source_count;
} source_set;

typedef enum source_status {
    SOURCE_OK,
    SOURCE_MISSING,
    SOURCE_UNREADABLE, /* errno says why */
    SOURCE_NOT_REGULAR,
    SOURCE_TOO_LARGE,
    SOURCE_TOO_MANY,
    SOURCE_TOO_MUCH,
    SOURCE_BAD_PATH, /* an imported path that is absolute, empty or has `.` or `..` in it */
    SOURCE_OUTSIDE   /* a link leads out of the root */
} source_status;

/* Begins a set; a root that does not exist is kept, and holds nothing. */
void source_set_open(source_set *set, arena *memory, const char *const *roots, size_t root_count);

/* From now on files are read from `store`, or from the disk when it is NULL, and below other roots; what
 * was loaded stays. */
void source_set_turn(source_set *set, const source_store *store, const char *const *roots,
                     size_t root_count);

/* Loads a file of the command line; what was loaded before is returned as it is. */
source_status source_load_given(source_set *set, const char *path, const source **loaded);

/* Loads what `importer` imports as `path`, from the first root that has it. */
source_status source_load_import(source_set *set, const source *importer, slice path,
                                 const source **loaded);

/* Makes a source of a text in memory, for tests and tools. */
const source *source_from_text(source_set *set, const char *shown_path, slice text);

/* What a status means, as a sentence's end: "it is not a regular file". */
const char *source_status_text(source_status status);

/* `number` must be that of a span with a place. */
const source *source_by_number(const source_set *set, uint32_t number);

typedef struct source_location {
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1, in characters, not bytes */
    slice line_text; /* without the end of line */
    uint32_t line_begin;
} source_location;

source_location source_locate(const source *file, uint32_t offset);

#endif
