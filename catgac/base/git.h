/* git.h -- reads the files of a git revision. */
#ifndef CATGAC_GIT_H
#define CATGAC_GIT_H

#include "base/folder.h"
#include "base/source.h"

#include <stdbool.h>

typedef struct git_revision {
    source_store store;   /* paths are relative to the top of the work tree */
    const char *revision; /* full hash of the commit */
    slice top;            /* real path of the work tree */
    path_list paths;      /* paths of all files, each with a leading slash, in git's order */
} git_revision;

/* Resolves the revision `name` in the work tree that contains `folder`. Returns NULL and one
 * sentence in `problem` if git does not know it. */
const git_revision *git_open(arena *memory, const char *folder, const char *name,
                             const char **problem);

#endif
