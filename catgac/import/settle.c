/* settle.c -- compiles the written text, and renames declarations whose names the compiler
 * rejects. */
#include "check/check.h"
#include "import/parts.h"
#include "syntax/parse.h"

enum { REFUSAL_LIMIT = 20, TRIAL_LIMIT = 100 };

/* The written files, as the compiler reads them. */
typedef struct trial {
    importer *i;
    written_file *written;
    source_store store;
    source_set sources;
    diagnostics diags;
    fbs_name *refused; /* a list */
} trial;

/* Returns the written file of a path from the top, or NULL. */
static const written_file *find_file(const trial *t, slice path)
{
    for (size_t n = 0; n < t->i->file_count; n++) {
        slice own = t->i->files[n]->path;
        if (path.length == own.length + 1 && slice_equal((slice){path.data + 1, own.length}, own))
            return &t->written[n];
    }
    return NULL;
}

static bool read_written(const source_store *store, arena *memory, slice path, slice *text)
{
    const written_file *file = find_file(store->context, path);

    (void)memory;
    if (file != NULL)
        *text = file->text;
    return file != NULL;
}

static const char *path_from_top(const importer *i, const fbs_file *file)
{
    buffer path = buffer_in(i->memory);

    buffer_printf(&path, "/%.*s", SLICE_PRINT(file->path));
    return path.data;
}

/* ---- Refused names --------------------------------------------------------------------------- */

static bool is_about_name(diag_code code)
{
    return code == DIAG_NAME_COLLISION || code == DIAG_DUPLICATE_NAME ||
           code == DIAG_RESERVED_NAME || code == DIAG_BAD_NAME;
}

/* Returns the name at a position, or the last one before it. The names are in the order of their
 * positions. */
static const written_name *find_name(const trial *t, span place)
{
    const written_file *file =
        place.source == 0 ? NULL
                          : find_file(t, source_by_number(&t->sources, place.source)->real_path);
    size_t begin = 0;
    size_t end = file == NULL ? 0 : file->name_count;

    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        if (file->names[middle].begin <= place.begin)
            begin = middle + 1;
        else
            end = middle;
    }
    return begin == 0 ? NULL : &file->names[begin - 1];
}

/* Notes a name that the compiler rejects. All rejected names of one trial are renamed together,
 * which needs fewer trials. */
static void note_refused(void *context, diag_code code, span place)
{
    trial *t = context;
    const written_name *found = is_about_name(code) ? find_name(t, place) : NULL;

    if (found == NULL || found->begin != place.begin || found->name->is_refused ||
        found->name->refusals == REFUSAL_LIMIT)
        return;
    found->name->refusals++;
    found->name->is_refused = true;
    found->name->next_refused = t->refused;
    t->refused = found->name;
}

static void rename_refused(importer *i, fbs_name *refused)
{
    for (fbs_name *name = refused; name != NULL; name = name->next_refused) {
        rename_again(i, name);
        name->is_refused = false;
    }
}

/* ---- Trials ---------------------------------------------------------------------------------- */

static void compile(trial *t)
{
    static const char *const roots[] = {"/"};
    const importer *i = t->i;
    const char **paths = ARENA_ARRAY(i->memory, i->file_count, const char *);

    for (size_t n = 0; n < i->file_count; n++)
        paths[n] = path_from_top(i, i->files[n]);
    t->store = (source_store){"imported", read_written, t};
    source_set_open(&t->sources, i->memory, NULL, 0);
    t->sources.size_limit = SIZE_MAX;
    source_set_turn(&t->sources, &t->store, roots, 1);
    diagnostics_open(&t->diags, &t->sources);
    t->diags.listener = note_refused;
    t->diags.listener_context = t;
    interner names = interner_in(i->memory);
    const ast *tree = parse_files(i->memory, &names, &t->diags, &t->sources, paths, i->file_count);
    check(i->memory, &names, &t->diags, tree);
}

static void report_rest(trial *t)
{
    for (size_t n = 0; n < t->diags.stored_count; n++) {
        diag_view view = diag_stored(&t->diags, n);
        const written_name *found = find_name(t, view.place);
        if (view.severity == SEVERITY_ERROR)
            diag_report(t->i->diags, DIAG_CANNOT_EXPRESS,
                        found == NULL ? (span){t->i->files[0]->file->number, 0, 0}
                                      : found->name->place,
                        "%.*s", SLICE_PRINT(view.text));
    }
}

static void write_all(importer *i, written_file *written)
{
    for (size_t n = 0; n < i->file_count; n++)
        written[n] = write_file(i, i->files[n]);
}

/* Writing reports omitted parts again; these reports are dropped, since the first were kept. */
static trial *try_once(importer *i)
{
    trial *t = ARENA_NEW(i->memory, trial);
    diagnostics *diags = i->diags;
    diagnostics nobody;

    diagnostics_open(&nobody, i->sources);
    t->i = i;
    t->written = ARENA_ARRAY(i->memory, i->file_count, written_file);
    i->diags = &nobody;
    write_all(i, t->written);
    i->diags = diags;
    compile(t);
    return t;
}

const written_file *settle_files(importer *i)
{
    written_file *written = ARENA_ARRAY(i->memory, i->file_count, written_file);

    write_all(i, written);
    if (diag_failed(i->diags))
        return written;
    for (size_t n = 0;; n++) {
        arena_mark before = arena_mark_of(i->memory);
        trial *t = try_once(i);
        fbs_name *refused = t->refused;
        if (n == TRIAL_LIMIT || refused == NULL) {
            report_rest(t);
            return t->written;
        }
        arena_release(i->memory, before);
        rename_refused(i, refused);
    }
}
