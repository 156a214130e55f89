/*
 * Every allocation of the compiler fails once. Each command runs with the first, the second, the
 * third ... allocation failing, until a run completes without a failure. Nothing may leak (under
 * AddressSanitizer), and no temporary file may remain. A run that succeeds must report, print and
 * write the same as without failures.
 */
#include "base/depfile.h"
#include "check/check.h"
#include "commands/command.h"
#include "generate/embedded.h"
#include "generate/generate.h"
#include "syntax/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static long left; /* allocations until the failing one; negative if none fails */
static bool failed;

void *__real_arena_array(arena *memory, size_t count, size_t size);
void *__wrap_arena_array(arena *memory, size_t count, size_t size);
void *__real_arena_try_array(arena *memory, size_t count, size_t size);
void *__wrap_arena_try_array(arena *memory, size_t count, size_t size);
void *__real_arena_grow(arena *memory, void *last, size_t size, size_t new_size);
void *__wrap_arena_grow(arena *memory, void *last, size_t size, size_t new_size);

static bool fails_now(void)
{
    if (left != 0) {
        left -= left > 0;
        return false;
    }
    left = -1;
    failed = true;
    return true;
}

void *__wrap_arena_array(arena *memory, size_t count, size_t size)
{
    if (fails_now())
        arena_give_up(memory);
    return __real_arena_array(memory, count, size);
}

void *__wrap_arena_try_array(arena *memory, size_t count, size_t size)
{
    return fails_now() ? NULL : __real_arena_try_array(memory, count, size);
}

void *__wrap_arena_grow(arena *memory, void *last, size_t size, size_t new_size)
{
    return fails_now() ? NULL : __real_arena_grow(memory, last, size, new_size);
}

/* ---- Schemas --------------------------------------------------------------------------------- */

/* Old and new schemas with a change in each kind of declaration. */
static const char before_text[] =
    "namespace shop; version 1;\n"
    "import \"lib.catga\";\n"
    "enum Color: u8 { Red, Green } flags Right: u8 { Read, Write } errors Bad { A = 1; B = 2; }\n"
    "struct Point { x: f64; } union Choice { Left, Right2: Left, at: Point }\n"
    "/// Left.\ntable Left { a: u32 = 1 @range(1..9); b: string @max(9); c: Color; d: [Choice]; e: "
    "Money; }\n"
    "@timeout(5s) @retry(3) command Do -> Left throws Bad { a: string @required; }\n"
    "@qos(at_least_once) @retry(3, backoff: 1s..4s) @dead_letter event Done { a: u32; }\n"
    "service One { handle Do; publish Done; } service Two { on Done group as hear; }\n";
static const char after_text[] =
    "namespace shop; version 1;\n"
    "import \"lib.catga\";\n"
    "enum Color: u8 { Red, Blue } flags Right: u8 { Write, Read } errors Bad { A = 1; C = 3; }\n"
    "struct Point { x: f32; } union Choice { Left, at: Point }\n"
    "/// Left.\ntable Left { a: u64 = 2 @range(1..8); b: string @max(8); d: [Choice]; z: Money; }\n"
    "@timeout(4s) command Do -> Left throws Bad { a: string; b: u8; }\n"
    "event Done { a: u32; }\n"
    "service One { handle Do; publish Done; } service Two { on Done broadcast as listen; }\n";
/* Names that are changed, and a feature that is omitted. */
static const char game_text[] = "include \"types.fbs\"; namespace Game.Of_;\n"
                                "/// One.\ntable Item { name_: string (key, mine: 3); at: "
                                "Game.Vec; color: Game.Color = Green; }\n"
                                "table ItemView { items: [Item]; any: Any; ratio: float = 1.5; }\n"
                                "union Any { Item, text: string }\n"
                                "root_type Item; file_identifier \"GAME\";\n";

static const char broken_text[] = "namespace shop; version 1\n"
                                  "import \"gone.catga\";\n"
                                  "/// \xE2\x80\xAE\n"
                                  "table Table { a: strng; b: u8 = 256; c: u8 @requird; a: u8; }\n"
                                  "event Event -> Table { a: u8 }\n"
                                  "tabel Other { }\n";

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Changes to an empty folder. */
static int write_schemas(void **state)
{
    (void)state;
    const char *folder = getenv("CATGA_TEMP");
    if (folder == NULL || chdir(folder) != 0)
        return 1;
    FILE *everything = fopen("everything.catga", "w");
    assert_non_null(everything);
    assert_int_equal(fwrite(embedded_schema.bytes, 1, embedded_schema.length, everything),
                     embedded_schema.length);
    assert_int_equal(fclose(everything), 0);
    write_file("lib.catga", "namespace lib; version 1; table Money { amount: decimal(2); }\n");
    write_file("before.catga", before_text);
    write_file("after.catga", after_text);
    write_file("broken.catga", broken_text);
    write_file("types.fbs",
               "namespace Game; struct Vec { x: float; } enum Color: byte { Red, Green }\n");
    write_file("game.fbs", game_text);
    return 0;
}

