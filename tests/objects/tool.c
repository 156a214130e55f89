/*
 * Uses an object store from the command line, for judge.js:
 *
 *     tool STORE ensure | list | seal | gc | count
 *     tool STORE put NAME FILE | get NAME FILE | delete NAME | describe NAME TEXT | rename NAME
 * NAME tool STORE watch
 *
 * at $NATS_URL. `list` prints a line of JSON for each object, `watch` for each change, until its
 * standard input ends. Exits with 0, or the status as a number; the problem goes to standard error.
 */
#include <catga/objects.h>

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static catga_object_store store = {.wait_ms = 20000};
static catga_bus *bus;
static catga_problem problem;

static void print_text(catga_string text)
{
    putchar('"');
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.data[i];
        if (c < ' ' || c == '"' || c == '\\')
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

static bool print(const catga_object_info *info, void *user)
{
    (void)user;
    printf("{\"name\":");
    print_text(info->name);
    printf(",\"size\":%" PRIu64 ",\"chunks\":%" PRIu64 ",\"deleted\":%s,\"description\":",
           info->size, info->chunks, info->deleted ? "true" : "false");
    print_text(info->description);
    printf("}\n");
    return true;
}

static void print_change(const catga_object_info *info, void *user)
{
    if (info == NULL)
        printf("null\n");
    else
        print(info, user);
    fflush(stdout);
}

static catga_status watch(void)
{
    catga_object_watch *opened;
    char ignored[16];

    catga_status status =
        catga_object_watch_open(&opened, bus, &store, false, print_change, NULL, &problem);

    if (status != CATGA_OK)
        return status;
    while (read(STDIN_FILENO, ignored, sizeof ignored) > 0)
        continue;
    catga_object_watch_close(opened);
    return CATGA_OK;
}

static catga_status put(const char *name, const char *path)
{
    int fd = open(path, O_RDONLY);
    const catga_object object = {.name = catga_str(name)};
    catga_status status = catga_object_put_file(bus, &store, &object, fd, NULL, &problem);

    close(fd);
    return status;
}

static catga_status change(const char *name, const catga_object *object)
{
    return catga_object_update(bus, &store, catga_str(name), object, NULL, &problem);
}

static catga_status count(void)
{
    catga_stream_state state;
    catga_status status = catga_objects_state(bus, &store, &state, &problem);

    printf("%" PRIu64 "\n", state.messages);
    return status;
}

static catga_status run_store(const char *verb)
{
    if (strcmp(verb, "ensure") == 0)
        return catga_objects_ensure(bus, &store, &problem);
    if (strcmp(verb, "list") == 0)
        return catga_object_list(bus, &store, print, NULL, &problem);
    if (strcmp(verb, "watch") == 0)
        return watch();
    if (strcmp(verb, "seal") == 0)
        return catga_objects_seal(bus, &store, &problem);
    if (strcmp(verb, "gc") == 0)
        return catga_objects_gc(bus, &store, 0, NULL, &problem);
    return count();
}

static catga_status run_object(const char *verb, const char *name, const char *argument)
{
    if (strcmp(verb, "put") == 0)
        return put(name, argument);
    if (strcmp(verb, "get") == 0)
        return catga_object_get_file(bus, &store, catga_str(name), argument, NULL, &problem);
    if (strcmp(verb, "describe") == 0)
        return change(name,
                      &(catga_object){.name = catga_str(name), .description = catga_str(argument)});
    if (strcmp(verb, "rename") == 0)
        return change(name, &(catga_object){.name = catga_str(argument)});
    return catga_object_delete(bus, &store, catga_str(name), &problem);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 64;
    store.name = argv[1];
    catga_status status = catga_open(&bus, NULL);
    if (status == CATGA_OK)
        status =
            argc == 3 ? run_store(argv[2]) : run_object(argv[2], argv[3], argc > 4 ? argv[4] : "");
    if (status != CATGA_OK)
        fprintf(stderr, "%s: %s\n", catga_status_name(status), problem.text);
    catga_close(bus);
    return (int)status;
}
