/*
 * Fuzzes `catgac import` in process. The input is FlatBuffers schemas with form feeds between them:
 * the first is given, the others are 1.fbs, 2.fbs ..., which it may include.
 *
 * Besides the sanitizers' checks: only accepted schemas have output, which compiles, and which
 * formatting does not change.
 */
#include "import/import.h"

#include "check/check.h"
#include "format/format.h"
#include "syntax/parse.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

enum { FILE_LIMIT = 8, MEMORY_LIMIT = 256 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct file_set {
    slice texts[FILE_LIMIT];
    size_t count;
} file_set;

/* Returns the file with this path; "/2.fbs" is the third. */
static bool read_given(const source_store *store, arena *memory, slice path, slice *text)
{
    const file_set *files = store->context;
    bool is_one = path.length == 6 && slice_is((slice){path.data + 2, 4}, ".fbs");
    size_t number = is_one ? (size_t)(path.data[1] - '0') : FILE_LIMIT;

    if (number >= files->count)
        return false;
    *text = slice_copy(memory, files->texts[number]);
    return true;
}

static bool read_made(const source_store *store, arena *memory, slice path, slice *text)
{
    const imported *made = store->context;

    (void)memory;
    for (size_t i = 0; i < made->count; i++) {
        if (!slice_equal((slice){path.data + 1, path.length - 1}, made->files[i].path))
            continue;
        *text = made->files[i].text;
        return true;
    }
    return false;
}

static file_set split(const uint8_t *data, size_t size)
{
    file_set files = {.count = 0};
    size_t begin = 0;

    for (size_t at = 0; at <= size && files.count < FILE_LIMIT; at++) {
        if (at < size && data[at] != '\f')
            continue;
        files.texts[files.count++] = (slice){(const char *)data + begin, at - begin};
        begin = at + 1;
    }
    return files;
}

static void open_set(source_set *set, arena *memory, const source_store *store)
{
    static const char *const roots[] = {"/"};

    source_set_open(set, memory, NULL, 0);
    source_set_turn(set, store, roots, 1);
    set->size_limit = SIZE_MAX;
}

static void check_made(arena *memory, const imported *made)
{
    const source_store store = {"made", read_made, made};
    source_set sources;
    diagnostics diags;
    interner names = interner_in(memory);
    const char **paths = ARENA_ARRAY(memory, made->count, const char *);

    for (size_t i = 0; i < made->count; i++) {
        buffer path = buffer_in(memory);
        buffer_printf(&path, "/%.*s", SLICE_PRINT(made->files[i].path));
        paths[i] = path.data;
    }
    open_set(&sources, memory, &store);
    diagnostics_open(&diags, &sources);
    const ast *tree = parse_files(memory, &names, &diags, &sources, paths, made->count);
    CHECK(check(memory, &names, &diags, tree) != NULL);
    CHECK(diags.warning_count == 0);
    for (size_t i = 0; i < sources.source_count; i++)
        CHECK(slice_equal(format_source(memory, &diags, sources.sources[i]),
                          sources.sources[i]->text));
}

static void run(arena *memory, const file_set *files)
{
    const source_store store = {"memory", read_given, files};
    source_set sources;
    diagnostics diags;
    const source *given = NULL;

    open_set(&sources, memory, &store);
    diagnostics_open(&diags, &sources);
    CHECK(source_load_given(&sources, "/0.fbs", &given) == SOURCE_OK);
    imported made = import_fbs(memory, &diags, &sources, &given, 1);
    CHECK((made.count == 0) == diag_failed(&diags));
    buffer printed = buffer_in(memory);
    diag_print(&diags, &printed);
    if (made.count > 0)
        check_made(memory, &made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    file_set files = split(data, size);
    arena memory;

    arena_open(&memory, MEMORY_LIMIT);
    bool is_exhausted = setjmp(memory.exhausted) != 0;
    CHECK(!is_exhausted);
    run(&memory, &files);
    arena_close(&memory);
    return 0;
}
