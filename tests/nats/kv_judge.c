/*
 * Buckets, judged by kvStore of libnats: keys, values, history, deletions, purges, revisions and
 * watchers, in both directions.
 */
#include "sanitizer.h"

#include <catga/kv.h>

#include <nats/nats.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { WAIT_MS = 10000, TEXT = 4096 };

static const char *const keys[] = {"a", "a.b.c", "A-b_c/d=e", "=", "/", "0", "k/e.y=-_.z"};
enum { KEYS = sizeof keys / sizeof *keys };

static const catga_bytes values[] = {
    {(const uint8_t *)"", 0}, {(const uint8_t *)"text", 4}, {(const uint8_t *)"\0\r\n\xff", 4}};
enum { VALUES = sizeof values / sizeof *values };

typedef struct fixture {
    catga_bus *bus;
    natsConnection *connection;
    jsCtx *js;
    kvStore *theirs;
    char name[64];
    catga_bucket ours;
} fixture;

static void log_nothing(void *user, catga_log_level level, const char *text)
{
    (void)user;
    (void)level;
    (void)text;
}

static int set_up(void **state)
{
    static unsigned number;
    fixture *f = calloc(1, sizeof *f);

    assert_non_null(f);
    snprintf(f->name, sizeof f->name, "judged-%d-%u", (int)getpid(), number++);
    f->ours = (catga_bucket){.name = f->name, .history = 5, .max_age_ns = INT64_C(3600000000000)};
    assert_int_equal(catga_open(&f->bus, &(catga_options){.log = log_nothing}), CATGA_OK);
    assert_int_equal(natsConnection_ConnectTo(&f->connection, getenv("NATS_URL")), NATS_OK);
    assert_int_equal(natsConnection_JetStream(&f->js, f->connection, NULL), NATS_OK);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;

    kvStore_Destroy(f->theirs);
    jsCtx_Destroy(f->js);
    natsConnection_Destroy(f->connection);
    catga_close(f->bus);
    free(f);
    return 0;
}

/* ---- Both sides ---- */

static uint64_t put_ours(fixture *f, const char *key, catga_bytes value)
{
    uint64_t revision = 0;

    assert_int_equal(catga_bucket_put(f->bus, &f->ours, catga_str(key), value, &revision),
                     CATGA_OK);
    return revision;
}

static uint64_t put_theirs(fixture *f, const char *key, catga_bytes value)
{
    uint64_t revision = 0;

    assert_int_equal(kvStore_Put(&revision, f->theirs, key, value.data, (int)value.length),
                     NATS_OK);
    return revision;
}

static catga_bytes text(const char *of)
{
    return (catga_bytes){(const uint8_t *)of, strlen(of)};
}

/* Lets our side create the bucket, with the key "first". */
static void create_ours(fixture *f)
{
    put_ours(f, "first", text("1"));
    assert_int_equal(js_KeyValue(&f->theirs, f->js, f->name), NATS_OK);
}

/* Lets their side create it, with our settings. */
static void create_theirs(fixture *f)
{
    kvConfig config;

    kvConfig_Init(&config);
    config.Bucket = f->name;
    config.History = 5;
    config.TTL = f->ours.max_age_ns;
    assert_int_equal(js_CreateKeyValue(&f->theirs, f->js, &config), NATS_OK);
}

/* ---- Entries as text ---- */

static void add_entry(char *to, const char *key, uint64_t revision, char change, const void *bytes,
                      size_t count)
{
    size_t length = strlen(to);

    length += (size_t)snprintf(to + length, TEXT - length, "%s %llu %c", key,
                               (unsigned long long)revision, change);
    for (size_t i = 0; i < count; i++)
        length += (size_t)snprintf(to + length, TEXT - length, " %02x",
                                   ((const unsigned char *)bytes)[i]);
    snprintf(to + length, TEXT - length, "\n");
}

static void add_theirs(char *to, kvEntry *entry)
{
    static const char changes[] = {[kvOp_Put] = '=', [kvOp_Delete] = 'D', [kvOp_Purge] = 'P'};

    add_entry(to, kvEntry_Key(entry), kvEntry_Revision(entry), changes[kvEntry_Operation(entry)],
              kvEntry_Value(entry), (size_t)kvEntry_ValueLen(entry));
}

