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
    size_t capacity;
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

static void add(walk *w, const char *path)
{
    path_list *found = w->found;
    if (found->count == w->capacity) {
        w->capacity = w->capacity == 0 ? 16 : 2 * w->capacity;
        const char **larger = ARENA_ARRAY(w->memory, w->capacity, const char *);
        if (found->count > 0)
            memcpy(larger, found->items, found->count * sizeof *larger);
        found->items = larger;
    }
    found->items[found->count++] = path;
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
                add(w, path.data);
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
