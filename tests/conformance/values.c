/*
 * Buckets of a schema, whose values have types: values local | nats (at $NATS_URL, with JetStream).
 * A foreign program writes with the functions of bytes, which check nothing.
 */
#include "fixture.h"
#include "values.catga.h"

#include <ctype.h>
#include <pthread.h>
#include <stdatomic.h>

enum { WAIT_MS = 60000, TEXT = 512 };

typedef struct walked {
    char text[TEXT];
} walked;

typedef struct watched {
    walked seen;
    atomic_uint count; /* of entries, and of the end of the present ones */
} watched;

typedef struct fixture {
    fixture_base base;
    catga_bus *bus;
    char logged[8192]; /* lines of the log */
    pthread_mutex_t logging;
    watched followed;
    watched told;
    watched noted;
    atomic_uint asked;
    catga_status served;  /* by a function of a watch */
    catga_status stopped; /* the same */
} fixture;

/* Called by several threads. */
static void take_log(void *user, catga_log_level level, const char *text)
{
    fixture *f = user;

    pthread_mutex_lock(&f->logging);
    size_t length = strlen(f->logged);
    if (level <= CATGA_LOG_WARNING && length + strlen(text) + 2 < sizeof f->logged)
        snprintf(f->logged + length, sizeof f->logged - length, "%s\n", text);
    pthread_mutex_unlock(&f->logging);
}

static int set_up(void **state)
{
    fixture *f = fixture_new(sizeof *f, "values");

    pthread_mutex_init(&f->logging, NULL);
    f->bus = fixture_join(&f->base,
                          (catga_options){.log = take_log, .log_user = f, .drain_wait_ms = 2000});
    *state = f;
    return 0;
}

/* The case may have created any of the buckets. */
static int tear_down(void **state)
{
    fixture *f = *state;
    const catga_values *const all[] = {&test_values_binary_values, &test_values_json_values,
                                       &test_values_texts_values, &test_values_blobs_values,
                                       &test_values_other_values};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_true(catga_bucket_remove(f->bus, &all[i]->bucket) != CATGA_REFUSED);
    return fixture_clear(state);
}

static catga_bytes bytes_of(const char *text)
{
    return (catga_bytes){(const uint8_t *)text, strlen(text)};
}

/* Writes as a program does that does not know the schema. */
static uint64_t put_foreign(const fixture *f, const catga_values *values, const char *key,
                            const char *text)
{
    uint64_t revision = 0;

    assert_int_equal(
        catga_bucket_put(f->bus, &values->bucket, catga_str(key), bytes_of(text), &revision),
        CATGA_OK);
    return revision;
}

static void put(const fixture *f, const char *key, uint32_t limit)
{
    const test_values_setting value =
        TEST_VALUES_SETTING(.enabled = true, .limit = limit, .note = CATGA_STR("note"));

    assert_int_equal(test_values_binary_put(f->bus, catga_str(key), &value, NULL), CATGA_OK);
}

/* ---- Tables ---- */

static void tables_are_put_and_got(void **state)
{
    const fixture *f = *state;
    const test_values_setting first = TEST_VALUES_SETTING(.enabled = true);
    const test_values_setting second = TEST_VALUES_SETTING(.limit = 7, .note = CATGA_STR("second"));
    test_values_binary_entry entry;
    uint64_t revision;

    assert_int_equal(test_values_binary_ensure(f->bus), CATGA_OK);
    assert_int_equal(test_values_binary_get(f->bus, CATGA_STR("a"), &entry), CATGA_NOT_FOUND);
    test_values_binary_entry_free(&entry);
    assert_int_equal(test_values_binary_create(f->bus, CATGA_STR("a"), &first, &revision),
                     CATGA_OK);
    assert_int_equal(revision, 1);
    assert_int_equal(test_values_binary_create(f->bus, CATGA_STR("a"), &second, NULL),
                     CATGA_CONFLICT);
    assert_int_equal(test_values_binary_update(f->bus, CATGA_STR("a"), &second, 1, &revision),
                     CATGA_OK);
    assert_int_equal(test_values_binary_update(f->bus, CATGA_STR("a"), &second, 1, NULL),
                     CATGA_CONFLICT);
    assert_int_equal(test_values_binary_get(f->bus, CATGA_STR("a"), &entry), CATGA_OK);
    assert_int_equal(entry.key.length, 1);
    assert_memory_equal(entry.key.data, "a", 1);
    assert_int_equal(entry.revision, revision);
    assert_int_equal(entry.change, CATGA_BUCKET_PUT);
    assert_int_equal(entry.status, CATGA_OK);
    assert_true(entry.time_ns > 0);
    assert_false(test_values_setting_get_enabled(entry.value));
    assert_int_equal(test_values_setting_get_limit(entry.value), 7);
    assert_int_equal(test_values_setting_get_note(entry.value).length, strlen("second"));
    test_values_binary_entry_free(&entry);
    test_values_binary_entry_free(&entry);
    assert_int_equal(test_values_binary_get_revision(f->bus, CATGA_STR("a"), 1, &entry), CATGA_OK);
    assert_true(test_values_setting_get_enabled(entry.value));
    assert_int_equal(test_values_setting_get_limit(entry.value), 10);
    test_values_binary_entry_free(&entry);
}

