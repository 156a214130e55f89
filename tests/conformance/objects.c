/*
 * Object stores over each transport: objects local | nats (at $NATS_URL, with JetStream). Each case
 * has its own prefix, and so its own stores. Other clients are played by messages that are stored
 * directly.
 */
#include "client/exchange.h"
#include "fixture.h"
#include "objects/info_json.h"
#include "objects/object_entry.h"

#include <catga/objects.h>

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>

#define TEXT(text) ((catga_bytes){(const uint8_t *)(text), strlen(text)})

static const catga_object_store files = {.name = "files", .prefixed = true};
static const catga_object_store other = {.name = "other", .prefixed = true};

typedef struct fixture {
    fixture_base base;
    catga_bus *bus;
    char stream[128]; /* of `files` */
} fixture;

static int open_store(void **state)
{
    fixture *f = fixture_new(sizeof *f, "objects");
    catga_problem problem;

    *state = f;
    f->bus = fixture_join(&f->base, (catga_options){0});
    for (size_t i = 0; f->base.prefix[i] != '\0'; i++)
        if (f->base.prefix[i] >= 'a' && f->base.prefix[i] <= 'z')
            f->base.prefix[i] = (char)(f->base.prefix[i] - 'a' + 'A');
    snprintf(f->stream, sizeof f->stream, "OBJ_%s_files", f->base.prefix);
    assert_int_equal(catga_objects_ensure(f->bus, &files, &problem), CATGA_OK);
    return 0;
}

static uint8_t *content_of(size_t size, unsigned seed)
{
    uint8_t *content = malloc(size + 1);

    for (size_t i = 0; i < size; i++)
        content[i] = (uint8_t)(seed + i * 7 + i / 251);
    return content;
}

static uint64_t messages_in(catga_bus *bus)
{
    catga_stream_state state;
    catga_problem problem;

    assert_int_equal(catga_objects_state(bus, &files, &state, &problem), CATGA_OK);
    return state.messages;
}

static catga_status put_text(catga_bus *bus, const char *name, const char *text)
{
    catga_problem problem;

    return catga_object_put(bus, &files, &(catga_object){.name = catga_str(name)}, TEXT(text), NULL,
                            &problem);
}

/* Gets a short object and compares it with the text. */
static void assert_content(catga_bus *bus, const char *name, const char *text)
{
    char content[256] = "";
    catga_object_info info;
    catga_problem problem;

    assert_int_equal(
        catga_object_get(bus, &files, catga_str(name), content, sizeof content, &info, &problem),
        CATGA_OK);
    assert_int_equal(info.size, strlen(text));
    assert_memory_equal(content, text, strlen(text));
    catga_object_info_free(&info);
}

static catga_status get_status(catga_bus *bus, const char *name, catga_problem *problem)
{
    char content[256];

    return catga_object_get(bus, &files, catga_str(name), content, sizeof content, NULL, problem);
}

/* ---- Putting and getting ---- */

static void round_trip(catga_bus *bus, const char *name, size_t size, size_t chunk)
{
    uint8_t *content = content_of(size, (unsigned)size);
    uint8_t *copy = malloc(size + 1);
    const catga_object object = {.name = catga_str(name), .chunk_bytes = chunk};
    catga_object_info put;
    catga_object_info got;
    catga_problem problem;

    assert_int_equal(
        catga_object_put(bus, &files, &object, (catga_bytes){content, size}, &put, &problem),
        CATGA_OK);
    assert_int_equal(put.size, size);
    assert_int_equal(put.chunks, (size + chunk - 1) / chunk);
    assert_int_equal(put.chunk_bytes, chunk);
    assert_int_equal(catga_object_get(bus, &files, object.name, copy, size, &got, &problem),
                     CATGA_OK);
    assert_memory_equal(content, copy, size);
    assert_true(catga_string_equal(got.name, object.name));
    assert_true(catga_string_equal(got.digest, put.digest));
    assert_true(catga_string_equal(got.upload, put.upload));
    assert_int_equal(got.revision, put.revision);
    assert_true(got.modified > INT64_C(1600000000000000000));
    catga_object_info_free(&put);
    catga_object_info_free(&got);
    free(content);
    free(copy);
}

static void content_of_any_size_returns(void **state)
{
    const fixture *f = *state;
    static const size_t sizes[] = {0, 1, 999, 1000, 1001, 2000, 50001};

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        round_trip(f->bus, "object", sizes[i], 1000);
    round_trip(f->bus, "large", 700000, 131072);
}

/* The default is 128 KiB; a chunk fits into the server's limit. */
static void chunks_have_a_limit(void **state)
{
    const fixture *f = *state;
    uint8_t *content = content_of(3000000, 1);
    catga_object_info info;
    catga_problem problem;

    assert_int_equal(catga_object_put(f->bus, &files, &(catga_object){.name = CATGA_STR("a")},
                                      (catga_bytes){content, 300000}, &info, &problem),
                     CATGA_OK);
    assert_int_equal(info.chunk_bytes, 131072);
    assert_int_equal(info.chunks, 3);
    catga_object_info_free(&info);
    assert_int_equal(
        catga_object_put(f->bus, &files,
                         &(catga_object){.name = CATGA_STR("a"), .chunk_bytes = 1 << 30},
                         (catga_bytes){content, 3000000}, &info, &problem),
        CATGA_OK);
    assert_in_range(info.chunk_bytes, 1000000, 1048576);
    assert_int_equal(info.chunks, 3);
    catga_object_info_free(&info);
    free(content);
}