static void add_ours(char *to, const catga_bucket_entry *entry)
{
    static const char changes[] = {
        [CATGA_BUCKET_PUT] = '=', [CATGA_BUCKET_DELETED] = 'D', [CATGA_BUCKET_PURGED] = 'P'};
    char key[CATGA_BUCKET_KEY_MAX + 1];

    snprintf(key, sizeof key, "%.*s", CATGA_PRINT(entry->key));
    add_entry(to, key, entry->revision, changes[entry->change], entry->value.data,
              entry->value.length);
}

static bool visit(const catga_bucket_entry *entry, void *user)
{
    add_ours(user, entry);
    return true;
}

static void history_theirs(fixture *f, const char *key, char to[TEXT])
{
    kvEntryList list;

    to[0] = '\0';
    assert_int_equal(kvStore_History(&list, f->theirs, key, NULL), NATS_OK);
    for (int i = 0; i < list.Count; i++)
        add_theirs(to, list.Entries[i]);
    kvEntryList_Destroy(&list);
}

static void assert_same_history(fixture *f, const char *key, const char *expected)
{
    char ours[TEXT] = "";
    char theirs[TEXT];

    assert_int_equal(catga_bucket_history(f->bus, &f->ours, key, visit, ours), CATGA_OK);
    history_theirs(f, key, theirs);
    assert_string_equal(ours, theirs);
    if (expected != NULL)
        assert_string_equal(ours, expected);
}

/* Both sides find the same value, or none. */
static void assert_same_value(fixture *f, const char *key)
{
    char ours[TEXT] = "";
    char theirs[TEXT] = "";
    catga_bucket_entry entry;
    kvEntry *other = NULL;

    catga_status status = catga_bucket_get(f->bus, &f->ours, catga_str(key), &entry);
    natsStatus found = kvStore_Get(&other, f->theirs, key);
    assert_true(status == CATGA_OK || status == CATGA_NOT_FOUND);
    assert_int_equal(found, status == CATGA_OK ? NATS_OK : NATS_NOT_FOUND);
    if (status == CATGA_OK) {
        add_ours(ours, &entry);
        add_theirs(theirs, other);
        assert_true(llabs(entry.time_ns - kvEntry_Created(other)) < 1000);
    }
    catga_bucket_entry_free(&entry);
    kvEntry_Destroy(other);
    assert_string_equal(ours, theirs);
}

/* ---- Values ---- */

static void settings_agree(void **state)
{
    fixture *f = *state;
    kvStatus *status = NULL;

    create_ours(f);
    assert_int_equal(kvStore_Status(&status, f->theirs), NATS_OK);
    assert_int_equal(kvStatus_History(status), 5);
    assert_int_equal(kvStatus_TTL(status), f->ours.max_age_ns);
    assert_int_equal(kvStatus_Replicas(status), 1);
    assert_int_equal(kvStatus_Values(status), 1);
    kvStatus_Destroy(status);
}

static void our_values_are_theirs(void **state)
{
    fixture *f = *state;

    create_ours(f);
    for (int i = 0; i < KEYS; i++) {
        for (int j = 0; j < VALUES; j++) {
            put_ours(f, keys[i], values[j]);
            assert_same_value(f, keys[i]);
        }
        assert_same_history(f, keys[i], NULL);
    }
}

static void their_values_are_ours(void **state)
{
    fixture *f = *state;

    create_theirs(f);
    for (int i = 0; i < KEYS; i++) {
        for (int j = 0; j < VALUES; j++) {
            put_theirs(f, keys[i], values[j]);
            assert_same_value(f, keys[i]);
        }
        assert_same_history(f, keys[i], NULL);
    }
}

static bool visit_key(const catga_bucket_entry *entry, void *user)
{
    char *to = user;
    size_t length = strlen(to);

    snprintf(to + length, TEXT - length, "%.*s\n", CATGA_PRINT(entry->key));
    return true;
}