static void markers_have_defaults(void **state)
{
    const fixture *f = *state;
    test_values_binary_entry entry;
    uint64_t deleted;

    put(f, "a", 5);
    assert_int_equal(test_values_binary_delete_revision(f->bus, CATGA_STR("a"), 7, NULL),
                     CATGA_CONFLICT);
    assert_int_equal(test_values_binary_delete_revision(f->bus, CATGA_STR("a"), 1, &deleted),
                     CATGA_OK);
    assert_int_equal(test_values_binary_get(f->bus, CATGA_STR("a"), &entry), CATGA_NOT_FOUND);
    assert_int_equal(test_values_setting_get_limit(entry.value), 10);
    test_values_binary_entry_free(&entry);
    assert_int_equal(test_values_binary_get_revision(f->bus, CATGA_STR("a"), deleted, &entry),
                     CATGA_OK);
    assert_int_equal(entry.change, CATGA_BUCKET_DELETED);
    assert_int_equal(test_values_setting_get_limit(entry.value), 10);
    test_values_binary_entry_free(&entry);
    put(f, "a", 6);
    assert_int_equal(test_values_binary_delete(f->bus, CATGA_STR("a"), NULL), CATGA_OK);
    assert_int_equal(test_values_binary_purge(f->bus, CATGA_STR("a"), NULL), CATGA_OK);
    assert_int_equal(test_values_binary_get(f->bus, CATGA_STR("a"), &entry), CATGA_NOT_FOUND);
}

static void json_is_stored_and_read(void **state)
{
    const fixture *f = *state;

    const test_values_setting value =
        TEST_VALUES_SETTING(.enabled = true, .note = CATGA_STR("a \"b\""));
    test_values_json_entry entry;
    catga_bucket_entry stored;

    assert_int_equal(test_values_json_put(f->bus, CATGA_STR("a"), &value, NULL), CATGA_OK);
    assert_int_equal(
        catga_bucket_get(f->bus, &test_values_json_values.bucket, CATGA_STR("a"), &stored),
        CATGA_OK);
    static const char text[] = "{\"enabled\":true,\"limit\":10,\"note\":\"a \\\"b\\\"\"}";
    assert_int_equal(stored.value.length, strlen(text));
    assert_memory_equal(stored.value.data, text, strlen(text));
    catga_bucket_entry_free(&stored);

    put_foreign(f, &test_values_json_values, "b", "{\"limit\": 12, \"unknown\": [1]}");
    assert_int_equal(test_values_json_get(f->bus, CATGA_STR("b"), &entry), CATGA_OK);
    assert_int_equal(test_values_setting_get_limit(entry.value), 12);
    test_values_json_entry_free(&entry);
    assert_int_equal(test_values_json_get(f->bus, CATGA_STR("a"), &entry), CATGA_OK);
    assert_memory_equal(test_values_setting_get_note(entry.value).data, "a \"b\"", 5);
    test_values_json_entry_free(&entry);
}