/* ---- A run ----------------------------------------------------------------------------------- */

static void generate_files(run *r)
{
    output_list outputs = output_list_in(&r->memory);
    templates set;
    const ast *tree = parse_files(&r->memory, &r->names, &r->diags, &r->sources, r->chosen.files,
                                  r->chosen.file_count);
    const model *facts = check(&r->memory, &r->names, &r->diags, tree);

    if (facts == NULL ||
        !templates_open(&set, &r->memory, &r->diags, &r->sources, r->chosen.templates) ||
        !generate(&r->chosen, facts, &set, &outputs))
        return;
    for (size_t i = 0; i < outputs.count; i++)
        buffer_append(&r->printed, outputs.items[i].content);
    slice input = slice_of(r->chosen.files[0]);
    buffer depfile = buffer_in(&r->memory);
    assert_true(depfile_write(&depfile, &r->diags, &outputs, &input, 1));
    output_add(&outputs, "gen/depfile", buffer_slice(&depfile));
    assert_true(outputs_commit(&outputs, &r->diags));
}

static void act(run *r, int count, char **arguments)
{
    buffer problem = buffer_in(&r->memory);

    assert_true(options_parse(&r->memory, count, arguments, &r->chosen, &problem));
    source_set_open(&r->sources, &r->memory, r->chosen.roots, r->chosen.root_count);
    diagnostics_open(&r->diags, &r->sources);
    r->diags.style = r->chosen.style;
    r->names = interner_in(&r->memory);
    r->printed = buffer_in(&r->memory);
    switch (r->chosen.command) {
    case COMMAND_COMPILE:
        generate_files(r);
        break;
    case COMMAND_FORMAT:
        command_format(r);
        break;
    case COMMAND_BREAKING:
        command_breaking(r);
        break;
    case COMMAND_IMPORT:
        command_import(r);
        break;
    case COMMAND_EXPLAIN:
        command_explain(r);
        break;
    case COMMAND_COUNT:
        break;
    }
    diag_print(&r->diags, &r->printed);
}

static uint64_t hash_of(slice text)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);

    for (size_t i = 0; i < text.length; i++)
        hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001B3);
    return hash;
}

/* Returns the output, or 0 when memory ran out. */
static uint64_t run_once(int count, char **arguments)
{
    run r = {.memory = {.newest = NULL}};

    arena_open(&r.memory, (size_t)256 << 20);
    volatile uint64_t hash = 0;
    if (setjmp(r.memory.exhausted) == 0) {
        act(&r, count, arguments);
        hash = hash_of(buffer_slice(&r.printed));
    }
    arena_close(&r.memory);
    return hash;
}

static long count_failures(int count, char **arguments)
{
    left = -1;
    uint64_t expected = run_once(count, arguments);
    assert_int_not_equal(expected, 0);
    long runs = 0;
    do {
        failed = false;
        left = runs++;
        uint64_t hash = run_once(count, arguments);
        if (hash != 0)
            assert_int_equal(hash, expected);
        else
            assert_true(failed);
    } while (failed);
    assert_int_not_equal(system("find . -name '.catgac-*' | grep -q ."), 0);
    return runs - 1;
}

/* ---- The commands ---------------------------------------------------------------------------- */

static void every_allocation_fails_once(void **state)
{
    (void)state;
    static const char *const lines[][8] = {
        {"catgac", "-o", "gen", "--emit=c", "--emit=fbs", "everything.catga"},
        {"catgac", "--diagnostics=text", "broken.catga"},
        {"catgac", "--diagnostics=json", "broken.catga"},
        {"catgac", "--diagnostics=sarif", "-Werror", "broken.catga"},
        {"catgac", "fmt", "--diff", "--check", "."},
        {"catgac", "breaking", "--against", "before.catga", "after.catga"},
        {"catgac", "breaking", "--against", ".", "after.catga"},
        {"catgac", "import", "-o", "gen", "game.fbs"},
        {"catgac", "explain", "everything.catga"},
        {"catgac", "explain", "--format=json", "everything.catga"},
        {"catgac", "explain", "--format=dot", "everything.catga"},
        {"catgac", "explain", "--format=mermaid", "before.catga", "Do", "Doo"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        char *arguments[9] = {NULL};
        int count = 0;
        for (; count < 8 && lines[i][count] != NULL; count++)
            arguments[count] = (char *)(uintptr_t)lines[i][count];
        long failures = count_failures(count, arguments);
        print_message("%s: %ld allocations\n", arguments[1], failures);
        assert_true(failures > 50);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_allocation_fails_once, write_schemas)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