static void keys_agree(void **state)
{
    fixture *f = *state;
    char ours[TEXT] = "";
    char theirs[TEXT] = "";
    kvKeysList list;

    create_ours(f);
    for (int i = 0; i < KEYS; i++)
        (void)(i % 2 == 0 ? put_ours(f, keys[i], values[1]) : put_theirs(f, keys[i], values[1]));
    assert_int_equal(kvStore_Delete(f->theirs, keys[0]), NATS_OK);
    assert_int_equal(catga_bucket_delete(f->bus, &f->ours, catga_str(keys[1]), NULL), CATGA_OK);
    assert_int_equal(catga_bucket_keys(f->bus, &f->ours, NULL, visit_key, ours), CATGA_OK);
    assert_int_equal(kvStore_Keys(&list, f->theirs, NULL), NATS_OK);
    for (int i = 0; i < list.Count; i++) {
        size_t length = strlen(theirs);
        snprintf(theirs + length, TEXT - length, "%s\n", list.Keys[i]);
    }
    kvKeysList_Destroy(&list);
    assert_string_equal(ours, theirs);
    assert_string_equal(ours, "first\nA-b_c/d=e\n=\n/\n0\nk/e.y=-_.z\n");
}

/* ---- Deletions ---- */

static void deletions_and_purges_agree(void **state)
{
    fixture *f = *state;

    create_ours(f);
    put_ours(f, "a", text("1"));
    assert_int_equal(kvStore_Delete(f->theirs, "a"), NATS_OK);
    assert_same_value(f, "a");
    put_theirs(f, "a", text("2"));
    assert_int_equal(catga_bucket_delete(f->bus, &f->ours, CATGA_STR("a"), NULL), CATGA_OK);
    assert_same_value(f, "a");
    assert_same_history(f, "a", "a 2 = 31\na 3 D\na 4 = 32\na 5 D\n");
    assert_int_equal(kvStore_Purge(f->theirs, "a", NULL), NATS_OK);
    assert_same_value(f, "a");
    assert_same_history(f, "a", "a 6 P\n");
    put_theirs(f, "a", text("3"));
    assert_int_equal(catga_bucket_purge(f->bus, &f->ours, CATGA_STR("a"), NULL), CATGA_OK);
    assert_same_value(f, "a");
    assert_same_history(f, "a", NULL); /* an old server keeps the value before the marker */
    if (!IS_SANITIZED)                 /* libnats 3.4.1 leaks the watcher of this function */
        assert_int_equal(kvStore_PurgeDeletes(f->theirs, NULL), NATS_OK);
    assert_same_value(f, "a");
    assert_same_value(f, "first");
}

/* ---- Revisions ---- */

static void revisions_decide_between_both(void **state)
{
    fixture *f = *state;
    const catga_string key = CATGA_STR("a");
    uint64_t revision = 0;

    create_theirs(f);
    assert_int_equal(kvStore_CreateString(&revision, f->theirs, "a", "1"), NATS_OK);
    assert_int_equal(catga_bucket_create(f->bus, &f->ours, key, text("2"), NULL), CATGA_CONFLICT);
    assert_int_equal(catga_bucket_update(f->bus, &f->ours, key, text("2"), revision + 1, NULL),
                     CATGA_CONFLICT);
    assert_int_equal(catga_bucket_update(f->bus, &f->ours, key, text("2"), revision, NULL),
                     CATGA_OK);
    assert_int_not_equal(kvStore_UpdateString(NULL, f->theirs, "a", "3", revision), NATS_OK);
    assert_int_equal(kvStore_UpdateString(&revision, f->theirs, "a", "3", revision + 1), NATS_OK);
    assert_int_equal(catga_bucket_delete_revision(f->bus, &f->ours, key, revision, NULL), CATGA_OK);
    assert_int_equal(kvStore_CreateString(&revision, f->theirs, "a", "4"), NATS_OK);
    assert_int_equal(kvStore_Purge(f->theirs, "a", NULL), NATS_OK);
    assert_int_equal(catga_bucket_create(f->bus, &f->ours, key, text("5"), NULL), CATGA_OK);
    assert_same_value(f, "a");
    for (revision = 1; revision <= 7; revision++) {
        catga_bucket_entry entry;
        kvEntry *other = NULL;
        catga_status status = catga_bucket_get_revision(f->bus, &f->ours, key, revision, &entry);
        natsStatus found = kvStore_GetRevision(&other, f->theirs, "a", revision);
        bool has_value = status == CATGA_OK && entry.change == CATGA_BUCKET_PUT;
        assert_int_equal(has_value, found == NATS_OK); /* theirs hides markers */
        catga_bucket_entry_free(&entry);
        kvEntry_Destroy(other);
    }
}

