/*
 * Fuzzes the whole compiler in process. The input is files with form feeds between them: the first
 * is given, the others are 1.catga, 2.catga ..., which it may import. It is compiled to files in
 * memory. An accepted schema is formatted and compiled again, explained, and compared with itself
 * and with 1.catga.
 *
 * Besides the sanitizers' checks: only accepted schemas have output; diagnostics have a position;
 * formatting twice equals formatting once, and keeps the meaning; nothing breaks between a schema
 * and itself; and texts of a schema stay in comments and strings of the C.
 */
#include "breaking/breaking.h"
#include "check/check.h"
#include "explain/explain.h"
#include "format/format.h"
#include "generate/generate.h"
#include "schema_mutator.h"
#include "syntax/lex.h"
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

/* A compilation; all those of an input share one arena. */
typedef struct compilation {
    source_store store; /* of `files` */
    const file_set *files;
    source_set sources;
    diagnostics diags;
    interner names;
    const ast *tree;
    const model *facts;
} compilation;

/* ---- Files ----------------------------------------------------------------------------------- */

/* Returns the file with this path; "/2.catga" is the third. */
static bool read_file(const source_store *store, arena *memory, slice path, slice *text)
{
    const file_set *files = store->context;
    size_t number = path.length == 8 && slice_is((slice){path.data + 2, 6}, ".catga")
                        ? (size_t)(path.data[1] - '0')
                        : FILE_LIMIT;

    if (number >= files->count)
        return false;
    *text = slice_copy(memory, files->texts[number]);
    return true;
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

/* ---- Compiling ------------------------------------------------------------------------------- */

/* Compiles the given file. The model is NULL if the schema is rejected. */
static compilation *compile(arena *memory, const file_set *files, const char *given)
{
    static const char *const roots[] = {"/"};
    compilation *c = ARENA_NEW(memory, compilation);

    c->files = files;
    c->store = (source_store){"memory", read_file, files};
    source_set_open(&c->sources, memory, NULL, 0);
    source_set_turn(&c->sources, &c->store, roots, 1);
    diagnostics_open(&c->diags, &c->sources);
    c->names = interner_in(memory);
    c->tree = parse_files(memory, &c->names, &c->diags, &c->sources, &given, 1);
    c->facts = check_facts(memory, &c->names, &c->diags, c->tree);
    CHECK((c->facts == NULL) == diag_failed(&c->diags));
    return c;
}

static slice dump_of(arena *memory, const model *facts)
{
    buffer out = buffer_in(memory);

    model_dump(facts, &out);
    return buffer_slice(&out);
}

static void print_diagnostics(arena *memory, compilation *c)
{
    for (int format = DIAG_TEXT; format <= DIAG_SARIF; format++) {
        buffer out = buffer_in(memory);
        c->diags.style.format = (diag_format)format;
        diag_print(&c->diags, &out);
        for (size_t at = 0; at < out.length; at++)
            CHECK((unsigned char)out.data[at] >= ' ' || out.data[at] == '\n' ||
                  (out.data[at] == '\t' && format == DIAG_TEXT));
    }
}

static void print_stages(arena *memory, const compilation *c)
{
    buffer out = buffer_in(memory);

    ast_dump(c->tree, &out);
    for (size_t i = 0; i < c->sources.source_count; i++) {
        lexer input;
        diagnostics said;
        diagnostics_open(&said, &c->sources);
        lex_open(&input, memory, &said, c->sources.sources[i]);
        lex_dump(&input, &out);
    }
}

/* ---- Output ---------------------------------------------------------------------------------- */

/* Returns the end of the comment or literal that begins at `at`, or 0 if none begins there. */
static size_t end_of_quoted(slice text, size_t at)
{
    char first = text.data[at];
    bool is_comment = first == '/' && (text.data[at + 1] == '*' || text.data[at + 1] == '/');

    if (is_comment) {
        const char *end = text.data[at + 1] == '*' ? strstr(text.data + at + 2, "*/")
                                                   : strchr(text.data + at, '\n');
        CHECK(end != NULL);
        return (size_t)(end - text.data) + (text.data[at + 1] == '*' ? 2 : 0);
    }
    if (first != '"' && first != '\'')
        return 0;
    for (at++; text.data[at] != first; at++) {
        CHECK(at < text.length && text.data[at] != '\n');
        at += text.data[at] == '\\';
    }
    return at + 1;
}

/* Checks that text outside comments and strings is ASCII, that brackets are closed, and that only
 * macros have continued lines. */
static void check_quoting(slice text)
{
    long open = 0;

    for (size_t at = 0; at < text.length;) {
        size_t end = end_of_quoted(text, at);
        CHECK(strncmp(text.data + at, "?\?", 2) != 0 &&
              memchr(text.data + at, 0, end == 0 ? 1 : end - at) == NULL);
        if (end != 0) {
            at = end;
            continue;
        }
        char character = text.data[at++];
        CHECK((character >= ' ' && character < 0x7F) || character == '\n');
        open += (character == '{' || character == '(') - (character == '}' || character == ')');
        CHECK(open >= 0);
    }
    CHECK(open == 0);
}

static void check_generated(arena *memory, compilation *c, bool small)
{
    const options chosen = {.emit = {true, true}, .small = small};

    diagnostics_open(&c->diags, &c->sources);
    const model *facts = check(memory, &c->names, &c->diags, c->tree);
    CHECK((facts == NULL) == diag_failed(&c->diags));
    if (facts == NULL)
        return;
    templates set;
    output_list outputs = output_list_in(memory);
    CHECK(templates_open(&set, memory, &c->diags, &c->sources, NULL));
    CHECK(generate(&chosen, facts, &set, &outputs));
    for (size_t i = 0; i < outputs.count; i++)
        check_quoting(outputs.items[i].content);
    buffer view = buffer_in(memory);
    generate_dump(memory, &chosen, facts, &view);
}

static void check_explained(arena *memory, compilation *c)
{
    explained chosen = explain_choose(memory, &c->diags, c->facts, NULL, 0);

    for (int format = EXPLAIN_TEXT; format <= EXPLAIN_MERMAID; format++) {
        buffer out = buffer_in(memory);
        explain_print(memory, &chosen, (explain_format)format, &out);
    }
}

/* ---- Comparison ------------------------------------------------------------------------------ */

static size_t count_breaking(arena *memory, compilation *c, const model *before, const model *after)
{
    const breaking_choice choice = {.levels = {true, true, true}};

    diagnostics_open(&c->diags, &c->sources);
    breaking_report(memory, &c->diags, &choice, before, after);
    return c->diags.error_count;
}

/* Formats the first file. */
static slice format(arena *memory, compilation *c)
{
    slice text = format_source(memory, &c->diags, c->sources.sources[0]);

    return slice_copy(memory, text);
}

static void check_format(arena *memory, compilation *c)
{
    file_set formatted = *c->files;

    formatted.texts[0] = format(memory, c);
    compilation *again = compile(memory, &formatted, "/0.catga");
    CHECK(slice_equal(format(memory, again), formatted.texts[0]));
    CHECK((again->facts == NULL) == (c->facts == NULL));
    if (c->facts != NULL)
        CHECK(slice_equal(dump_of(memory, c->facts), dump_of(memory, again->facts)));
}

/* Compares two versions within one source set, as `catgac breaking` does. */
static void check_breaking(arena *memory, compilation *c)
{
    CHECK(count_breaking(memory, c, c->facts, c->facts) == 0);
    const char *other = "/1.catga";
    diagnostics_open(&c->diags, &c->sources);
    const ast *tree = parse_files(memory, &c->names, &c->diags, &c->sources, &other, 1);
    const model *before = check_facts(memory, &c->names, &c->diags, tree);
    if (before == NULL)
        return;
    count_breaking(memory, c, before, c->facts);
    print_diagnostics(memory, c);
    count_breaking(memory, c, c->facts, before);
}

/* ---- The target ------------------------------------------------------------------------------ */

static void run(arena *memory, const file_set *files)
{
    compilation *c = compile(memory, files, "/0.catga");

    bool has_syntax_errors =
        c->tree->file_count == 0 || c->tree->files[c->tree->file_count - 1]->has_errors;
    print_diagnostics(memory, c);
    print_stages(memory, c);
    if (!has_syntax_errors)
        check_format(memory, c);
    if (c->facts == NULL)
        return;
    check_explained(memory, c);
    check_generated(memory, c, files->texts[0].length % 2 == 1);
    check_breaking(memory, c);
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
