/*
 * Every allocation of the compiler fails once: a schema with one of everything is compiled up to the files in
 * memory, with the first, the second, the third ... failing, until a run gets by without. Each run ends where
 * memory is given back; nothing leaks (under AddressSanitizer), and a run that succeeds gives the same bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "check/check.h"
#include "generate/embedded.h"
#include "generate/generate.h"
#include "syntax/parse.h"

static long left;   /* allocations until the one that fails; negative: none does */
static bool failed;

void *__real_arena_array(arena *memory, size_t count, size_t size);
void *__wrap_arena_array(arena *memory, size_t count, size_t size);
void *__real_arena_try_array(arena *memory, size_t count, size_t size);
void *__wrap_arena_try_array(arena *memory, size_t count, size_t size);

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

typedef struct compilation {
    arena memory;
    source_set sources;
    diagnostics diags;
    interner names;
    options chosen;
    templates set;
    output_list outputs;
} compilation;

static void compile(compilation *c)
{
    slice text = {(const char *)embedded_schema.bytes, embedded_schema.length};
    source_set_open(&c->sources, &c->memory, NULL, 0);
    diagnostics_open(&c->diags, &c->sources);
    c->names = interner_in(&c->memory);
    c->outputs = output_list_in(&c->memory);
    c->chosen = (options){.emit = {true, true}};
    ast_file *file = parse_source(&c->memory, &c->names, &c->diags,
                                  source_from_text(&c->sources, embedded_schema.name, text));
    file->is_given = true;
    ast tree = {&file, 1};
    const model *facts = check(&c->memory, &c->names, &c->diags, &tree);
    assert_non_null(facts);
    assert_true(templates_open(&c->set, &c->memory, &c->diags, &c->sources, NULL));
    assert_true(generate(&c->chosen, facts, &c->set, &c->outputs));
}

static uint64_t hash_of(const output_list *outputs)
{
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < outputs->count; i++)
        for (size_t j = 0; j < outputs->items[i].content.length; j++)
            hash = (hash ^ (unsigned char)outputs->items[i].content.data[j]) *
                   UINT64_C(0x100000001B3);
    return hash;
}

/* Returns what came out, or 0 when memory ran out. */
static uint64_t run_once(void)
{
    compilation c;
    arena_open(&c.memory, (size_t)256 << 20);
    volatile uint64_t hash = 0;
    if (setjmp(c.memory.exhausted) == 0) {
        compile(&c);
        hash = hash_of(&c.outputs);
    }
    arena_close(&c.memory);
    return hash;
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    left = -1;
    uint64_t expected = run_once();
    assert_int_not_equal(expected, 0);
    long runs = 0;
    do {
        failed = false;
        left = runs++;
        uint64_t hash = run_once();
        if (hash != 0)
            assert_int_equal(hash, expected);
        else
            assert_true(failed);
    } while (failed);
    assert_true(runs > 500);
    print_message("%ld allocations\n", runs - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_fails_once)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
