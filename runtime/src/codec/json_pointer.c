/*
 * Walks the descriptors of a table along a path of a problem. A name of @json may contain any
 * character, so the walk compares whole names and does not split the path at points.
 */
#include "codec/json_names.h"

/* The type of a value on the path: one of these, or none. */
typedef struct place {
    const catga_table *table;
    const catga_struct *structure;
    const catga_union *choice;
} place;

typedef struct walk {
    const char *at; /* rest of the path */
    place in;
    catga_json_names names;
    sink out;
} walk;

static place place_of(unsigned kind, const void *type)
{
    return (place){
        .table = kind == CATGA_KIND_table ? type : NULL,
        .structure = kind == CATGA_KIND_struct ? type : NULL,
        .choice = kind == CATGA_KIND_union ? type : NULL,
    };
}

static bool ends_name(char next)
{
    return next == '.' || next == '[' || next == ':' || next == '\0';
}

/* Returns the index of the longest name that the path begins with, or the count of the list. */
static size_t find_first(name_list list, const char *path)
{
    size_t longest = 0;
    size_t found = list.count;

    for (size_t i = 0; i < list.count; i++) {
        size_t length = strlen(name_at(list, i));
        if (length <= longest || strncmp(path, name_at(list, i), length) != 0 ||
            !ends_name(path[length]))
            continue;
        longest = length;
        found = i;
    }
    return found;
}

/* Writes a name as RFC 6901 asks. */
static void put_escaped(sink *out, const char *name)
{
    for (; *name != '\0'; name++) {
        if (*name == '~')
            sink_text(out, "~0");
        else if (*name == '/')
            sink_text(out, "~1");
        else
            sink_character(out, *name);
    }
}

/* Moves behind a name, and writes it. */
static void take_name(walk *w, name_list list, size_t index)
{
    const char *name = name_at(list, index);

    w->at += strlen(name);
    sink_character(&w->out, '/');
    if (w->names == CATGA_CAMEL_NAMES && !name_is_own(list, index))
        sink_camel(&w->out, name);
    else
        put_escaped(&w->out, name);
}

static bool walk_member(walk *w, const catga_struct *type)
{
    name_list list = names_of_struct(type);
    size_t index = find_first(list, w->at);

    if (index == list.count)
        return false;
    take_name(w, list, index);
    w->in = place_of(type->members[index].kind, type->members[index].type);
    return true;
}

static bool walk_field(walk *w, const catga_table *type)
{
    name_list list = names_of_table(type);
    size_t index = find_first(list, w->at);

    if (index == list.count)
        return false;
    const catga_field *field = &type->fields[index];
    take_name(w, list, index);
    w->in = place_of(field->kind == CATGA_KIND_vector ? field->element : field->kind, field->type);
    return true;
}

static bool walk_object(walk *w, place in)
{
    if (in.table != NULL)
        return walk_field(w, in.table);
    return in.structure != NULL && walk_member(w, in.structure);
}

/* A path does not have the type of a union: the first alternative with such a member is taken. */
static bool walk_name(walk *w)
{
    const catga_union *choice = w->in.choice;

    if (choice == NULL)
        return walk_object(w, w->in);
    for (uint32_t i = 0; i < choice->count; i++)
        if (walk_object(w, place_of(choice->alternatives[i].kind, choice->alternatives[i].type)))
            return true;
    return false;
}

/* Takes the index of an element: [12]. */
static bool walk_index(walk *w)
{
    if (*w->at != '[')
        return false;
    size_t length = strspn(w->at + 1, "0123456789");
    if (length == 0 || w->at[length + 1] != ']')
        return false;
    sink_character(&w->out, '/');
    sink_put(&w->out, w->at + 1, length);
    w->at += length + 2;
    return true;
}

size_t catga_json_pointer(const catga_table *table, catga_json_names names, const char *problem,
                          char *pointer, size_t capacity)
{
    walk w = {problem, {.table = table}, names, {pointer, capacity, 0}};

    while (walk_name(&w)) {
        while (walk_index(&w))
            ;
        if (*w.at != '.')
            break;
        w.at++;
    }
    sink_finish(&w.out);
    return w.out.length;
}
