/* Source files: paths that are found, and paths that are rejected. */
#include "compile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[] = "/tmp/catga-source-XXXXXX";

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int make_files(void **state)
{
    (void)state;
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return -1;
    mkdir("root", 0700);
    mkdir("root/shop", 0700);
    mkdir("rooted", 0700);
    write_file("root/a.catga", "namespace a; version 1;\n");
    write_file("root/shop/b.catga", "namespace b; version 1;\n");
    write_file("outside.catga", "namespace c; version 1;\n");
    write_file("rooted/d.catga", "namespace d; version 1;\n");
    return symlink("../outside.catga", "root/leaves.catga") |
           symlink("../rooted/d.catga", "root/near.catga") |
           symlink("shop/b.catga", "root/stays.catga") | link("root/a.catga", "root/twin.catga") |
           mkfifo("root/fifo.catga", 0600);
}

static int remove_files(void **state)
{
    (void)state;
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return chdir("/") | system(command);
}

static void open_with_root(compilation *c, const char *root)
{
    compilation_open(c);
    source_set_open(&c->sources, &c->memory, &root, 1);
}

static source_status load_import(compilation *c, const char *path, const source **loaded)
{
    const source *importer = NULL;

    assert_int_equal(source_load_given(&c->sources, "root/a.catga", &importer), SOURCE_OK);
    return source_load_import(&c->sources, importer, slice_of(path), loaded);
}

static void a_given_file_is_regular_and_small(void **state)
{
    (void)state;
    compilation c;
    const source *loaded = NULL;
    open_with_root(&c, "root");
    assert_int_equal(source_load_given(&c.sources, "nowhere", &loaded), SOURCE_MISSING);
    assert_int_equal(source_load_given(&c.sources, "root", &loaded), SOURCE_NOT_REGULAR);
    assert_int_equal(source_load_given(&c.sources, "/dev/zero", &loaded), SOURCE_NOT_REGULAR);
    assert_int_equal(source_load_given(&c.sources, "root/fifo.catga", &loaded), SOURCE_NOT_REGULAR);
    c.sources.size_limit = 10;
    assert_int_equal(source_load_given(&c.sources, "root/a.catga", &loaded), SOURCE_TOO_LARGE);
    c.sources.size_limit = SOURCE_SIZE_LIMIT;
    assert_int_equal(source_load_given(&c.sources, "root/a.catga", &loaded), SOURCE_OK);
    assert_true(slice_is(loaded->text, "namespace a; version 1;\n"));
    compilation_close(&c);
}

static void a_file_is_read_once(void **state)
{
    (void)state;
    compilation c;
    const source *first = NULL;
    const source *second = NULL;
    open_with_root(&c, "root");
    assert_int_equal(source_load_given(&c.sources, "root/a.catga", &first), SOURCE_OK);
    assert_int_equal(source_load_given(&c.sources, "root/../root/twin.catga", &second), SOURCE_OK);
    assert_ptr_equal(first, second);
    assert_int_equal(load_import(&c, "shop/b.catga", &first), SOURCE_OK);
    assert_int_equal(load_import(&c, "stays.catga", &second), SOURCE_OK);
    assert_ptr_equal(first, second);
    compilation_close(&c);
}

static void an_import_stays_below_its_root(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "/etc/passwd",     "../outside.catga", "./shop/b.catga", "shop//b.catga", "",
        "shop/../a.catga", "shop\\b.catga"};
    compilation c;
    const source *loaded = NULL;
    open_with_root(&c, "root");
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(load_import(&c, bad[i], &loaded), SOURCE_BAD_PATH);
    assert_int_equal(load_import(&c, "leaves.catga", &loaded), SOURCE_OUTSIDE);
    assert_int_equal(load_import(&c, "near.catga", &loaded), SOURCE_OUTSIDE);
    assert_int_equal(load_import(&c, "shop", &loaded), SOURCE_NOT_REGULAR);
    assert_int_equal(load_import(&c, "absent.catga", &loaded), SOURCE_MISSING);
    compilation_close(&c);
}