static void any_name_is_possible(void **state)
{
    static const char *const names[] = {"a",
                                        "ab",
                                        "abc",
                                        "abcd",
                                        ".",
                                        "..",
                                        "*",
                                        ">",
                                        "a b",
                                        "a/b/c.tar.gz",
                                        "$O.x",
                                        " ",
                                        "caf\xc3\xa9",
                                        "\xe6\x97\xa5\xe6\x9c\xac",
                                        "\xf0\x9f\x98\x80",
                                        "tab\there",
                                        "quote\"\\"};
    const fixture *f = *state;
    char longest[CATGA_OBJECT_NAME_MAX + 1];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(put_text(f->bus, names[i], names[i]), CATGA_OK);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_content(f->bus, names[i], names[i]);
    memset(longest, 'x', CATGA_OBJECT_NAME_MAX);
    longest[CATGA_OBJECT_NAME_MAX] = '\0';
    assert_int_equal(put_text(f->bus, longest, "long"), CATGA_OK);
    assert_content(f->bus, longest, "long");
}

static void descriptions_are_kept(void **state)
{
    const fixture *f = *state;
    const catga_object_pair headers[] = {{CATGA_STR("A"), CATGA_STR("1")},
                                         {CATGA_STR("A"), CATGA_STR("2")}};
    const catga_object_pair metadata[] = {{CATGA_STR("version"), CATGA_STR("1.4")}};
    const catga_object object = {.name = CATGA_STR("app"),
                                 .description = CATGA_STR("a program"),
                                 .headers = headers,
                                 .header_count = 2,
                                 .metadata = metadata,
                                 .metadata_count = 1};
    catga_object_info info;
    catga_problem problem;

    assert_int_equal(catga_object_put(f->bus, &files, &object, TEXT("x"), NULL, &problem),
                     CATGA_OK);
    assert_int_equal(catga_object_info_get(f->bus, &files, object.name, &info, &problem), CATGA_OK);
    assert_true(catga_string_equal(info.description, object.description));
    assert_int_equal(info.header_count, 2);
    assert_true(catga_string_equal(info.headers[1].value, CATGA_STR("2")));
    assert_int_equal(info.metadata_count, 1);
    assert_true(catga_string_equal(info.metadata[0].name, CATGA_STR("version")));
    assert_false(info.deleted);
    catga_object_info_free(&info);
}

/* The chunks and the info of the old object are deleted. */
static void a_put_replaces(void **state)
{
    const fixture *f = *state;

    for (int i = 0; i < 5; i++) {
        assert_int_equal(put_text(f->bus, "a", i % 2 == 0 ? "even" : "odd"), CATGA_OK);
        assert_int_equal(messages_in(f->bus), 2);
    }
    assert_content(f->bus, "a", "even");
}

static void revisions_are_compared(void **state)
{
    const fixture *f = *state;
    catga_object object = {.name = CATGA_STR("a"), .replaces = CATGA_OBJECT_NEW};
    catga_object_info first;
    catga_problem problem;

    assert_int_equal(catga_object_put(f->bus, &files, &object, TEXT("1"), &first, &problem),
                     CATGA_OK);
    assert_int_equal(catga_object_put(f->bus, &files, &object, TEXT("2"), NULL, &problem),
                     CATGA_CONFLICT);
    assert_non_null(strstr(problem.text, "the object exists"));
    object.replaces = first.revision;
    assert_int_equal(catga_object_put(f->bus, &files, &object, TEXT("3"), NULL, &problem),
                     CATGA_OK);
    assert_int_equal(catga_object_put(f->bus, &files, &object, TEXT("4"), NULL, &problem),
                     CATGA_CONFLICT);
    assert_content(f->bus, "a", "3");
    assert_int_equal(messages_in(f->bus), 2);
    assert_int_equal(catga_object_delete(f->bus, &files, object.name, &problem), CATGA_OK);
    object.replaces = CATGA_OBJECT_NEW;
    assert_int_equal(catga_object_put(f->bus, &files, &object, TEXT("5"), NULL, &problem),
                     CATGA_OK);
    catga_object_info_free(&first);
}

/* ---- Functions and files ---- */

typedef struct source {
    size_t left;
    bool fails;
} source;

static int64_t read_source(void *user, uint8_t *to, size_t capacity)
{
    source *s = user;
    size_t count = s->left < 700 ? s->left : 700;

    if (s->left == 0 && s->fails)
        return -1;
    if (count > capacity)
        count = capacity;
    memset(to, 'x', count);
    s->left -= count;
    return (int64_t)count;
}

typedef struct target {
    size_t taken;
    size_t most;
} target;

static bool write_target(void *user, const uint8_t *bytes, size_t length)
{
    target *t = user;

    for (size_t i = 0; i < length; i++)
        if (bytes[i] != 'x')
            return false;
    t->taken += length;
    return t->taken <= t->most;
}

static void functions_give_and_take_content(void **state)
{
    const fixture *f = *state;
    const catga_object object = {.name = CATGA_STR("a"), .chunk_bytes = 1000};
    source s = {.left = 100500};
    target t = {.most = 100500};
    catga_object_info info;
    catga_problem problem;

    assert_int_equal(
        catga_object_put_from(f->bus, &files, &object, read_source, &s, &info, &problem), CATGA_OK);
    assert_int_equal(info.size, 100500);
    assert_int_equal(info.chunks, 101);
    catga_object_info_free(&info);
    assert_int_equal(
        catga_object_get_to(f->bus, &files, object.name, write_target, &t, NULL, &problem),
        CATGA_OK);
    assert_int_equal(t.taken, 100500);
    t = (target){.most = 5000};
    assert_int_equal(
        catga_object_get_to(f->bus, &files, object.name, write_target, &t, NULL, &problem),
        CATGA_OUTPUT_FAILED);
    assert_int_equal(t.taken, 6000);
}

