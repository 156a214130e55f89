/* source.h -- the files of a compilation: finds and reads them, and maps offsets to lines.
 *
 * A file is read once, however it is named: the same device and inode are the same source. Only
 * regular files are read, within limits of size and number. Imported files must be below a root.
 * Errors are returned as a status, and the caller reports them.
 */
#ifndef CATGAC_SOURCE_H
#define CATGAC_SOURCE_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    SOURCE_SIZE_LIMIT = 1 << 20,         /* bytes of one file, by default */
    SOURCE_TOTAL_LIMIT = 16 * (1 << 20), /* bytes of all files together */
    SOURCE_COUNT_LIMIT = 256
};

/* The bytes [begin, end) of one source. `source` counts from 1; 0 means no source, for example
 * the command line. Passed by value. */
typedef struct span {
    uint32_t source;
    uint32_t begin;
    uint32_t end;
} span;

/* A folder in which imports are searched: as it was named, and its real path. */
typedef struct source_root {
    slice shown_path;
    slice real_path;
} source_root;

typedef struct source {
    uint32_t number;   /* the `source` of its spans */
    slice shown_path;  /* for messages: as on the command line, or root and imported path */
    slice real_path;   /* absolute, links resolved */
    slice schema_path; /* for outputs: below the longest -I root, or the base name */
    slice text;        /* the content; text.data[text.length] is NUL */
    source_root home;  /* folder of the given file that imports this one: the last root searched */
    dev_t device;
    ino_t inode;
} source;

/* Files that are not on the disk: those of a git revision. Paths begin with a slash at its top. */
typedef struct source_store {
    const char *name; /* precedes the path in messages */
    bool (*read)(const struct source_store *store, arena *memory, slice path, slice *text);
    const void *context;
} source_store;

typedef struct source_set {
    arena *memory;
    const source_store *store; /* NULL: the disk */
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
    SOURCE_UNREADABLE, /* with errno */
    SOURCE_NOT_REGULAR,
    SOURCE_TOO_LARGE,
    SOURCE_TOO_MANY,
    SOURCE_TOO_MUCH,
    SOURCE_BAD_PATH, /* an imported path that is absolute, empty or contains `.` or `..` */
    SOURCE_OUTSIDE   /* a link points out of the root */
} source_status;

/* Initialises a set. A root that does not exist is kept and contains nothing. */
void source_set_open(source_set *set, arena *memory, const char *const *roots, size_t root_count);

/* Reads the following files from `store`, or from the disk if it is NULL, and below other roots.
 * Loaded files stay. */
void source_set_turn(source_set *set, const source_store *store, const char *const *roots,
                     size_t root_count);

/* Loads a file of the command line. Returns the same source for a file that was loaded before. */
source_status source_load_given(source_set *set, const char *path, const source **loaded);

/* Loads the file that `importer` imports as `path`, from the first root that has it. */
source_status source_load_import(source_set *set, const source *importer, slice path,
                                 const source **loaded);

/* Makes a source from a text in memory. */
const source *source_from_text(source_set *set, const char *shown_path, slice text);

/* Returns the meaning of a status as the end of a sentence: "it is not a regular file". */
const char *source_status_text(source_status status);

/* Returns the source of a span; `number` must not be 0. */
const source *source_by_number(const source_set *set, uint32_t number);

typedef struct source_location {
    uint32_t line;   /* from 1 */
    uint32_t column; /* from 1, in characters, not bytes */
    slice line_text; /* without the end of line */
    uint32_t line_begin;
} source_location;

source_location source_locate(const source *file, uint32_t offset);

#endif
