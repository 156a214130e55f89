/* names.c -- names namespaces, files, declarations and members in .catga files. */
#include "import/parts.h"
#include "model/mangle.h"

enum { NAME_ROOM = 60 }; /* of 64 characters, so that a number fits after the name */

/* ---- Shapes ---------------------------------------------------------------------------------- */

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* Makes a valid name: no underscore at an end, no two in a row. Other characters than letters and
 * digits become underscores. */
static slice shape(importer *i, slice text)
{
    buffer made = buffer_in(i->memory);

    for (size_t n = 0; n < text.length && made.length < NAME_ROOM; n++) {
        bool is_kept = is_alphanumeric(text.data[n]);
        if (made.length == 0 && is_kept && text.data[n] <= '9')
            buffer_append_char(&made, 'n');
        if (is_kept)
            buffer_append_char(&made, text.data[n]);
        else if (made.length > 0 && made.data[made.length - 1] != '_')
            buffer_append_char(&made, '_');
    }
    while (made.length > 0 && made.data[made.length - 1] == '_')
        made.length--;
    return made.length == 0 ? SLICE("unnamed") : slice_copy(i->memory, buffer_slice(&made));
}

static bool has_shape(slice text)
{
    for (size_t n = 1; n < text.length; n++) {
        if (text.data[n] == '_' && text.data[n - 1] == '_')
            return false;
    }
    return text.length <= 64 && text.data[0] != '_' && text.data[text.length - 1] != '_';
}

static void give_name(importer *i, fbs_name *name)
{
    name->given = has_shape(name->text) ? name->text : shape(i, name->text);
}

/* Numbers members of one declaration, or declarations of one file, that have the same name in C. */
static void give_unique_name(importer *i, text_table *taken, fbs_name *name)
{
    give_name(i, name);
    for (;;) {
        fbs_name *first = text_table_insert(taken, mangle_upper(i->memory, name->given), name);
        if (first == NULL)
            return;
        name->number = first->last_number;
        rename_again(i, name);
        first->last_number = name->number;
    }
}

void rename_again(importer *i, fbs_name *name)
{
    buffer text = buffer_in(i->memory);

    name->number = name->number == 0 ? 2 : name->number + 1;
    buffer_printf(&text, "%.*s%u", SLICE_PRINT(shape(i, name->text)), name->number);
    name->given = buffer_slice(&text);
}

/* ---- Namespaces and files -------------------------------------------------------------------- */

/* MyGame.Sample_ -> my_game.sample */
static slice lower_namespace(importer *i, slice namespace)
{
    buffer made = buffer_in(i->memory);
    size_t begin = 0;

    for (size_t at = 0; at <= namespace.length; at++) {
        if (at < namespace.length && namespace.data[at] != '.')
            continue;
        slice word = shape(i, (slice){namespace.data + begin, at - begin});
        if (begin > 0)
            buffer_append_char(&made, '.');
        else if (slice_is(mangle_snake(i->memory, word), "catga"))
            buffer_append_text(&made, "imported."); /* the runtime uses the prefix catga */
        buffer_append(&made, mangle_snake(i->memory, word));
        begin = at + 1;
    }
    return buffer_slice(&made);
}

static slice stem_of(slice path)
{
    size_t begin = path.length;
    size_t end = path.length;

    while (begin > 0 && path.data[begin - 1] != '/')
        begin--;
    for (size_t n = begin + 1; n < path.length; n++) {
        if (path.data[n] == '.' && end == path.length)
            end = n;
    }
    return (slice){path.data + begin, end - begin};
}

/* Returns the namespace with the most declarations; of several, the first. */
static slice most_used_namespace(importer *i, const fbs_file *file)
{
    slice most = file->last_namespace;
    size_t most_count = 0;
    text_table counts = text_table_in(i->memory);

    for (const fbs_declaration *d = file->declarations; d != NULL; d = d->next) {
        size_t *count = text_table_find(&counts, d->namespace);
        if (count == NULL) {
            count = ARENA_NEW(i->memory, size_t);
            text_table_insert(&counts, d->namespace, count);
        }
        ++*count;
    }
    for (const fbs_declaration *d = file->declarations; d != NULL; d = d->next) {
        const size_t *count = text_table_find(&counts, d->namespace);
        if (*count > most_count) {
            most = d->namespace;
            most_count = *count;
        }
    }
    return most;
}

/* Chooses the one namespace of a .catga file: that of the root, else of the most declarations. */
static slice main_namespace_of(importer *i, const fbs_file *file)
{
    if (file->root.declared != NULL && file->root.declared->file == file)
        return file->root.declared->namespace;
    return most_used_namespace(i, file);
}

static slice namespace_of(importer *i, const fbs_file *file)
{
    slice found = file->main_namespace;

    return lower_namespace(i,
                           found.length > 0 ? found : shape(i, stem_of(file->file->schema_path)));
}

static slice path_of(importer *i, slice fbs_path)
{
    slice ending = SLICE(".fbs");
    size_t length = fbs_path.length;

    bool has_ending =
        length > ending.length &&
        slice_equal((slice){fbs_path.data + length - ending.length, ending.length}, ending);
    buffer path = buffer_in(i->memory);
    buffer_append(&path, (slice){fbs_path.data, has_ending ? length - ending.length : length});
    buffer_append_text(&path, ".catga");
    return buffer_slice(&path);
}

static void name_declarations(importer *i, fbs_file *file)
{
    text_table declared = text_table_in(i->memory);

    for (fbs_declaration *d = file->declarations; d != NULL; d = d->next) {
        text_table members = text_table_in(i->memory);
        give_unique_name(i, &declared, &d->name);
        for (fbs_member *m = d->members; m != NULL; m = m->next)
            give_unique_name(i, &members, &m->name);
    }
}

static void check_path(importer *i, size_t index)
{
    const fbs_file *file = i->files[index];

    for (size_t n = 0; n < index; n++) {
        if (!slice_equal(i->files[n]->path, file->path))
            continue;
        diag_report(i->diags, DIAG_SAME_OUTPUT, (span){file->file->number, 0, 0},
                    "two files would be imported as '%.*s': name their root with -I",
                    SLICE_PRINT(file->path));
        diag_note(i->diags, (span){i->files[n]->file->number, 0, 0}, "the other file is this");
        return;
    }
}

void name_files(importer *i)
{
    for (size_t n = 0; n < i->file_count; n++) {
        fbs_file *file = i->files[n];
        file->main_namespace = main_namespace_of(i, file);
        file->namespace = namespace_of(i, file);
        file->path = path_of(i, file->file->schema_path);
        check_path(i, n);
        name_declarations(i, file);
    }
}
