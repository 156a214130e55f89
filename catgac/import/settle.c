/* settle.c -- has the compiler check what was written, and renames what it does not accept as a
 * name. The compiler's rules for names are known to the compiler alone. */
#include "check/check.h"
#include "import/parts.h"
#include "syntax/parse.h"

/* Each trial renames at most as many as diagnostics are stored. */
enum { REFUSAL_LIMIT = 20, TRIAL_LIMIT = 100 };

/* The written files, as the compiler reads them. */
typedef struct trial {
    importer *i;
    written_file *written;
    source_store store;
    source_set sources;
    diagnostics diags;
} trial;

static bool read_written(const source_store *store, arena *memory, slice path, slice *text)
{
    const trial *t = store->context;
    (void)memory;
    for (size_t n = 0; n < t->i->file_count; n++) {
        slice own = t->i->files[n]->path;
        if (path.length != own.length + 1 || !slice_equal((slice){path.data + 1, own.length}, own))
            continue;
        *text = t->written[n].text;
        return true;
    }
    return false;
}

static const char *path_from_top(const importer *i, const fbs_file *file)
{
    buffer path = buffer_in(i->memory);
    buffer_printf(&path, "/%.*s", SLICE_PRINT(file->path));
    return path.data;
}

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
    interner names = interner_in(i->memory);
    const ast *tree = parse_files(i->memory, &names, &t->diags, &t->sources, paths, i->file_count);
    check(i->memory, &names, &t->diags, tree);
}

/* The name that stands at a place, or the last one before it. */
static const written_name *find_name(const trial *t, span place)
{
    const written_name *found = NULL;
    if (place.source == 0)
        return NULL;
    slice path = source_by_number(&t->sources, place.source)->real_path;
    for (size_t n = 0; n < t->i->file_count; n++) {
        if (!slice_equal(slice_of(path_from_top(t->i, t->i->files[n])), path))
            continue;
        for (size_t m = 0; m < t->written[n].name_count; m++) {
            if (t->written[n].names[m].begin <= place.begin)
                found = &t->written[n].names[m];
        }
    }
    return found;
}

static bool is_about_name(diag_code code)
{
    return code == DIAG_NAME_COLLISION || code == DIAG_DUPLICATE_NAME ||
           code == DIAG_RESERVED_NAME || code == DIAG_BAD_NAME;
}

/* Collects the names that the compiler refuses as names. Returns how many. */
static size_t find_refused(const trial *t, fbs_name *refused[DIAG_CAP])
{
    size_t count = 0;
    for (size_t n = 0; n < t->diags.stored_count; n++) {
        diag_view view = diag_stored(&t->diags, n);
        const written_name *found = find_name(t, view.place);
        if (is_about_name(view.code) && found != NULL && found->begin == view.place.begin &&
            found->name->refusals++ < REFUSAL_LIMIT)
            refused[count++] = found->name;
    }
    return count;
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

/* Writing reports what it leaves out, here to nobody: that was reported. */
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
    fbs_name *refused[DIAG_CAP];
    written_file *written = ARENA_ARRAY(i->memory, i->file_count, written_file);
    write_all(i, written);
    if (diag_failed(i->diags))
        return written;
    for (size_t n = 0;; n++) {
        arena_mark before = arena_mark_of(i->memory);
        trial *t = try_once(i);
        size_t count = n < TRIAL_LIMIT ? find_refused(t, refused) : 0;
        if (count == 0) {
            report_rest(t);
            return t->written;
        }
        arena_release(i->memory, before);
        for (size_t name = 0; name < count; name++)
            rename_again(i, refused[name]);
    }
}
