/* folder.c -- see folder.h. */
#include "base/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"

enum { DEPTH_LIMIT = 64 };

typedef struct walk {
    arena *memory;
    path_list *found;
} walk;

bool is_folder(const char *path)
{
    struct stat facts;
    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

static bool is_schema(const char *name)
{
    size_t length = strlen(name);
    return length > 6 && strcmp(name + length - 6, ".catga") == 0;
}

void path_list_add(arena *memory, path_list *list, const char *path)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 16 : 2 * list->capacity;
        const char **larger = ARENA_ARRAY(memory, list->capacity, const char *);
        if (list->count > 0)
            memcpy(larger, list->items, list->count * sizeof *larger);
        list->items = larger;
    }
    list->items[list->count++] = path;
}

static bool visit(walk *w, const char *folder, int depth)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    bool good = count >= 0;
    for (int i = 0; i < count; i++) {
        const char *name = entries[i]->d_name;
        buffer path = buffer_in(w->memory);
        buffer_printf(&path, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name);
        struct stat facts;
        if (name[0] != '.' && lstat(path.data, &facts) == 0) {
            if (S_ISDIR(facts.st_mode) && depth < DEPTH_LIMIT)
                good = visit(w, path.data, depth + 1) && good;
            else if (!S_ISDIR(facts.st_mode) && is_schema(name))
                path_list_add(w->memory, w->found, path.data);
        }
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return good;
}

bool find_schemas(arena *memory, const char *folder, path_list *found)
{
    walk w = {.memory = memory, .found = found};
    *found = (path_list){.items = NULL};
    errno = 0;
    return visit(&w, folder, 0);
}