static void large_values_return(void **state)
{
    enum { LARGE = 200000 };
    const fixture *f = *state;
    char *text = malloc(LARGE);
    test_values_texts_entry entry;

    assert_non_null(text);
    memset(text, 'x', LARGE);
    const catga_string value = {text, LARGE};
    assert_int_equal(test_values_texts_put(f->bus, CATGA_STR("a"), value, NULL), CATGA_OK);
    assert_int_equal(test_values_texts_get(f->bus, CATGA_STR("a"), &entry), CATGA_OK);
    assert_int_equal(entry.value.length, LARGE);
    assert_memory_equal(entry.value.data, text, LARGE);
    test_values_texts_entry_free(&entry);
    free(text);
}

/* ---- Strings and bytes ---- */

static void strings_and_bytes_return(void **state)
{
    const fixture *f = *state;
    const uint8_t zeros[3] = {0};
    const catga_bytes blob = {zeros, sizeof zeros};
    test_values_texts_entry text;
    test_values_blobs_entry bytes;

    assert_int_equal(test_values_texts_put(f->bus, CATGA_STR("a"), CATGA_STR("one"), NULL),
                     CATGA_OK);
    assert_int_equal(test_values_texts_get(f->bus, CATGA_STR("a"), &text), CATGA_OK);
    assert_int_equal(text.value.length, 3);
    assert_memory_equal(text.value.data, "one", 3);
    test_values_texts_entry_free(&text);
    assert_int_equal(test_values_texts_update(f->bus, CATGA_STR("a"), CATGA_STR(""), 1, NULL),
                     CATGA_OK);
    assert_int_equal(test_values_texts_get(f->bus, CATGA_STR("a"), &text), CATGA_OK);
    assert_int_equal(text.value.length, 0);
    test_values_texts_entry_free(&text);

    assert_int_equal(test_values_blobs_create(f->bus, CATGA_STR("z"), blob, NULL), CATGA_OK);
    assert_int_equal(test_values_blobs_get(f->bus, CATGA_STR("z"), &bytes), CATGA_OK);
    assert_int_equal(bytes.value.length, 3);
    assert_memory_equal(bytes.value.data, zeros, 3);
    test_values_blobs_entry_free(&bytes);
}

/* ---- Rules ---- */

static void values_that_break_a_rule_are_not_stored(void **state)
{
    const fixture *f = *state;
    const test_values_setting value = TEST_VALUES_SETTING(.limit = 0);
    const catga_string no_utf8 = {"a\xff", 2};
    test_values_binary_entry entry;
    test_values_texts_entry text;

    assert_int_equal(test_values_binary_put(f->bus, CATGA_STR("a"), &value, NULL),
                     CATGA_INVALID_MESSAGE);
    assert_non_null(strstr(f->logged, "cannot put \"a\" in bucket TEST_VALUES_V1_Binary"));
    assert_non_null(strstr(f->logged, "limit"));
    assert_int_equal(test_values_json_create(f->bus, CATGA_STR("a"), &value, NULL),
                     CATGA_INVALID_MESSAGE);
    assert_int_equal(test_values_binary_update(f->bus, CATGA_STR("a"), &value, 0, NULL),
                     CATGA_INVALID_MESSAGE);
    assert_int_equal(test_values_binary_get(f->bus, CATGA_STR("a"), &entry), CATGA_NOT_FOUND);
    assert_int_equal(test_values_texts_put(f->bus, CATGA_STR("a"), no_utf8, NULL),
                     CATGA_INVALID_MESSAGE);
    assert_non_null(strstr(f->logged, "not UTF-8"));
    assert_int_equal(test_values_texts_get(f->bus, CATGA_STR("a"), &text), CATGA_NOT_FOUND);
}

static void invalid_keys_are_named(void **state)
{
    const fixture *f = *state;
    test_values_texts_entry entry;

    assert_int_equal(test_values_texts_put(f->bus, CATGA_STR("a..b"), CATGA_STR("x"), NULL),
                     CATGA_INVALID_ARGUMENT);
    assert_int_equal(test_values_texts_get(f->bus, CATGA_STR("*"), &entry), CATGA_INVALID_ARGUMENT);
    test_values_texts_entry_free(&entry);
    assert_non_null(strstr(f->logged, "a..b"));
}

/* ---- Values of other programs ---- */

