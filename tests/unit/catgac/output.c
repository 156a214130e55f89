/* Writing files: all or none; unchanged files are not touched, and links are not followed. */
#include "base/output.h"

#include "base/depfile.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { CONTENT_SIZE = 256 };

typedef struct fixture {
    arena memory;
    source_set sources;
    diagnostics diags;
    output_list outputs;
    char folder[256];
} fixture;

static int open_fixture(void **state)
{
    fixture *t = calloc(1, sizeof *t);

    arena_open(&t->memory, (size_t)64 << 20);
    source_set_open(&t->sources, &t->memory, NULL, 0);
    diagnostics_open(&t->diags, &t->sources);
    t->outputs = output_list_in(&t->memory);
    const char *scratch = getenv("CATGA_TEMP");
    snprintf(t->folder, sizeof t->folder, "%s/output-XXXXXX", scratch == NULL ? "/tmp" : scratch);
    *state = t;
    return mkdtemp(t->folder) == NULL || chdir(t->folder) != 0;
}

static int close_fixture(void **state)
{
    fixture *t = *state;
    char command[512];

    snprintf(command, sizeof command, "rm -rf %s", t->folder);
    int failed = chdir("/") != 0 || system(command) != 0;
    arena_close(&t->memory);
    free(t);
    return failed;
}

static void add(fixture *t, const char *path, const char *content)
{
    output_add(&t->outputs, path, slice_of(content));
}

static void assert_content(const char *path, const char *expected)
{
    char content[CONTENT_SIZE] = "";
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    size_t length = fread(content, 1, sizeof content - 1, file);
    content[length] = '\0';
    fclose(file);
    assert_string_equal(content, expected);
}

static void write_file(const char *path, const char *content)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(content, file);
    fclose(file);
}

static struct timespec time_of(const char *path)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_mtim;
}

static int count_files(void)
{
    FILE *list = popen("find . -type f | wc -l", "r");
    int count = -1;

    assert_non_null(list);
    assert_int_equal(fscanf(list, "%d", &count), 1);
    pclose(list);
    return count;
}

static void assert_said(fixture *t, const char *expected)
{
    buffer said = buffer_in(&t->memory);

    diag_print(&t->diags, &said);
    assert_non_null(strstr(said.data, expected));
}

static void files_and_folders_are_made(void **state)
{
    fixture *t = *state;

    add(t, "a", "one");
    add(t, "b/c/d", "two");
    add(t, "e//f", "");
    assert_true(outputs_commit(&t->outputs, &t->diags));
    assert_content("a", "one");
    assert_content("b/c/d", "two");
    assert_content("e/f", "");
    assert_int_equal(count_files(), 3);
}

static void many_files_are_made_at_once(void **state)
{
    fixture *t = *state;

    for (int i = 0; i < 300; i++) {
        char *path = ARENA_ARRAY(&t->memory, 16, char);
        snprintf(path, 16, "file%d", i);
        add(t, path, "one");
    }
    assert_true(outputs_commit(&t->outputs, &t->diags));
    assert_int_equal(count_files(), 300);
}

static void files_have_the_usual_mode(void **state)
{
    fixture *t = *state;
    mode_t mask = umask(022);

    add(t, "a", "one");
    assert_true(outputs_commit(&t->outputs, &t->diags));
    umask(mask);
    struct stat status;
    assert_int_equal(stat("a", &status), 0);
    assert_int_equal(status.st_mode & 0777, 0644);
}

static void changed_files_are_replaced(void **state)
{
    fixture *t = *state;
    static const char *const before[] = {"", "on", "ONE", "one more", "one\n"};

    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        write_file("a", before[i]);
        t->outputs.count = 0;
        add(t, "a", "one");
        assert_true(outputs_commit(&t->outputs, &t->diags));
        assert_content("a", "one");
    }
    assert_int_equal(count_files(), 1);
}

static void unchanged_files_are_not_touched(void **state)
{
    fixture *t = *state;
    const struct timespec old[2] = {{1000, 0}, {1000, 0}};

    write_file("a", "one");
    write_file("empty", "");
    assert_int_equal(utimensat(AT_FDCWD, "a", old, 0), 0);
    assert_int_equal(utimensat(AT_FDCWD, "empty", old, 0), 0);
    add(t, "a", "one");
    add(t, "empty", "");
    assert_true(outputs_commit(&t->outputs, &t->diags));
    assert_int_equal(time_of("a").tv_sec, 1000);
    assert_int_equal(time_of("empty").tv_sec, 1000);
}

static void links_are_replaced_not_followed(void **state)
{
    fixture *t = *state;

    write_file("precious", "one");
    assert_int_equal(symlink("precious", "same"), 0);
    assert_int_equal(symlink("precious", "other"), 0);
    assert_int_equal(symlink("nowhere", "dangling"), 0);
    add(t, "same", "one");
    add(t, "other", "two");
    add(t, "dangling", "three");
    assert_true(outputs_commit(&t->outputs, &t->diags));
    assert_content("precious", "one");
    assert_content("other", "two");
    struct stat status;
    static const char *const names[] = {"same", "other", "dangling"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(lstat(names[i], &status), 0);
        assert_true(S_ISREG(status.st_mode));
    }
    assert_int_not_equal(access("nowhere", F_OK), 0);
}

