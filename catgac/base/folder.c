/* folder.c -- see folder.h. */
#include "base/folder.h"

#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { DEPTH_LIMIT = 64 };

typedef struct walk {
    arena *memory;
    const char *ending;
    path_list *found;
} walk;

bool is_folder(const char *path)
{
    struct stat facts;

    return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

static bool has_ending(const char *name, const char *ending)
{
    size_t length = strlen(name);
    size_t end = strlen(ending);

    return length > end && strcmp(name + length - end, ending) == 0;
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

/* Frees the result of scandir(). Returns a copy of the names, each with its NUL, and an empty
 * name. The copy is complete before another allocation can fail. */
static const char *take_names(arena *memory, struct dirent **entries, int count)
{
    size_t size = 1;

    for (int i = 0; i < count; i++)
        size += strlen(entries[i]->d_name) + 1;
    char *names = arena_try_array(memory, size, 1);
    char *end = names;
    for (int i = 0; i < count; i++) {
        if (names != NULL)
            end = stpcpy(end, entries[i]->d_name) + 1;
        free(entries[i]);
    }
    free(entries);
    if (names == NULL)
        arena_give_up(memory);
    return names;
}

static bool visit(walk *w, const char *folder, int depth)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);

    if (count < 0)
        return false;
    bool good = true;
    const char *name = take_names(w->memory, entries, count);
    for (; name[0] != '\0'; name += strlen(name) + 1) {
        buffer path = buffer_in(w->memory);
        buffer_printf(&path, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", name);
        struct stat facts;
        if (name[0] == '.' || lstat(path.data, &facts) != 0)
            continue;
        if (S_ISDIR(facts.st_mode) && depth < DEPTH_LIMIT)
            good = visit(w, path.data, depth + 1) && good;
        else if (!S_ISDIR(facts.st_mode) && has_ending(name, w->ending))
            path_list_add(w->memory, w->found, path.data);
    }
    return good;
}

bool find_schemas(arena *memory, const char *folder, const char *ending, path_list *found)
{
    walk w = {.memory = memory, .ending = ending, .found = found};

    *found = (path_list){.items = NULL};
    errno = 0;
    return visit(&w, folder, 0);
}