/* ---- Watchers ---- */

typedef struct watched {
    pthread_mutex_t lock;
    char text[TEXT];
} watched;

static void see(const catga_bucket_entry *entry, void *user)
{
    watched *w = user;

    pthread_mutex_lock(&w->lock);
    add_ours(w->text, entry);
    pthread_mutex_unlock(&w->lock);
}

static void end_present(void *user)
{
    watched *w = user;

    pthread_mutex_lock(&w->lock);
    strncat(w->text, "|\n", TEXT - strlen(w->text) - 1);
    pthread_mutex_unlock(&w->lock);
}

static void await(watched *w, const char *expected)
{
    for (int ms = 0; ms < WAIT_MS; ms++) {
        pthread_mutex_lock(&w->lock);
        bool same = strcmp(w->text, expected) == 0;
        pthread_mutex_unlock(&w->lock);
        if (same)
            return;
        usleep(1000);
    }
    assert_string_equal(w->text, expected);
}

/* Takes what their watcher gets, until it is the expected text. */
static void await_theirs(kvWatcher *watcher, const char *expected)
{
    char text[TEXT] = "";

    while (strcmp(text, expected) != 0) {
        kvEntry *entry = NULL;
        if (kvWatcher_Next(&entry, watcher, WAIT_MS) != NATS_OK)
            break;
        if (entry == NULL)
            strncat(text, "|\n", sizeof text - strlen(text) - 1);
        else
            add_theirs(text, entry);
        kvEntry_Destroy(entry);
    }
    assert_string_equal(text, expected);
}

static void watchers_agree(void **state)
{
    static const char expected[] = "first 1 = 31\nw.a 2 = 32\n|\n"
                                   "w.a 3 = 33\nw.b 4 =\nw.a 5 D\nw.b 6 D\nw.a 7 P\nw.c 8 = 34\n";
    fixture *f = *state;
    watched ours = {.lock = PTHREAD_MUTEX_INITIALIZER};
    const catga_watch how = {.changed = see, .caught_up = end_present, .user = &ours};
    catga_bucket_watcher *watcher;
    kvWatcher *other = NULL;

    create_ours(f);
    put_ours(f, "w.a", text("2"));
    assert_int_equal(catga_bucket_watch(f->bus, &f->ours, &how, &watcher), CATGA_OK);
    assert_int_equal(kvStore_WatchAll(&other, f->theirs, NULL), NATS_OK);
    put_theirs(f, "w.a", text("3"));
    put_ours(f, "w.b", values[0]);
    assert_int_equal(kvStore_Delete(f->theirs, "w.a"), NATS_OK);
    assert_int_equal(catga_bucket_delete(f->bus, &f->ours, CATGA_STR("w.b"), NULL), CATGA_OK);
    await(&ours, "first 1 = 31\nw.a 2 = 32\n|\nw.a 3 = 33\nw.b 4 =\nw.a 5 D\nw.b 6 D\n");
    assert_int_equal(kvStore_Purge(f->theirs, "w.a", NULL), NATS_OK);
    put_theirs(f, "w.c", text("4"));
    await(&ours, expected);
    await_theirs(other, expected);
    kvWatcher_Destroy(other);
    catga_bucket_unwatch(watcher);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(settings_agree), TEST(our_values_are_theirs),      TEST(their_values_are_ours),
        TEST(keys_agree),     TEST(deletions_and_purges_agree), TEST(revisions_decide_between_both),
        TEST(watchers_agree),
    };
    int failures = cmocka_run_group_tests(tests, NULL, NULL);

    nats_Close();
    return failures;
}
