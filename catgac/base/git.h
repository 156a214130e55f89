/* git.h -- the files of a revision, as git has them. */
#ifndef CATGAC_GIT_H
#define CATGAC_GIT_H

#include <stdbool.h>

#include "base/folder.h"
#include "base/source.h"

typedef struct git_revision {
    source_store store;   /* reads from it; paths begin at the top of the tree */
    const char *revision; /* the whole hash of the commit */
    slice top;            /* the real path of the work tree */
    path_list paths;      /* of all its files, each with a slash before it, in git's order */
} git_revision;

/* Finds what `name` means in the work tree that `folder` is part of. NULL when git knows none;
 * `problem` is then one sentence. */
const git_revision *git_open(arena *memory, const char *folder, const char *name,
                             const char **problem);

#endif