/* Nothing of it remains. */
static void content_that_cannot_be_read_is_not_stored(void **state)
{
    const fixture *f = *state;
    const catga_object object = {.name = CATGA_STR("a"), .chunk_bytes = 1000};
    source s = {.left = 30000, .fails = true};
    catga_problem problem;

    assert_int_equal(
        catga_object_put_from(f->bus, &files, &object, read_source, &s, NULL, &problem),
        CATGA_INPUT_FAILED);
    assert_string_equal(problem.text, "the content cannot be read after 30000 bytes");
    assert_int_equal(messages_in(f->bus), 0);
    assert_int_equal(get_status(f->bus, "a", &problem), CATGA_NOT_FOUND);
    int folder = open("/", O_RDONLY | O_DIRECTORY);
    assert_int_equal(catga_object_put_file(f->bus, &files, &object, folder, NULL, &problem),
                     CATGA_INPUT_FAILED);
    assert_string_equal(problem.text, "the content cannot be read after 0 bytes: Is a directory");
    close(folder);
}

static int entries_of(const char *folder)
{
    DIR *directory = opendir(folder);
    int count = 0;

    assert_non_null(directory);
    while (readdir(directory) != NULL)
        count++;
    closedir(directory);
    return count - 2;
}

/* Makes an empty folder, and the path of a file in it. */
static void make_folder(char folder[64], char path[96])
{
    strcpy(folder, "/tmp/catga-objects-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, 96, "%s/file", folder);
}

static void remove_folder(const char *folder, const char *path)
{
    unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

static void files_are_put_and_got(void **state)
{
    const fixture *f = *state;
    char folder[64];
    char path[96];
    char text[16] = "";
    catga_problem problem;

    make_folder(folder, path);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    assert_int_equal(write(fd, "skip content", 12), 12);
    assert_int_equal(lseek(fd, 5, SEEK_SET), 5);
    assert_int_equal(catga_object_put_file(f->bus, &files, &(catga_object){.name = CATGA_STR("a")},
                                           fd, NULL, &problem),
                     CATGA_OK);
    close(fd);
    assert_int_equal(catga_object_get_file(f->bus, &files, CATGA_STR("a"), path, NULL, &problem),
                     CATGA_OK);
    assert_int_equal(entries_of(folder), 1);
    fd = open(path, O_RDONLY);
    assert_int_equal(read(fd, text, sizeof text), 7);
    assert_string_equal(text, "content");
    close(fd);
    remove_folder(folder, path);
    assert_int_equal(catga_object_get_file(f->bus, &files, CATGA_STR("a"), path, NULL, &problem),
                     CATGA_OUTPUT_FAILED);
    assert_non_null(strstr(problem.text, "No such file or directory"));
}

static void memory_may_be_too_small(void **state)
{
    const fixture *f = *state;
    char content[4];
    catga_object_info info;
    catga_problem problem;

    assert_int_equal(put_text(f->bus, "a", "12345"), CATGA_OK);
    assert_int_equal(catga_object_get(f->bus, &files, CATGA_STR("a"), content, 4, &info, &problem),
                     CATGA_TOO_LARGE);
    assert_int_equal(info.size, 5);
    catga_object_info_free(&info);
}

/* ---- Deleting, updating, listing ---- */

typedef struct names {
    char text[512];
    size_t most;
} names;

static bool note_name(const catga_object_info *info, void *user)
{
    names *n = user;

    snprintf(n->text + strlen(n->text), sizeof n->text - strlen(n->text), "%.*s ",
             CATGA_PRINT(info->name));
    return --n->most > 0;
}

static void assert_list(catga_bus *bus, const char *expected)
{
    names n = {.most = 100};
    catga_problem problem;

    assert_int_equal(catga_object_list(bus, &files, note_name, &n, &problem), CATGA_OK);
    assert_string_equal(n.text, expected);
}

static void lists_show_objects_in_order(void **state)
{
    const fixture *f = *state;
    names n = {.most = 1};
    catga_problem problem;

    assert_list(f->bus, "");
    assert_int_equal(put_text(f->bus, "a", "1"), CATGA_OK);
    assert_int_equal(put_text(f->bus, "b", "2"), CATGA_OK);
    assert_int_equal(put_text(f->bus, "c", ""), CATGA_OK);
    assert_list(f->bus, "a b c ");
    assert_int_equal(put_text(f->bus, "a", "3"), CATGA_OK);
    assert_int_equal(catga_object_delete(f->bus, &files, CATGA_STR("b"), &problem), CATGA_OK);
    assert_list(f->bus, "c a ");
    assert_int_equal(catga_object_list(f->bus, &files, note_name, &n, &problem), CATGA_OK);
    assert_string_equal(n.text, "c ");
}

static void deleted_objects_are_absent(void **state)
{
    const fixture *f = *state;
    catga_object_info info;
    catga_problem problem;

    assert_int_equal(put_text(f->bus, "a", "text"), CATGA_OK);
    assert_int_equal(catga_object_delete(f->bus, &files, CATGA_STR("a"), &problem), CATGA_OK);
    assert_int_equal(messages_in(f->bus), 1);
    assert_int_equal(catga_object_delete(f->bus, &files, CATGA_STR("a"), &problem),
                     CATGA_NOT_FOUND);
    assert_int_equal(get_status(f->bus, "a", &problem), CATGA_NOT_FOUND);
    assert_string_equal(problem.text, "there is no object 'a' any more: it is deleted");
    assert_int_equal(catga_object_info_get(f->bus, &files, CATGA_STR("a"), &info, &problem),
                     CATGA_NOT_FOUND);
    assert_null(info.memory);
    assert_int_equal(put_text(f->bus, "a", "again"), CATGA_OK);
    assert_content(f->bus, "a", "again");
}

static void updates_change_the_info(void **state)
{
    const fixture *f = *state;
    catga_object change = {.name = CATGA_STR("a"), .description = CATGA_STR("new")};
    catga_object_info info;
    catga_problem problem;

    assert_int_equal(catga_object_update(f->bus, &files, change.name, &change, NULL, &problem),
                     CATGA_NOT_FOUND);
    assert_int_equal(put_text(f->bus, "a", "text"), CATGA_OK);
    assert_int_equal(put_text(f->bus, "taken", "other"), CATGA_OK);
    assert_int_equal(catga_object_update(f->bus, &files, change.name, &change, &info, &problem),
                     CATGA_OK);
    assert_true(catga_string_equal(info.description, change.description));
    assert_content(f->bus, "a", "text");
    change.name = CATGA_STR("taken");
    assert_int_equal(catga_object_update(f->bus, &files, CATGA_STR("a"), &change, NULL, &problem),
                     CATGA_CONFLICT);
    change.name = CATGA_STR("b");
    change.replaces = info.revision + 1;
    assert_int_equal(catga_object_update(f->bus, &files, CATGA_STR("a"), &change, NULL, &problem),
                     CATGA_CONFLICT);
    change.replaces = info.revision;
    assert_int_equal(catga_object_update(f->bus, &files, CATGA_STR("a"), &change, NULL, &problem),
                     CATGA_OK);
    catga_object_info_free(&info);
    assert_content(f->bus, "b", "text");
    assert_int_equal(get_status(f->bus, "a", &problem), CATGA_NOT_FOUND);
    assert_list(f->bus, "taken b ");
    assert_int_equal(messages_in(f->bus), 4);
}

/* The last step of a rename: another writer may have replaced the info meanwhile. */
static void a_rename_leaves_later_objects(void **state)
{
    const fixture *f = *state;
    catga_object_access access;
    catga_object_entry entry;
    catga_problem problem;

    assert_int_equal(put_text(f->bus, "a", "old"), CATGA_OK);
    assert_int_equal(catga_object_access_begin(&access, f->bus, &files, &problem), CATGA_OK);
    assert_int_equal(catga_object_entry_find(&access, CATGA_STR("a"), &entry), CATGA_OK);
    catga_object_info_free(&entry.info);
    assert_int_equal(put_text(f->bus, "a", "new"), CATGA_OK);
    assert_int_equal(put_text(f->bus, "b", "other"), CATGA_OK);
    assert_int_equal(catga_object_entry_forget(&access, entry.revision), CATGA_OK);
    assert_content(f->bus, "a", "new");
    assert_content(f->bus, "b", "other");
}

/* ---- Other clients ---- */

/* Stores a message on "$O.<store>.<part>.<name>". */
static void store_message(const fixture *f, const char *store, const char *part, const char *name,
                          const char *text)
{
    char subject[1024];
    char stream[160];
    char id[CATGA_MESSAGE_ID_SIZE];
    const catga_header headers[] = {{"Nats-Msg-Id", id}};
    catga_outgoing message = {.subject = subject,
                              .data = (const uint8_t *)text,
                              .length = strlen(text),
                              .headers = headers,
                              .header_count = 1};
    catga_problem problem;
    catga_placed stored;

    catga_message_id_next(&f->bus->state->message_ids, id);
    snprintf(subject, sizeof subject, "$O.%s_%s.%s.%s", f->base.prefix, store, part, name);
    snprintf(stream, sizeof stream, "OBJ_%s_%s", f->base.prefix, store);
    message.stream = catga_stream_hash(catga_str(stream));
    assert_int_equal(catga_exchange_store(f->bus->state, &message,
                                          catga_clock_now() + 5 * CATGA_SECOND, &stored, &problem),
                     CATGA_OK);
}

/* Stores an info of the object "a" that begins with the members `json`. */
static void store_info(const fixture *f, const char *json)
{
    char text[1024];

    snprintf(text, sizeof text, "{%s\"name\":\"a\",\"bucket\":\"b\"}", json);
    store_message(f, "files", "M", "YQ==", text);
}

/* The digest of "12345". */
#define DIGEST "\"digest\":\"SHA-256=WZRHGrsBESr8wYFZ9sx0tPURuZgG2lmzyvWpwXPKz8U=\","

static void chunks_of_any_size_are_read(void **state)
{
    const fixture *f = *state;

    store_message(f, "files", "C", "upload", "12");
    store_message(f, "files", "C", "upload", "3");
    store_message(f, "files", "C", "upload", "45");
    store_info(f, "\"nuid\":\"upload\",\"size\":5,\"chunks\":3," DIGEST);
    assert_content(f->bus, "a", "12345");
}

static void assert_get(const fixture *f, catga_status status, const char *text)
{
    catga_problem problem;

    assert_int_equal(get_status(f->bus, "a", &problem), status);
    assert_string_equal(problem.text, text);
}

static void damaged_objects_are_refused(void **state)
{
    const fixture *f = *state;

    store_message(f, "files", "C", "upload", "12345");
    store_info(f, "\"nuid\":\"upload\",\"size\":7,\"chunks\":2," DIGEST);
    assert_get(f, CATGA_INCOMPLETE, "1 of 2 chunks are missing at the server");
    store_info(f, "\"nuid\":\"absent\",\"size\":7,\"chunks\":2," DIGEST);
    assert_get(f, CATGA_INCOMPLETE, "2 of 2 chunks are missing at the server");
    store_info(f, "\"nuid\":\"upload\",\"size\":4,\"chunks\":1," DIGEST);
    assert_get(f, CATGA_CORRUPT, "the content has at least 5 bytes, the info says 4");
    store_info(f, "\"nuid\":\"upload\",\"size\":6,\"chunks\":1," DIGEST);
    assert_get(f, CATGA_CORRUPT, "the content has 5 bytes, the info says 6");
    store_info(f, "\"nuid\":\"upload\",\"size\":5,\"chunks\":1,"
                  "\"digest\":\"SHA-256=AZRHGrsBESr8wYFZ9sx0tPURuZgG2lmzyvWpwXPKz8U=\",");
    assert_get(f, CATGA_CORRUPT, "the content does not have the digest of the info");
    store_info(f, "\"nuid\":\"upload\",\"size\":0,\"chunks\":0," DIGEST);
    assert_get(f, CATGA_CORRUPT, "the content does not have the digest of the info");
    store_info(f, "\"nuid\":\"upload\",\"size\":5,\"chunks\":1,\"digest\":\"MD5=abc\",");
    assert_get(f, CATGA_BAD_MESSAGE, "the info of the object: digest: not one of SHA-256");
    store_info(f, "\"nuid\":\"upload\",\"size\":5,\"chunks\":1," DIGEST);
    assert_content(f->bus, "a", "12345");
}

static void downloads_that_fail_leave_no_file(void **state)
{
    const fixture *f = *state;
    char folder[64];
    char path[96];
    catga_problem problem;

    make_folder(folder, path);
    store_message(f, "files", "C", "upload", "12345");
    store_info(f, "\"nuid\":\"upload\",\"size\":5,\"chunks\":1,"
                  "\"digest\":\"SHA-256=AZRHGrsBESr8wYFZ9sx0tPURuZgG2lmzyvWpwXPKz8U=\",");
    assert_int_equal(catga_object_get_file(f->bus, &files, CATGA_STR("a"), path, NULL, &problem),
                     CATGA_CORRUPT);
    assert_int_equal(entries_of(folder), 0);
    store_info(f, "\"nuid\":\"upload\",\"size\":7,\"chunks\":2," DIGEST);
    assert_int_equal(catga_object_get_file(f->bus, &files, CATGA_STR("a"), path, NULL, &problem),
                     CATGA_INCOMPLETE);
    assert_int_equal(entries_of(folder), 0);
    remove_folder(folder, path);
}

static void infos_that_are_no_json_are_left_out(void **state)
{
    const fixture *f = *state;
    catga_object_info info;
    catga_problem problem;

    assert_int_equal(put_text(f->bus, "b", "text"), CATGA_OK);
    store_message(f, "files", "M", "YQ==", "{\"name\":");
    assert_int_equal(get_status(f->bus, "a", &problem), CATGA_BAD_MESSAGE);
    assert_int_equal(catga_object_info_get(f->bus, &files, CATGA_STR("a"), &info, &problem),
                     CATGA_BAD_MESSAGE);
    assert_list(f->bus, "b ");
    assert_int_equal(catga_objects_gc(f->bus, &files, 0, NULL, &problem), CATGA_BAD_MESSAGE);
    assert_int_equal(put_text(f->bus, "a", "good"), CATGA_OK);
    assert_content(f->bus, "a", "good");
}

static void links_are_followed_once(void **state)
{
    const fixture *f = *state;
    char json[256];
    catga_problem problem;

    assert_int_equal(catga_objects_ensure(f->bus, &other, &problem), CATGA_OK);
    assert_int_equal(catga_object_put(f->bus, &other, &(catga_object){.name = CATGA_STR("t")},
                                      TEXT("linked"), NULL, &problem),
                     CATGA_OK);
    snprintf(json, sizeof json, "\"options\":{\"link\":{\"bucket\":\"%s_other\",\"name\":\"t\"}},",
             f->base.prefix);
    store_info(f, json);
    assert_content(f->bus, "a", "linked");
    snprintf(json, sizeof json, "\"options\":{\"link\":{\"bucket\":\"%s_other\",\"name\":\"u\"}},",
             f->base.prefix);
    store_info(f, json);
    assert_get(f, CATGA_NOT_FOUND, "there is no object 'u'");
    snprintf(json, sizeof json, "\"options\":{\"link\":{\"bucket\":\"%s_files\",\"name\":\"a\"}},",
             f->base.prefix);
    store_info(f, json);
    assert_get(f, CATGA_NOT_FOUND, "the object is a link to another link");
    store_info(f, "\"options\":{\"link\":{\"bucket\":\"shop\"}},");
    assert_get(f, CATGA_NOT_FOUND, "the object is a link to the store 'shop', not to an object");
    store_info(f, "\"options\":{\"link\":{\"bucket\":\"absent\",\"name\":\"a\"}},");
    assert_int_equal(get_status(f->bus, "a", &problem), CATGA_NO_RESPONDERS);
}

/* An info of another client may name as its upload what is a pattern, or no subject at all. */
static void uploads_that_are_no_tokens_purge_nothing(void **state)
{
    static const char *const uploads[] = {">", "*", "*.*", "x y", "\\\""};
    const fixture *f = *state;
    char json[256];
    catga_problem problem;

    assert_int_equal(put_text(f->bus, "kept", "text"), CATGA_OK);
    for (size_t i = 0; i < sizeof uploads / sizeof *uploads; i++) {
        snprintf(json, sizeof json, "\"deleted\":true,\"nuid\":\"%s\",", uploads[i]);
        store_info(f, json);
        assert_int_equal(put_text(f->bus, "a", "new"), CATGA_OK);
        assert_content(f->bus, "kept", "text");
        snprintf(json, sizeof json,
                 "\"options\":{\"link\":{\"bucket\":\"b\",\"name\":\"t\"}},\"nuid\":\"%s\",",
                 uploads[i]);
        store_info(f, json);
        assert_int_equal(put_text(f->bus, "a", "new"), CATGA_OK);
        assert_content(f->bus, "kept", "text");
        store_info(f, json);
        assert_int_equal(catga_object_delete(f->bus, &files, CATGA_STR("a"), &problem), CATGA_OK);
        assert_content(f->bus, "kept", "text");
    }
}

/* ---- Watching ---- */

typedef struct watched {
    pthread_mutex_t lock;
    char text[1024];
    bool is_slow;
} watched;

static void note_change(const catga_object_info *info, void *user)
{
    watched *w = user;

    if (w->is_slow)
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    pthread_mutex_lock(&w->lock);
    size_t length = strlen(w->text);
    if (info == NULL)
        snprintf(w->text + length, sizeof w->text - length, "| ");
    else
        snprintf(w->text + length, sizeof w->text - length, "%s%.*s ", info->deleted ? "-" : "",
                 CATGA_PRINT(info->name));
    pthread_mutex_unlock(&w->lock);
}

static bool has_seen(watched *w, const char *text)
{
    pthread_mutex_lock(&w->lock);
    bool is_equal = strcmp(w->text, text) == 0;
    pthread_mutex_unlock(&w->lock);
    return is_equal;
}

static void watches_see_each_change(void **state)
{
    const fixture *f = *state;
    watched all = {.lock = PTHREAD_MUTEX_INITIALIZER};
    watched new = {.lock = PTHREAD_MUTEX_INITIALIZER};
    catga_object_watch *watch_all;
    catga_object_watch *watch_new;
    catga_problem problem;

    assert_int_equal(put_text(f->bus, "a", "1"), CATGA_OK);
    assert_int_equal(put_text(f->bus, "b", "1"), CATGA_OK);
    assert_int_equal(catga_object_delete(f->bus, &files, CATGA_STR("a"), &problem), CATGA_OK);
    assert_int_equal(
        catga_object_watch_open(&watch_all, f->bus, &files, false, note_change, &all, &problem),
        CATGA_OK);
    assert_int_equal(
        catga_object_watch_open(&watch_new, f->bus, &files, true, note_change, &new, &problem),
        CATGA_OK);
    wait_until(has_seen(&all, "b -a | ") && has_seen(&new, "| "));
    assert_int_equal(put_text(f->bus, "a", "2"), CATGA_OK);
    assert_int_equal(put_text(f->bus, "c", "2"), CATGA_OK);
    assert_int_equal(catga_object_delete(f->bus, &files, CATGA_STR("b"), &problem), CATGA_OK);
    wait_until(has_seen(&all, "b -a | a c -b ") && has_seen(&new, "| a c -b "));
    catga_object_watch_close(watch_all);
    catga_object_watch_close(watch_new);
    catga_object_watch_close(NULL);
}

typedef struct revisions {
    _Atomic uint64_t last[50]; /* of each object */
} revisions;

static void note_revision(const catga_object_info *info, void *user)
{
    revisions *r = user;

    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    if (info == NULL)
        return;
    atomic_store(&r->last[strtoul(info->name.data, NULL, 10) % 50], info->revision);
}

/* Puts, replacements and deletions do not make a watch miss objects that it has not received yet:
 * nats-server before 2.9.12 lets readers skip messages after a rollup or a purge of their subjects.
 */
static void slow_watches_miss_nothing(void **state)
{
    const fixture *f = *state;
    revisions r = {.last = {0}};
    uint64_t last[50];
    catga_object_watch *watch;
    catga_problem problem;
    char name[8];

    for (int i = 0; i < 50; i++) {
        snprintf(name, sizeof name, "%d", i);
        assert_int_equal(put_text(f->bus, name, "1"), CATGA_OK);
    }
    assert_int_equal(
        catga_object_watch_open(&watch, f->bus, &files, false, note_revision, &r, &problem),
        CATGA_OK);
    for (int i = 49; i >= 0; i--) {
        catga_object_info info;
        snprintf(name, sizeof name, "%d", i);
        assert_int_equal(catga_object_put(f->bus, &files, &(catga_object){.name = catga_str(name)},
                                          TEXT("2"), &info, &problem),
                         CATGA_OK);
        last[i] = info.revision;
        catga_object_info_free(&info);
    }
    for (int i = 0; i < 50; i++)
        wait_until(atomic_load(&r.last[i]) == last[i]);
    catga_object_watch_close(watch);
}

/* ---- Stores ---- */

static void absent_stores_are_named(void **state)
{
    static const catga_object_store absent = {.name = "absent"};
    static const catga_object_store existing = {.name = "absent", .existing = true};
    const fixture *f = *state;
    catga_object_info info;
    catga_stream_state found;
    catga_object_watch *watch;
    catga_problem problem;
    const catga_object object = {.name = CATGA_STR("a")};

    assert_int_equal(catga_objects_ensure(f->bus, &existing, &problem), CATGA_NO_RESPONDERS);
    assert_string_equal(problem.text, "there is no object store 'absent'");
    assert_int_equal(catga_objects_state(f->bus, &absent, &found, &problem), CATGA_NO_RESPONDERS);
    assert_int_equal(catga_object_put(f->bus, &absent, &object, TEXT("a"), NULL, &problem),
                     CATGA_NO_RESPONDERS);
    assert_int_equal(catga_object_info_get(f->bus, &absent, object.name, &info, &problem),
                     CATGA_NO_RESPONDERS);
    assert_int_equal(catga_object_delete(f->bus, &absent, object.name, &problem),
                     CATGA_NO_RESPONDERS);
    assert_int_equal(catga_object_list(f->bus, &absent, note_name, NULL, &problem),
                     CATGA_NO_RESPONDERS);
    assert_int_equal(
        catga_object_watch_open(&watch, f->bus, &absent, false, note_change, NULL, &problem),
        CATGA_NO_RESPONDERS);
    assert_null(watch);
    assert_int_equal(catga_objects_seal(f->bus, &absent, &problem), CATGA_NO_RESPONDERS);
    assert_int_equal(catga_objects_remove(f->bus, &absent, &problem), CATGA_NO_RESPONDERS);
    assert_int_equal(catga_objects_gc(f->bus, &absent, 0, NULL, &problem), CATGA_NO_RESPONDERS);
}

static void other_settings_are_reported(void **state)
{
    catga_object_store changed = files;
    const fixture *f = *state;
    catga_problem problem;

    assert_int_equal(catga_objects_ensure(f->bus, &files, &problem), CATGA_OK);
    changed.max_bytes = 5000;
    assert_int_equal(catga_objects_ensure(f->bus, &changed, &problem), CATGA_DRIFTED);
    assert_non_null(strstr(problem.text, "max_bytes"));
    changed = files;
    changed.max_age_ms = 60000;
    assert_int_equal(catga_objects_ensure(f->bus, &changed, &problem), CATGA_DRIFTED);
    assert_non_null(strstr(problem.text, "max_age"));
    changed.existing = true;
    assert_int_equal(catga_objects_ensure(f->bus, &changed, &problem), CATGA_OK);
}

static void full_stores_keep_the_old_object(void **state)
{
    static const catga_object_store small = {
        .name = "small", .prefixed = true, .max_bytes = 20000, .in_memory = true};
    const fixture *f = *state;
    uint8_t *content = content_of(30000, 1);
    catga_object object = {.name = CATGA_STR("a"), .chunk_bytes = 1000};
    char copy[16];
    catga_problem problem;

    assert_int_equal(catga_objects_ensure(f->bus, &small, &problem), CATGA_OK);
    assert_int_equal(catga_object_put(f->bus, &small, &object, TEXT("old"), NULL, &problem),
                     CATGA_OK);
    assert_int_equal(
        catga_object_put(f->bus, &small, &object, (catga_bytes){content, 30000}, NULL, &problem),
        CATGA_OVERLOADED);
    assert_int_equal(
        catga_object_get(f->bus, &small, object.name, copy, sizeof copy, NULL, &problem), CATGA_OK);
    assert_memory_equal(copy, "old", 3);
    assert_int_equal(
        catga_object_put(f->bus, &small, &object, (catga_bytes){content, 9000}, NULL, &problem),
        CATGA_OK);
    free(content);
}

static void sealed_stores_are_read_only(void **state)
{
    const fixture *f = *state;
    catga_problem problem;

    assert_int_equal(put_text(f->bus, "a", "text"), CATGA_OK);
    assert_int_equal(catga_objects_seal(f->bus, &files, &problem), CATGA_OK);
    assert_int_equal(put_text(f->bus, "b", "text"), CATGA_REFUSED);
    assert_int_equal(catga_object_delete(f->bus, &files, CATGA_STR("a"), &problem), CATGA_REFUSED);
    assert_content(f->bus, "a", "text");
    assert_list(f->bus, "a ");
    assert_int_equal(catga_objects_remove(f->bus, &files, &problem), CATGA_OK);
    assert_int_equal(get_status(f->bus, "a", &problem), CATGA_NO_RESPONDERS);
}

static void lost_chunks_are_collected(void **state)
{
    const fixture *f = *state;
    uint64_t removed;
    catga_problem problem;

    assert_int_equal(put_text(f->bus, "b", "kept"), CATGA_OK);
    store_message(f, "files", "C", "lost", "1");
    store_message(f, "files", "C", "lost", "2");
    store_info(f, "\"nuid\":\"upload\",\"size\":5,\"chunks\":1," DIGEST);
    store_info(f, "\"nuid\":\"upload\",\"size\":5,\"chunks\":1," DIGEST);
    assert_int_equal(messages_in(f->bus), 6);
    assert_int_equal(catga_objects_gc(f->bus, &files, CATGA_OBJECT_GC_AGE_MS, &removed, &problem),
                     CATGA_OK);
    assert_int_equal(removed, 0);
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    assert_int_equal(catga_objects_gc(f->bus, &files, 0, &removed, &problem), CATGA_OK);
    assert_int_equal(removed, 2);
    assert_int_equal(messages_in(f->bus), 3);
    assert_content(f->bus, "b", "kept");
}

static void wrong_arguments_are_refused(void **state)
{
    const fixture *f = *state;
    const catga_object_pair twice[] = {{CATGA_STR("A"), CATGA_STR("1")},
                                       {CATGA_STR("B"), CATGA_STR("2")},
                                       {CATGA_STR("A"), CATGA_STR("3")}};
    const struct {
        catga_object_store store;
        catga_object object;
        const char *problem;
    } wrong[] = {
        {{.name = NULL}, {.name = CATGA_STR("a")}, "the name of an object store is 1 to 200"},
        {{.name = "a.b"}, {.name = CATGA_STR("a")}, "not 'a.b'"},
        {{.name = "a", .wait_ms = -1}, {.name = CATGA_STR("a")}, "wait_ms"},
        {{.name = "a"}, {.name = CATGA_STR("")}, "1 to 384 bytes of UTF-8, not 0 bytes"},
        {{.name = "a"}, {.name = CATGA_STR("\xff")}, "not 1 bytes that are not UTF-8"},
        {{.name = "a"},
         {.name = CATGA_STR("a"), .description = CATGA_STR("\xff")},
         "description: not UTF-8"},
        {{.name = "a"},
         {.name = CATGA_STR("a"), .metadata = twice, .metadata_count = 3},
         "metadata[2]: the name 'A' repeats"},
        {{.name = "a"},
         {.name = CATGA_STR("a"), .headers = twice, .header_count = 3},
         "headers[2]: the name 'A' repeats, but not at once"},
        {{.name = "a"},
         {.name = CATGA_STR("a"), .headers = twice, .header_count = 257},
         "headers: 257 pairs, at most 256"},
    };
    catga_problem problem;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(
            catga_object_put(f->bus, &wrong[i].store, &wrong[i].object, TEXT("x"), NULL, &problem),
            CATGA_INVALID_ARGUMENT);
        assert_non_null(strstr(problem.text, wrong[i].problem));
    }
    assert_int_equal(put_text(f->bus, "", "x"), CATGA_INVALID_ARGUMENT);
}

/* ---- Several writers ---- */

typedef struct writer {
    const fixture *f;
    char content[3001];
    pthread_t thread;
} writer;

static void *write_often(void *argument)
{
    writer *w = argument;
    const catga_object object = {.name = CATGA_STR("a"), .chunk_bytes = 1000};
    catga_problem problem;

    for (int i = 0; i < 20; i++) {
        catga_status status =
            catga_object_put(w->f->bus, &files, &object, TEXT(w->content), NULL, &problem);
        if (status != CATGA_OK && status != CATGA_CONFLICT)
            return w;
    }
    return NULL;
}

/* Each object that is read is that of one writer. No chunk is left at the end. */
static void writers_of_one_name_do_not_mix(void **state)
{
    const fixture *f = *state;
    writer writers[4];
    void *failed;

    for (int i = 0; i < 4; i++) {
        writers[i].f = f;
        memset(writers[i].content, 'a' + i, 3000);
        writers[i].content[3000] = '\0';
        pthread_create(&writers[i].thread, NULL, write_often, &writers[i]);
    }
    for (int i = 0; i < 100; i++) {
        char copy[3000];
        catga_problem problem;
        catga_status status =
            catga_object_get(f->bus, &files, CATGA_STR("a"), copy, sizeof copy, NULL, &problem);
        if (status != CATGA_OK && status != CATGA_NOT_FOUND && status != CATGA_INCOMPLETE)
            fail_msg("%s: %s", catga_status_name(status), problem.text);
        for (size_t j = 1; status == CATGA_OK && j < sizeof copy; j++)
            assert_int_equal(copy[j], copy[0]);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(writers[i].thread, &failed);
        assert_null(failed);
    }
    assert_int_equal(messages_in(f->bus), 4);
}

/* ---- Without a connection ---- */

static void *connect_soon(void *argument)
{
    const fixture *f = argument;

    nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
    catga_local_set_connected(f->base.broker, true);
    return NULL;
}

static catga_status ensure_files(fixture *f)
{
    return catga_objects_ensure(f->bus, &files, NULL);
}

static catga_status put_a(fixture *f)
{
    return put_text(f->bus, "a", "content");
}

static catga_status get_a(fixture *f)
{
    return get_status(f->bus, "a", NULL);
}

static bool go_on(const catga_object_info *info, void *user)
{
    (void)info;
    (void)user;
    return true;
}

static catga_status list_files(fixture *f)
{
    return catga_object_list(f->bus, &files, go_on, NULL, NULL);
}

static void see_nothing(const catga_object_info *info, void *user)
{
    (void)info;
    (void)user;
}

static catga_status watch_files(fixture *f)
{
    catga_object_watch *watch;

    catga_status status =
        catga_object_watch_open(&watch, f->bus, &files, false, see_nothing, NULL, NULL);

    catga_object_watch_close(watch);
    return status;
}

static void operations_wait_for_the_server(void **state)
{
    static catga_status (*const operations[])(fixture *) = {ensure_files, put_a, get_a, list_files,
                                                            watch_files};
    fixture *f = *state;
    pthread_t thread;

    if (f->base.broker == NULL)
        skip(); /* a real server is restarted in objects_killed.c */
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        catga_local_set_connected(f->base.broker, false);
        assert_int_equal(pthread_create(&thread, NULL, connect_soon, f), 0);
        catga_status status = operations[i](f);
        pthread_join(thread, NULL);
        assert_int_equal(status, CATGA_OK);
    }
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, open_store, fixture_clear)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(content_of_any_size_returns),
        CASE(chunks_have_a_limit),
        CASE(any_name_is_possible),
        CASE(descriptions_are_kept),
        CASE(a_put_replaces),
        CASE(revisions_are_compared),
        CASE(functions_give_and_take_content),
        CASE(content_that_cannot_be_read_is_not_stored),
        CASE(files_are_put_and_got),
        CASE(memory_may_be_too_small),
        CASE(lists_show_objects_in_order),
        CASE(deleted_objects_are_absent),
        CASE(updates_change_the_info),
        CASE(a_rename_leaves_later_objects),
        CASE(chunks_of_any_size_are_read),
        CASE(damaged_objects_are_refused),
        CASE(downloads_that_fail_leave_no_file),
        CASE(infos_that_are_no_json_are_left_out),
        CASE(links_are_followed_once),
        CASE(uploads_that_are_no_tokens_purge_nothing),
        CASE(watches_see_each_change),
        CASE(slow_watches_miss_nothing),
        CASE(absent_stores_are_named),
        CASE(other_settings_are_reported),
        CASE(full_stores_keep_the_old_object),
        CASE(sealed_stores_are_read_only),
        CASE(lost_chunks_are_collected),
        CASE(wrong_arguments_are_refused),
        CASE(writers_of_one_name_do_not_mix),
        CASE(operations_wait_for_the_server),
    };

    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