static void paths_are_shown_and_mirrored(void **state)
{
    (void)state;
    compilation c;
    const source *loaded = NULL;
    open_with_root(&c, "root");
    assert_int_equal(load_import(&c, "shop/b.catga", &loaded), SOURCE_OK);
    assert_true(slice_is(loaded->shown_path, "root/shop/b.catga"));
    assert_true(slice_is(loaded->schema_path, "shop/b.catga"));
    assert_int_equal(source_load_given(&c.sources, "rooted/d.catga", &loaded), SOURCE_OK);
    assert_true(slice_is(loaded->schema_path, "d.catga"));
    compilation_close(&c);
}

static void without_roots_the_files_own_folder_is_one(void **state)
{
    (void)state;
    compilation c;
    const source *importer = NULL;
    const source *loaded = NULL;
    compilation_open(&c);
    assert_int_equal(source_load_given(&c.sources, "root/a.catga", &importer), SOURCE_OK);
    assert_int_equal(source_load_import(&c.sources, importer, SLICE("shop/b.catga"), &loaded),
                     SOURCE_OK);
    assert_true(slice_is(loaded->shown_path, "root/shop/b.catga"));
    compilation_close(&c);
}

static void imports_have_a_depth(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        char path[32];
        char text[96];
        snprintf(path, sizeof path, "root/deep%d.catga", i);
        snprintf(text, sizeof text, "namespace deep%d; version 1; import \"deep%d.catga\";", i,
                 i + 1);
        write_file(path, text);
    }
    compilation c;
    static const char *const paths[] = {"root/deep0.catga"};
    open_with_root(&c, "root");
    const ast *tree = parse_files(&c.memory, &c.names, &c.diags, &c.sources, paths, 1);
    assert_int_equal(tree->file_count, 17);
    assert_int_equal(c.diags.error_count, 1);
    assert_says(compilation_said(&c), "imports are nested more than 16 deep [import-depth]");
    compilation_close(&c);
}

static void files_that_would_be_one_output_are_refused(void **state)
{
    (void)state;
    compilation c;
    static const char *const paths[] = {"root/a.catga", "rooted/a.catga", "nowhere.catga"};
    write_file("rooted/a.catga", "namespace other; version 1;\n");
    compilation_open(&c);
    const ast *tree = parse_files(&c.memory, &c.names, &c.diags, &c.sources, paths, 3);
    assert_int_equal(c.diags.unread_count, 1);
    assert_null(check(&c.memory, &c.names, &c.diags, tree));
    assert_says(compilation_said(&c),
                "catgac: error: cannot read 'nowhere.catga': there is no such "
                "file [cannot-read]\n");
    assert_says(compilation_said(&c), "rooted/a.catga:1:1: error: two files would be generated as "
                                      "'a.catga': name their root with -I [same-output]\n");
    compilation_close(&c);
}

static void places_count_characters(void **state)
{
    (void)state;
    compilation c;
    compilation_open(&c);
    const source *file = source_from_text(&c.sources, "t", SLICE("a\r\n笔b\n"));
    source_location where = source_locate(file, 6);
    assert_int_equal(where.line, 2);
    assert_int_equal(where.column, 2);
    assert_true(slice_is(where.line_text, "笔b"));
    assert_true(slice_is(source_locate(file, 0).line_text, "a"));
    assert_int_equal(source_locate(file, 999).line, 3);
    compilation_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_given_file_is_regular_and_small),
        cmocka_unit_test(a_file_is_read_once),
        cmocka_unit_test(an_import_stays_below_its_root),
        cmocka_unit_test(paths_are_shown_and_mirrored),
        cmocka_unit_test(without_roots_the_files_own_folder_is_one),
        cmocka_unit_test(imports_have_a_depth),
        cmocka_unit_test(files_that_would_be_one_output_are_refused),
        cmocka_unit_test(places_count_characters),
    };

    return cmocka_run_group_tests(tests, make_files, remove_files);
}
