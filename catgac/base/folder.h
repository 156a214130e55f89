/* folder.h -- the schemas in a folder. */
#ifndef CATGAC_FOLDER_H
#define CATGAC_FOLDER_H

#include "base/arena.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct path_list {
    const char **items;
    size_t count;
    size_t capacity;
} path_list;

void path_list_add(arena *memory, path_list *list, const char *path);

bool is_folder(const char *path);

/* Finds the files below a folder whose names have an ending, such as `.catga`, sorted by name.
 * Skips hidden folders and symbolic links to folders. Returns false, with errno, if a folder cannot
 * be read. */
bool find_schemas(arena *memory, const char *folder, const char *ending, path_list *found);

#endif