static void expect_bad_table(const fixture *f, const char *key, uint64_t revision, const char *text)
{
    test_values_json_entry entry;

    assert_int_equal(test_values_json_get(f->bus, catga_str(key), &entry), CATGA_BAD_MESSAGE);
    assert_int_equal(entry.status, CATGA_BAD_MESSAGE);
    assert_int_equal(entry.revision, revision);
    assert_int_equal(entry.source.stored.value.length, strlen(text));
    assert_memory_equal(entry.source.stored.value.data, text, strlen(text));
    assert_true(entry.source.problem.text[0] != '\0');
    assert_int_equal(test_values_setting_get_limit(entry.value), 10);
    test_values_json_entry_free(&entry);
}

static void invalid_values_are_reported(void **state)
{
    static const char *const texts[] = {"",
                                        "{",
                                        "[]",
                                        "{\"limit\": 0}",
                                        "{\"limit\": \"x\"}",
                                        "{\"note\": \"longer than twenty bytes\"}"};
    const fixture *f = *state;
    const test_values_setting value = TEST_VALUES_SETTING(.limit = 3);
    test_values_binary_entry binary;
    test_values_texts_entry text;
    uint64_t revision = 0;

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        revision = put_foreign(f, &test_values_json_values, "a.b", texts[i]);
        expect_bad_table(f, "a.b", revision, texts[i]);
    }
    assert_non_null(strstr(f->logged, "\"a.b\" in bucket TEST_VALUES_V1_Json (revision=1)"));
    assert_int_equal(test_values_json_update(f->bus, CATGA_STR("a.b"), &value, revision, NULL),
                     CATGA_OK);

    revision = put_foreign(f, &test_values_binary_values, "a", "no FlatBuffers");
    assert_int_equal(test_values_binary_get(f->bus, CATGA_STR("a"), &binary), CATGA_BAD_MESSAGE);
    assert_int_equal(binary.revision, revision);
    test_values_binary_entry_free(&binary);
    assert_int_equal(test_values_binary_get_revision(f->bus, CATGA_STR("a"), revision, &binary),
                     CATGA_BAD_MESSAGE);
    test_values_binary_entry_free(&binary);

    put_foreign(f, &test_values_texts_values, "a", "\xc3\x28");
    assert_int_equal(test_values_texts_get(f->bus, CATGA_STR("a"), &text), CATGA_BAD_MESSAGE);
    assert_null(text.value.data);
    test_values_texts_entry_free(&text);
}

/* ---- Walks ---- */

static void add(walked *w, const char *format, ...) CATGA_PRINTF(2, 3);
static void add(walked *w, const char *format, ...)
{
    size_t length = strlen(w->text);
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(w->text + length, sizeof w->text - length, format, arguments);
    va_end(arguments);
}

static void add_entry(walked *w, const test_values_binary_entry *entry)
{
    add(w, "%.*s", CATGA_PRINT(entry->key));
    if (entry->status != CATGA_OK)
        add(w, "! ");
    else if (entry->change != CATGA_BUCKET_PUT)
        add(w, "- ");
    else
        add(w, "=%u ", test_values_setting_get_limit(entry->value));
}

static bool visit(const test_values_binary_entry *entry, void *user)
{
    add_entry(user, entry);
    return true;
}

static bool visit_one(const test_values_binary_entry *entry, void *user)
{
    add_entry(user, entry);
    return false;
}

static bool visit_key(const catga_bucket_entry *entry, void *user)
{
    add(user, "%.*s ", CATGA_PRINT(entry->key));
    return true;
}

static void history_has_markers_and_invalid_values(void **state)
{
    const fixture *f = *state;
    walked all = {""}, some = {""}, one = {""}, keys = {""};

    put(f, "a.x", 1);
    put(f, "b", 2);
    put_foreign(f, &test_values_binary_values, "a.x", "?");
    put(f, "a.x", 4);
    assert_int_equal(test_values_binary_delete(f->bus, CATGA_STR("b"), NULL), CATGA_OK);
    assert_int_equal(test_values_binary_history(f->bus, NULL, visit, &all), CATGA_OK);
    assert_string_equal(all.text, "a.x=1 b=2 a.x! a.x=4 b- ");
    assert_int_equal(test_values_binary_history(f->bus, "a.>", visit, &some), CATGA_OK);
    assert_string_equal(some.text, "a.x=1 a.x! a.x=4 ");
    assert_int_equal(test_values_binary_history(f->bus, NULL, visit_one, &one), CATGA_OK);
    assert_string_equal(one.text, "a.x=1 ");
    assert_int_equal(test_values_binary_keys(f->bus, NULL, visit_key, &keys), CATGA_OK);
    assert_string_equal(keys.text, "a.x ");
}