static void all_or_none(void **state)
{
    fixture *t = *state;

    write_file("a", "old");
    write_file("file", "");
    add(t, "a", "new");
    add(t, "b", "new");
    add(t, "file/c", "new");
    assert_false(outputs_commit(&t->outputs, &t->diags));
    assert_said(t, "error: cannot write 'file/c': Not a directory [cannot-write]");
    assert_content("a", "old");
    assert_int_equal(count_files(), 2);
}

static void a_folder_in_the_place_of_a_file_is_an_error(void **state)
{
    fixture *t = *state;

    assert_int_equal(mkdir("b", 0777), 0);
    add(t, "b", "new");
    add(t, "c", "new");
    assert_false(outputs_commit(&t->outputs, &t->diags));
    assert_said(t, "error: cannot write 'b': Is a directory");
    assert_int_equal(count_files(), 0);
}

/*
 * A folder with the name of an output is an error at any position of the list, before anything is
 * created.
 */
static void nothing_is_made_beside_a_folder_in_the_way(void **state)
{
    fixture *t = *state;

    assert_int_equal(mkdir("b", 0777), 0);
    write_file("a", "old");
    add(t, "a", "new");
    add(t, "gen/deep/c", "new");
    add(t, "b", "new");
    assert_false(outputs_commit(&t->outputs, &t->diags));
    assert_said(t, "error: cannot write 'b': Is a directory");
    assert_content("a", "old");
    assert_int_not_equal(access("gen", F_OK), 0);
    assert_int_equal(count_files(), 1);
}

/*
 * The folder of the last output must be created with the name of the third output, so that name
 * cannot be used.
 */
static void names_are_taken_back(void **state)
{
    fixture *t = *state;

    write_file("a", "old");
    assert_int_equal(symlink("elsewhere", "link"), 0);
    add(t, "a", "new");
    add(t, "link", "new");
    add(t, "gen/c", "new");
    add(t, "gen/c/d", "new");
    assert_false(outputs_commit(&t->outputs, &t->diags));
    assert_said(t, "error: cannot write 'gen/c': Is a directory");
    assert_content("a", "old");
    struct stat facts;
    assert_int_equal(lstat("link", &facts), 0);
    assert_true(S_ISLNK(facts.st_mode));
    assert_int_not_equal(access("gen", F_OK), 0);
    assert_int_equal(count_files(), 1);
}

static void folders_go_with_what_failed(void **state)
{
    fixture *t = *state;

    assert_int_equal(mkdir("kept", 0777), 0);
    write_file("file", "");
    add(t, "kept/new/a", "new");
    add(t, "file/c", "new");
    assert_false(outputs_commit(&t->outputs, &t->diags));
    assert_int_equal(access("kept", F_OK), 0);
    assert_int_not_equal(access("kept/new", F_OK), 0);
}

/* `--depfile /dev/null` must not replace /dev/null by a file. */
static void other_kinds_of_files_stay(void **state)
{
    fixture *t = *state;
    struct stat facts;

    assert_int_equal(mkfifo("pipe", 0666), 0);
    add(t, "a", "new");
    add(t, "pipe", "new");
    assert_false(outputs_commit(&t->outputs, &t->diags));
    assert_said(t, "error: cannot write 'pipe': it is neither a file nor a link");
    assert_int_equal(stat("pipe", &facts), 0);
    assert_true(S_ISFIFO(facts.st_mode));
    assert_int_equal(count_files(), 0);
}

static void leftovers_are_in_nobodys_way(void **state)
{
    fixture *t = *state;
    char name[64];

    snprintf(name, sizeof name, ".catgac-%ld-0-0", (long)getpid());
    write_file(name, "left by a run that was killed");
    add(t, "a", "one");
    assert_true(outputs_commit(&t->outputs, &t->diags));
    assert_content("a", "one");
    assert_content(name, "left by a run that was killed");
}

static void a_depfile_is_read_by_make(void **state)
{
    fixture *t = *state;

    add(t, "gen/a b.h", "");
    add(t, "gen/a.c", "");
    static const slice inputs[] = {{"a b.catga", 9}, {"c#$d.catga", 10}};
    buffer text = buffer_in(&t->memory);
    assert_true(depfile_write(&text, &t->diags, &t->outputs, inputs, 2));
    assert_string_equal(text.data, "gen/a\\ b.h gen/a.c: \\\n"
                                   "  a\\ b.catga \\\n"
                                   "  c\\#$$d.catga\n"
                                   "\n"
                                   "a\\ b.catga:\n"
                                   "\n"
                                   "c\\#$$d.catga:\n");
}

int main(void)
{
#define TRIAL(test) cmocka_unit_test_setup_teardown(test, open_fixture, close_fixture)
    const struct CMUnitTest tests[] = {
        TRIAL(files_and_folders_are_made),
        TRIAL(many_files_are_made_at_once),
        TRIAL(files_have_the_usual_mode),
        TRIAL(changed_files_are_replaced),
        TRIAL(unchanged_files_are_not_touched),
        TRIAL(links_are_replaced_not_followed),
        TRIAL(all_or_none),
        TRIAL(a_folder_in_the_place_of_a_file_is_an_error),
        TRIAL(nothing_is_made_beside_a_folder_in_the_way),
        TRIAL(names_are_taken_back),
        TRIAL(folders_go_with_what_failed),
        TRIAL(other_kinds_of_files_stay),
        TRIAL(leftovers_are_in_nobodys_way),
        TRIAL(a_depfile_is_read_by_make),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