/* ---- Watchers ---- */

static void changed(const test_values_binary_entry *entry, void *user)
{
    watched *w = user;

    if (entry == NULL)
        add(&w->seen, "| ");
    else
        add_entry(&w->seen, entry);
    atomic_fetch_add(&w->count, 1);
}

static void await(const watched *w, unsigned count)
{
    for (int ms = 0; atomic_load(&w->count) < count && ms < WAIT_MS; ms++)
        usleep(1000);
    assert_int_equal(atomic_load(&w->count), count);
}

static void watchers_go_on_after_invalid_values(void **state)
{
    const fixture *f = *state;
    watched values = {.count = 0}, changes = {.count = 0};
    catga_bucket_watcher *first, *second;

    put(f, "a", 1);
    put_foreign(f, &test_values_binary_values, "b", "?");
    put(f, "a", 3);
    assert_int_equal(
        test_values_binary_watch(f->bus, NULL, CATGA_WATCH_VALUES, changed, &values, &first),
        CATGA_OK);
    await(&values, 3);
    assert_int_equal(
        test_values_binary_watch(f->bus, "a", CATGA_WATCH_CHANGES, changed, &changes, &second),
        CATGA_OK);
    await(&changes, 1);
    put_foreign(f, &test_values_binary_values, "a", "??");
    put(f, "b", 5);
    assert_int_equal(test_values_binary_delete(f->bus, CATGA_STR("a"), NULL), CATGA_OK);
    put(f, "a", 7);
    await(&values, 7);
    await(&changes, 4);
    assert_string_equal(values.seen.text, "b! a=3 | a! b=5 a- a=7 ");
    assert_string_equal(changes.seen.text, "| a! a- a=7 ");
    catga_bucket_unwatch(first);
    put(f, "a", 8);
    await(&changes, 5);
    assert_int_equal(atomic_load(&values.count), 7);
    catga_bucket_unwatch(second);
}

static void a_watcher_needs_a_function_and_a_pattern(void **state)
{
    const fixture *f = *state;
    watched w = {.count = 0};
    catga_bucket_watcher *watcher;

    assert_int_equal(
        test_values_binary_watch(f->bus, "a.", CATGA_WATCH_VALUES, changed, &w, &watcher),
        CATGA_INVALID_ARGUMENT);
    assert_null(watcher);
    assert_int_equal(test_values_binary_watch(f->bus, NULL, CATGA_WATCH_VALUES, NULL, &w, &watcher),
                     CATGA_INVALID_ARGUMENT);
    assert_null(watcher);
}

/* ---- Watches of services ---- */

static void my_followed(catga_bus *bus, const test_values_binary_entry *entry, void *user)
{
    fixture *f = user;

    assert_true(bus == f->bus);
    changed(entry, &f->followed);
}

static void add_text(watched *w, const test_values_texts_entry *entry)
{
    if (entry == NULL)
        add(&w->seen, "| ");
    else
        add(&w->seen, "%.*s=%.*s ", CATGA_PRINT(entry->key), CATGA_PRINT(entry->value));
    atomic_fetch_add(&w->count, 1);
}

static void my_told(catga_bus *bus, const test_values_texts_entry *entry, void *user)
{
    fixture *f = user;

    (void)bus;
    add_text(&f->told, entry);
}

static const test_values_follower follower = TEST_VALUES_FOLLOWER(my);

static void put_text(const fixture *f, const char *key, const char *text)
{
    assert_int_equal(test_values_texts_put(f->bus, catga_str(key), catga_str(text), NULL),
                     CATGA_OK);
}

static void services_get_entries_until_they_stop(void **state)
{
    fixture *f = *state;

    put(f, "a.x", 1);
    put(f, "b.x", 2);
    assert_int_equal(test_values_follower_serve(f->bus, &follower, f), CATGA_OK);
    await(&f->followed, 2);
    await(&f->told, 1);
    put(f, "a.y", 3);
    put_text(f, "b", "one");
    await(&f->followed, 3);
    await(&f->told, 2);
    assert_int_equal(test_values_follower_stop(f->bus), CATGA_OK);
    put(f, "a.z", 4);
    put_text(f, "b", "two");
    assert_string_equal(f->followed.seen.text, "a.x=1 | a.y=3 ");
    assert_string_equal(f->told.seen.text, "| b=one ");
    assert_int_equal(test_values_follower_stop(f->bus), CATGA_NOT_FOUND);

    assert_int_equal(test_values_follower_serve(f->bus, &follower, f), CATGA_OK);
    await(&f->told, 4);
    assert_string_equal(f->told.seen.text, "| b=one b=two | ");
    assert_int_equal(catga_drain(f->bus), CATGA_OK);
    assert_int_equal(test_values_follower_serve(f->bus, &follower, f), CATGA_DRAINING);
}

static catga_status my_asked(catga_context *context, test_values_asked_view event)
{
    fixture *f = catga_context_user(context);

    (void)event;
    atomic_fetch_add(&f->asked, 1);
    return CATGA_OK;
}

static void my_noted(catga_bus *bus, const test_values_texts_entry *entry, void *user)
{
    fixture *f = user;

    (void)bus;
    add_text(&f->noted, entry);
}

static void a_service_may_watch_and_handle(void **state)
{
    static const test_values_both both = TEST_VALUES_BOTH(my);
    fixture *f = *state;

    put_text(f, "a", "no");
    put_text(f, "b", "yes");
    assert_int_equal(test_values_both_serve(f->bus, &both, f), CATGA_OK);
    await(&f->noted, 2);
    assert_int_equal(test_values_asked_publish(f->bus, &(test_values_asked){.key = {"a", 1}}),
                     CATGA_OK);
    for (int ms = 0; atomic_load(&f->asked) == 0 && ms < WAIT_MS; ms++)
        usleep(1000);
    assert_int_equal(atomic_load(&f->asked), 1);
    assert_string_equal(f->noted.seen.text, "b=yes | ");
    assert_int_equal(test_values_both_stop(f->bus), CATGA_OK);
}

static void a_missing_function_is_named(void **state)
{
    static const test_values_follower incomplete = {.followed = my_followed};
    fixture *f = *state;

    assert_int_equal(test_values_follower_serve(f->bus, &incomplete, f), CATGA_INVALID_ARGUMENT);
    assert_non_null(strstr(f->logged, "handler told is NULL"));
    assert_int_equal(test_values_follower_stop(f->bus), CATGA_NOT_FOUND);
}

/* Waits in a watch, until the case lets it go on; then tries to serve and to stop. */
static void block(catga_bus *bus, const test_values_texts_entry *entry, void *user)
{
    fixture *f = user;

    if (entry == NULL)
        return;
    sem_post(&f->base.started);
    sem_wait(&f->base.may_end);
    f->served = test_values_follower_serve(bus, &follower, f);
    f->stopped = test_values_both_stop(bus);
    atomic_fetch_add(&f->noted.count, 1);
}

static void a_stop_waits_for_the_function_of_a_watch(void **state)
{
    static const test_values_both both = {.noted = block, .asked = my_asked};
    fixture *f = *state;

    put_text(f, "b", "one");
    assert_int_equal(test_values_both_serve(f->bus, &both, f), CATGA_OK);
    sem_wait(&f->base.started);
    put_text(f, "b", "two");
    assert_int_equal(test_values_both_stop(f->bus), CATGA_TIMEOUT);
    sem_post(&f->base.may_end);
    await(&f->noted, 1);
    assert_int_equal(test_values_both_stop(f->bus), CATGA_OK);
    assert_int_equal(f->served, CATGA_WOULD_DEADLOCK);
    assert_int_equal(f->stopped, CATGA_WOULD_DEADLOCK);
    assert_int_equal(atomic_load(&f->noted.count), 1);
}

static void hold(catga_bus *bus, const test_values_texts_entry *entry, void *user)
{
    fixture *f = user;

    (void)bus;
    if (entry == NULL)
        return;
    sem_post(&f->base.started);
    sem_wait(&f->base.may_end);
    atomic_fetch_add(&f->noted.count, 1);
}

static void a_drain_ends_in_time_while_a_watch_runs(void **state)
{
    static const test_values_both both = {.noted = hold, .asked = my_asked};
    fixture *f = *state;
    catga_bus *bus = fixture_join(&f->base, (catga_options){.drain_wait_ms = 500});

    put_text(f, "b", "one");
    assert_int_equal(test_values_both_serve(bus, &both, f), CATGA_OK);
    sem_wait(&f->base.started);
    assert_int_equal(catga_drain(bus), CATGA_TIMEOUT);
    sem_post(&f->base.may_end);
    await(&f->noted, 1);
}

/* A bucket with other settings refuses one watch; the other one ends. */
static void a_failed_serve_leaves_no_watch(void **state)
{
    fixture *f = *state;
    catga_bucket other = test_values_texts_values.bucket;

    other.history = 7;
    assert_int_equal(catga_bucket_ensure(f->bus, &other), CATGA_OK);
    assert_int_equal(test_values_follower_serve(f->bus, &follower, f), CATGA_DRIFTED);
    assert_int_equal(test_values_follower_stop(f->bus), CATGA_NOT_FOUND);
    unsigned count = atomic_load(&f->followed.count);
    put(f, "a.x", 1);
    usleep(50000);
    assert_int_equal(atomic_load(&f->followed.count), count);
}

/* ---- Buckets ---- */

static catga_status find_bucket(const fixture *f, const char *name)
{
    catga_stream_state found;

    return catga_bucket_get_state(f->bus, &(catga_bucket){.name = name}, &found);
}

static void names_have_the_prefix_of_the_bus(void **state)
{
    const fixture *f = *state;
    catga_stream_state found;
    char expected[TEXT];

    snprintf(expected, sizeof expected, "%s_TEST_VALUES_V1_Texts", f->base.prefix);
    for (size_t i = 0; i < strlen(f->base.prefix); i++)
        expected[i] = (char)toupper((unsigned char)expected[i]);
    assert_int_equal(find_bucket(f, expected), CATGA_NOT_FOUND);
    assert_int_equal(test_values_texts_ensure(f->bus), CATGA_OK);
    assert_int_equal(find_bucket(f, expected), CATGA_OK);
    assert_int_equal(test_values_other_ensure(f->bus), CATGA_OK);
    assert_int_equal(find_bucket(f, "TEST_VALUES_V1_Other"), CATGA_OK);
    assert_int_equal(test_values_texts_state(f->bus, &found), CATGA_OK);
    assert_int_equal(found.messages, 0);
    assert_int_equal(test_values_texts_remove(f->bus), CATGA_OK);
    assert_int_equal(test_values_texts_state(f->bus, &found), CATGA_NOT_FOUND);
}

static void values_have_the_declared_limit(void **state)
{
    const fixture *f = *state;
    static const uint8_t large[8192];

    assert_int_equal(
        test_values_blobs_put(f->bus, CATGA_STR("a"), (catga_bytes){large, sizeof large}, NULL),
        CATGA_TOO_LARGE);
    assert_int_equal(
        test_values_blobs_put(f->bus, CATGA_STR("a"), (catga_bytes){large, 1024}, NULL), CATGA_OK);
}

int main(int argc, char **argv)
{
    fixture_choose(argc, argv);
    const struct CMUnitTest cases[] = {
#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
        CASE(tables_are_put_and_got),
        CASE(markers_have_defaults),
        CASE(json_is_stored_and_read),
        CASE(large_values_return),
        CASE(strings_and_bytes_return),
        CASE(values_that_break_a_rule_are_not_stored),
        CASE(invalid_keys_are_named),
        CASE(invalid_values_are_reported),
        CASE(history_has_markers_and_invalid_values),
        CASE(watchers_go_on_after_invalid_values),
        CASE(a_watcher_needs_a_function_and_a_pattern),
        CASE(services_get_entries_until_they_stop),
        CASE(a_service_may_watch_and_handle),
        CASE(a_missing_function_is_named),
        CASE(a_stop_waits_for_the_function_of_a_watch),
        CASE(a_drain_ends_in_time_while_a_watch_runs),
        CASE(a_failed_serve_leaves_no_watch),
        CASE(names_have_the_prefix_of_the_bus),
        CASE(values_have_the_declared_limit),
    };

    return cmocka_run_group_tests_name("values", cases, NULL, NULL);
}
