/*
 * Key-value buckets, on each transport: writes, reads, history, watchers, and 1,000 writers that
 * compare and set.
 */
#include "fixture.h"

#include <catga/kv.h>
#include <catga/nodes.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

enum { WAIT_MS = 20000, TAKEN = 256 };

/* ---- The fixture ---- */

typedef struct fixture {
    fixture_base base;
    catga_bus *bus;
    char name[64];
    char logged[4096]; /* the last lines of the log */
    catga_bucket bucket;
    catga_status late;   /* of a watcher that begins while the bus drains */
    atomic_uint refused; /* status of a watcher that begins in a callback */
} fixture;

static void take_log(void *user, catga_log_level level, const char *text)
{
    fixture *f = user;
    size_t length = strlen(f->logged);

    (void)level;
    if (length + strlen(text) + 2 < sizeof f->logged)
        snprintf(f->logged + length, sizeof f->logged - length, "%s\n", text);
}

static int set_up(void **state)
{
    static unsigned number;
    fixture *f = fixture_new(sizeof *f, "buckets");

    f->bus =
        fixture_join(&f->base, (catga_options){.log = take_log, .log_user = f, .in_flight = 4096});
    snprintf(f->name, sizeof f->name, "test-%d_%u", (int)getpid(), number++);
    f->bucket = (catga_bucket){.name = f->name, .history = 5};
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *f = *state;

    if (f->bus != NULL)
        assert_true(catga_bucket_remove(f->bus, &f->bucket) != CATGA_REFUSED);
    return fixture_clear(state);
}

static catga_bytes bytes_of(const char *text)
{
    return (catga_bytes){(const uint8_t *)text, strlen(text)};
}

static uint64_t put(fixture *f, const char *key, const char *value)
{
    uint64_t revision = 0;

    assert_int_equal(
        catga_bucket_put(f->bus, &f->bucket, catga_str(key), bytes_of(value), &revision), CATGA_OK);
    return revision;
}

static void expect(fixture *f, const char *key, const char *value, uint64_t revision)
{
    catga_bucket_entry entry;

    assert_int_equal(catga_bucket_get(f->bus, &f->bucket, catga_str(key), &entry), CATGA_OK);
    assert_int_equal(entry.key.length, strlen(key));
    assert_memory_equal(entry.key.data, key, strlen(key));
    assert_int_equal(entry.value.length, strlen(value));
    assert_memory_equal(entry.value.data, value, strlen(value));
    assert_int_equal(entry.change, CATGA_BUCKET_PUT);
    if (revision != 0)
        assert_int_equal(entry.revision, revision);
    assert_true(catga_timestamp_now() - entry.time_ns < INT64_C(60000000000));
    catga_bucket_entry_free(&entry);
    catga_bucket_entry_free(&entry);
}

static void expect_none(fixture *f, const char *key)
{
    catga_bucket_entry entry;

    assert_int_equal(catga_bucket_get(f->bus, &f->bucket, catga_str(key), &entry), CATGA_NOT_FOUND);
    catga_bucket_entry_free(&entry);
}

/* ---- Single keys ---- */

static void values_are_put_and_got(void **state)
{
    fixture *f = *state;

    expect_none(f, "a");
    assert_int_equal(put(f, "a", "one"), 1);
    expect(f, "a", "one", 1);
    assert_int_equal(put(f, "a", "two"), 2);
    assert_int_equal(put(f, "empty", ""), 3);
    expect(f, "a", "two", 2);
    expect(f, "empty", "", 3);
}

static void odd_keys(void **state)
{
    static const char *const keys[] = {"a.b.c", "A-b_c/d=e", "=", "/", "0", "a/b.c=d.-._"};
    fixture *f = *state;

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        expect(f, keys[i], keys[i], put(f, keys[i], keys[i]));
}

static void a_key_may_be_long(void **state)
{
    fixture *f = *state;
    char key[CATGA_BUCKET_KEY_MAX + 2];

    memset(key, 'k', sizeof key);
    key[CATGA_BUCKET_KEY_MAX] = '\0';
    put(f, key, "long");
    expect(f, key, "long", 1);
    key[CATGA_BUCKET_KEY_MAX] = 'k';
    assert_int_equal(catga_bucket_put(f->bus, &f->bucket,
                                      (catga_string){key, CATGA_BUCKET_KEY_MAX + 1}, bytes_of(""),
                                      NULL),
                     CATGA_INVALID_ARGUMENT);
}

static void invalid_keys_are_named(void **state)
{
    static const char *const keys[] = {"",   ".", "a.",  ".a",       "a..b", "a b",
                                       "a*", ">", "a\n", "\xc3\xa4", "a\\b"};
    fixture *f = *state;
    catga_bucket_entry entry;

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        catga_string key = catga_str(keys[i]);
        assert_int_equal(catga_bucket_put(f->bus, &f->bucket, key, bytes_of(""), NULL),
                         CATGA_INVALID_ARGUMENT);
        assert_int_equal(catga_bucket_get(f->bus, &f->bucket, key, &entry), CATGA_INVALID_ARGUMENT);
    }
    f->logged[0] = '\0';
    put(f, "a", "");
    assert_int_equal(catga_bucket_delete(f->bus, &f->bucket, CATGA_STR("no key"), NULL),
                     CATGA_INVALID_ARGUMENT);
}

static void a_revision_decides(void **state)
{
    fixture *f = *state;
    uint64_t revision = put(f, "a", "one");
    uint64_t next = 0;
    catga_string key = CATGA_STR("a");

    assert_int_equal(catga_bucket_update(f->bus, &f->bucket, key, bytes_of("two"), revision, &next),
                     CATGA_OK);
    assert_int_equal(
        catga_bucket_update(f->bus, &f->bucket, key, bytes_of("three"), revision, &revision),
        CATGA_CONFLICT);
    expect(f, "a", "two", next);
    assert_int_equal(catga_bucket_update(f->bus, &f->bucket, key, bytes_of("x"), 0, NULL),
                     CATGA_CONFLICT);
    assert_int_equal(catga_bucket_delete_revision(f->bus, &f->bucket, key, next + 7, NULL),
                     CATGA_CONFLICT);
    assert_int_equal(catga_bucket_delete_revision(f->bus, &f->bucket, key, next, NULL), CATGA_OK);
    expect_none(f, "a");
}

static void a_key_is_created_once(void **state)
{
    fixture *f = *state;
    catga_string key = CATGA_STR("a");
    uint64_t revision = 0;

    assert_int_equal(catga_bucket_create(f->bus, &f->bucket, key, bytes_of("one"), &revision),
                     CATGA_OK);
    assert_int_equal(revision, 1);
    assert_int_equal(catga_bucket_create(f->bus, &f->bucket, key, bytes_of("two"), NULL),
                     CATGA_CONFLICT);
    expect(f, "a", "one", 1);
    assert_int_equal(catga_bucket_delete(f->bus, &f->bucket, key, NULL), CATGA_OK);
    assert_int_equal(catga_bucket_create(f->bus, &f->bucket, key, bytes_of("three"), &revision),
                     CATGA_OK);
    assert_int_equal(revision, 3);
    assert_int_equal(catga_bucket_purge(f->bus, &f->bucket, key, NULL), CATGA_OK);
    assert_int_equal(catga_bucket_create(f->bus, &f->bucket, key, bytes_of("four"), NULL),
                     CATGA_OK);
    expect(f, "a", "four", 5);
}

static void earlier_revisions(void **state)
{
    fixture *f = *state;
    catga_bucket_entry entry;

    put(f, "a", "one");
    put(f, "b", "other");
    put(f, "a", "two");
    assert_int_equal(catga_bucket_delete(f->bus, &f->bucket, CATGA_STR("a"), NULL), CATGA_OK);
    assert_int_equal(catga_bucket_get_revision(f->bus, &f->bucket, CATGA_STR("a"), 1, &entry),
                     CATGA_OK);
    assert_memory_equal(entry.value.data, "one", 3);
    catga_bucket_entry_free(&entry);
    assert_int_equal(catga_bucket_get_revision(f->bus, &f->bucket, CATGA_STR("a"), 4, &entry),
                     CATGA_OK);
    assert_int_equal(entry.change, CATGA_BUCKET_DELETED);
    catga_bucket_entry_free(&entry);
    static const uint64_t absent[] = {0, 2, 99};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(
            catga_bucket_get_revision(f->bus, &f->bucket, CATGA_STR("a"), absent[i], &entry),
            CATGA_NOT_FOUND);
}

/* ---- Walks ---- */

typedef struct walked {
    unsigned count;
    unsigned most;
    char text[1024];
} walked;

static bool note(const catga_bucket_entry *entry, void *user)
{
    static const char marks[] = {'=', 'D', 'P'};
    walked *w = user;
    size_t length = strlen(w->text);

    snprintf(w->text + length, sizeof w->text - length, "%.*s%c%.*s ", CATGA_PRINT(entry->key),
             marks[entry->change], (int)entry->value.length, (const char *)entry->value.data);
    w->count++;
    return w->most == 0 || w->count < w->most;
}

static void write_some(fixture *f)
{
    put(f, "a", "1");
    put(f, "b.x", "2");
    put(f, "a", "3");
    put(f, "b.y", "4");
    put(f, "gone", "5");
    assert_int_equal(catga_bucket_delete(f->bus, &f->bucket, CATGA_STR("gone"), NULL), CATGA_OK);
}

static void keys_are_visited(void **state)
{
    fixture *f = *state;
    walked all = {0};
    walked some = {0};
    walked first = {.most = 1};
    walked none = {0};

    assert_int_equal(catga_bucket_keys(f->bus, &f->bucket, NULL, note, &none), CATGA_OK);
    assert_int_equal(none.count, 0);
    write_some(f);
    assert_int_equal(catga_bucket_keys(f->bus, &f->bucket, NULL, note, &all), CATGA_OK);
    assert_string_equal(all.text, "b.x= a= b.y= ");
    assert_int_equal(catga_bucket_keys(f->bus, &f->bucket, "b.*", note, &some), CATGA_OK);
    assert_string_equal(some.text, "b.x= b.y= ");
    assert_int_equal(catga_bucket_keys(f->bus, &f->bucket, NULL, note, &first), CATGA_OK);
    assert_int_equal(first.count, 1);
    assert_int_equal(catga_bucket_keys(f->bus, &f->bucket, "b.>.c", note, &none),
                     CATGA_INVALID_ARGUMENT);
}

static void history_is_kept(void **state)
{
    fixture *f = *state;
    walked all = {0};
    walked one = {0};
    char value[8];

    write_some(f);
    assert_int_equal(catga_bucket_history(f->bus, &f->bucket, ">", note, &all), CATGA_OK);
    assert_string_equal(all.text, "a=1 b.x=2 a=3 b.y=4 gone=5 goneD ");
    for (int i = 0; i < 9; i++) {
        snprintf(value, sizeof value, "h%d", i);
        put(f, "a", value);
    }
    assert_int_equal(catga_bucket_history(f->bus, &f->bucket, "a", note, &one), CATGA_OK);
    assert_string_equal(one.text, "a=h4 a=h5 a=h6 a=h7 a=h8 ");
}

typedef struct disturber {
    pthread_t waiting; /* the thread that waits for the walk */
    unsigned visited;
    catga_bucket_watcher *watcher;
} disturber;

static void ignore(int number)
{
    (void)number;
}

static bool interrupt(const catga_bucket_entry *entry, void *user)
{
    disturber *d = user;

    (void)entry;
    pthread_kill(d->waiting, SIGUSR1);
    usleep(100000);
    d->visited++;
    return true;
}

static void signals_do_not_end_a_walk(void **state)
{
    fixture *f = *state;
    disturber d = {.waiting = pthread_self()};
    const struct sigaction action = {.sa_handler = ignore};
    struct sigaction before;

    write_some(f);
    assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
    assert_int_equal(catga_bucket_keys(f->bus, &f->bucket, NULL, interrupt, &d), CATGA_OK);
    assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
    assert_int_equal(d.visited, 3);
}

/* A purge leaves its marker, and removes the earlier values if no consumer can lose others. */
static void a_purge_leaves_a_marker(void **state)
{
    fixture *f = *state;
    walked w = {0};

    put(f, "a", "1");
    put(f, "b", "2");
    put(f, "a", "3");
    assert_int_equal(catga_bucket_purge(f->bus, &f->bucket, CATGA_STR("a"), NULL), CATGA_OK);
    expect_none(f, "a");
    expect(f, "b", "2", 2);
    assert_int_equal(catga_bucket_history(f->bus, &f->bucket, NULL, note, &w), CATGA_OK);
    if (strstr(f->logged, "purge writes only a marker") != NULL)
        assert_string_equal(w.text, "a=1 b=2 a=3 aP ");
    else
        assert_string_equal(w.text, "b=2 aP ");
}

/* ---- Watchers ---- */

typedef struct watched {
    catga_bucket_watcher *watcher;
    atomic_uint count;
    atomic_uint caught_up;
    unsigned count_before;
    walked seen;
} watched;

static void changed(const catga_bucket_entry *entry, void *user)
{
    watched *w = user;

    (void)note(entry, &w->seen);
    atomic_fetch_add(&w->count, 1);
}

static void caught_up(void *user)
{
    watched *w = user;

    w->count_before = atomic_load(&w->count);
    atomic_fetch_add(&w->caught_up, 1);
}

static void await(const atomic_uint *value, unsigned least)
{
    for (int ms = 0; atomic_load(value) < least && ms < WAIT_MS; ms++)
        usleep(1000);
    assert_true(atomic_load(value) >= least);
}

static void watch(fixture *f, watched *w, catga_watch how)
{
    how.changed = changed;
    how.caught_up = caught_up;
    how.user = w;
    assert_int_equal(catga_bucket_watch(f->bus, &f->bucket, &how, &w->watcher), CATGA_OK);
    await(&w->caught_up, 1);
}

static void watchers_get_values_and_changes(void **state)
{
    fixture *f = *state;
    watched all = {0};
    watched some = {0};
    watched live = {0};
    watched history = {0};
    watched changes = {0};

    write_some(f);
    watch(f, &all, (catga_watch){0});
    watch(f, &some, (catga_watch){.pattern = "b.>", .keys_only = true});
    watch(f, &live, (catga_watch){.ignores_deletions = true});
    watch(f, &history, (catga_watch){.start = CATGA_WATCH_HISTORY});
    watch(f, &changes, (catga_watch){.start = CATGA_WATCH_CHANGES});
    assert_int_equal(all.count_before, 4);
    assert_int_equal(some.count_before, 2);
    assert_int_equal(live.count_before, 3);
    assert_int_equal(history.count_before, 6);
    assert_int_equal(changes.count_before, 0);
    put(f, "b.x", "7");
    assert_int_equal(catga_bucket_delete(f->bus, &f->bucket, CATGA_STR("b.x"), NULL), CATGA_OK);
    put(f, "c", "8");
    await(&all.count, 7);
    await(&some.count, 4);
    await(&live.count, 5);
    await(&history.count, 9);
    await(&changes.count, 3);
    catga_bucket_unwatch(all.watcher);
    catga_bucket_unwatch(some.watcher);
    catga_bucket_unwatch(live.watcher);
    catga_bucket_unwatch(history.watcher);
    catga_bucket_unwatch(changes.watcher);
    assert_string_equal(all.seen.text, "b.x=2 a=3 b.y=4 goneD b.x=7 b.xD c=8 ");
    assert_string_equal(some.seen.text, "b.x= b.y= b.x= b.xD ");
    assert_string_equal(live.seen.text, "b.x=2 a=3 b.y=4 b.x=7 c=8 ");
    assert_string_equal(changes.seen.text, "b.x=7 b.xD c=8 ");
    assert_int_equal(atomic_load(&all.caught_up), 1);
}

static void an_empty_bucket_is_caught_up(void **state)
{
    fixture *f = *state;
    watched w = {0};

    watch(f, &w, (catga_watch){0});
    assert_int_equal(w.count_before, 0);
    catga_bucket_unwatch(w.watcher);
}

typedef struct nested {
    fixture *f;
    catga_bucket_watcher *watcher;
    atomic_uint done;
    catga_status put;
} nested;

/* Functions that wait work in a watcher's function; its end does not. */
static void change_more(const catga_bucket_entry *entry, void *user)
{
    nested *n = user;

    if (entry->key.length != 1 || atomic_load(&n->done) != 0)
        return;
    n->put =
        catga_bucket_put(n->f->bus, &n->f->bucket, CATGA_STR("from.watcher"), entry->value, NULL);
    catga_bucket_unwatch(n->watcher);
    atomic_store(&n->done, 1);
}

static void a_watcher_may_write(void **state)
{
    fixture *f = *state;
    nested n = {.f = f};
    const catga_watch how = {.changed = change_more, .user = &n, .start = CATGA_WATCH_CHANGES};

    assert_int_equal(catga_bucket_watch(f->bus, &f->bucket, &how, &n.watcher), CATGA_OK);
    put(f, "a", "1");
    await(&n.done, 1);
    assert_int_equal(n.put, CATGA_OK);
    expect(f, "from.watcher", "1", 0);
    assert_non_null(strstr(f->logged, "refuse to end a watcher"));
    catga_bucket_unwatch(n.watcher);
}

static bool end_watcher(const catga_bucket_entry *entry, void *user)
{
    disturber *d = user;

    (void)entry;
    catga_bucket_unwatch(d->watcher);
    d->visited++;
    return false;
}

/* Only functions of watchers must not end one. */
static void a_visitor_may_end_a_watcher(void **state)
{
    fixture *f = *state;
    watched w = {0};
    disturber d = {0};

    put(f, "a", "1");
    watch(f, &w, (catga_watch){0});
    d.watcher = w.watcher;
    assert_int_equal(catga_bucket_keys(f->bus, &f->bucket, NULL, end_watcher, &d), CATGA_OK);
    assert_int_equal(d.visited, 1);
    assert_null(strstr(f->logged, "refuse to end a watcher"));
    put(f, "a", "2");
    assert_int_equal(atomic_load(&w.count), 1);
}

typedef struct closer {
    catga_nodes *nodes;
    atomic_uint began;
} closer;

static void close_nodes(const catga_bucket_entry *entry, void *user)
{
    closer *c = user;

    (void)entry;
    atomic_store(&c->began, 1);
    usleep(300000); /* the drain begins */
    catga_nodes_close(c->nodes);
}

static void a_watcher_may_close_nodes_in_a_drain(void **state)
{
    fixture *f = *state;
    catga_bucket_watcher *watcher;
    closer c = {0};
    const catga_watch how = {.changed = close_nodes, .user = &c};

    assert_int_equal(catga_nodes_open(&c.nodes, f->bus, NULL), CATGA_OK);
    put(f, "a", "1");
    assert_int_equal(catga_bucket_watch(f->bus, &f->bucket, &how, &watcher), CATGA_OK);
    await(&c.began, 1);
    assert_int_equal(catga_drain(f->bus), CATGA_OK);
}

/* Uses its first bucket in a drain, and begins to watch. */
static catga_status watch_late(catga_context *context, sample_view view)
{
    fixture *f = catga_context_user(context);
    watched w = {0};
    const catga_watch how = {.changed = changed, .user = &w};
    catga_bucket_watcher *watcher;

    (void)view;
    sem_post(&f->base.started);
    usleep(300000); /* the drain begins */
    f->late = catga_bucket_watch(catga_context_bus(context), &f->bucket, &how, &watcher);
    return CATGA_OK;
}

static void no_watcher_begins_in_a_drain(void **state)
{
    fixture *f = *state;
    const sample_listener listener = {watch_late, watch_late};
    const sample noted = {CATGA_STR("text"), 1};

    assert_int_equal(catga_serve(f->bus, &sample_listener_service, &listener, f), CATGA_OK);
    assert_int_equal(catga_publish(f->bus, &sample_noted_message, &noted), CATGA_OK);
    sem_wait(&f->base.started);
    assert_int_equal(catga_drain(f->bus), CATGA_OK);
    assert_int_equal(f->late, CATGA_DRAINING);
}

/* A watcher that nobody ends, ends with its bus. */
static void watchers_end_with_the_bus(void **state)
{
    fixture *f = *state;
    watched w = {0};
    catga_bucket_watcher *late = NULL;

    put(f, "a", "1");
    watch(f, &w, (catga_watch){0});
    assert_int_equal(catga_drain(f->bus), CATGA_OK);
    const catga_watch how = {.changed = changed, .user = &w};
    assert_int_equal(catga_bucket_watch(f->bus, &f->bucket, &how, &late), CATGA_DRAINING);
    catga_bucket_unwatch(w.watcher);
}

/* ---- Without waiting ---- */

typedef struct outcomes {
    atomic_uint count;
    atomic_uint good;
} outcomes;

static void stored(catga_status status, uint64_t revision, const catga_error *error, void *user)
{
    outcomes *o = user;

    (void)error;
    atomic_fetch_add(&o->good, status == CATGA_OK && revision != 0);
    atomic_fetch_add(&o->count, 1);
}

static void got(catga_status status, const catga_bucket_entry *entry, const catga_error *error,
                void *user)
{
    outcomes *o = user;

    (void)error;
    atomic_fetch_add(&o->good, status == CATGA_OK && entry->value.length == 5);
    assert_true((status == CATGA_OK) == (entry != NULL));
    atomic_fetch_add(&o->count, 1);
}

static void watch_in_callback(catga_status status, uint64_t revision, const catga_error *error,
                              void *user)
{
    fixture *f = user;
    const catga_watch how = {.changed = changed};
    catga_bucket_watcher *watcher;

    (void)status;
    (void)revision;
    (void)error;
    atomic_store(&f->refused, catga_bucket_watch(f->bus, &f->bucket, &how, &watcher));
}

static void no_watcher_begins_in_a_callback(void **state)
{
    fixture *f = *state;

    put(f, "a", "1");
    assert_int_equal(catga_bucket_put_async(f->bus, &f->bucket, CATGA_STR("a"), bytes_of("2"),
                                            watch_in_callback, f),
                     CATGA_OK);
    await(&f->refused, 1);
    assert_int_equal(atomic_load(&f->refused), CATGA_WOULD_DEADLOCK);
}

static void many_without_waiting(void **state)
{
    enum { MANY = 2000 };
    fixture *f = *state;
    outcomes puts = {0};
    outcomes gets = {0};
    char key[16];

    put(f, "first", "value");
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "k.%d", i);
        assert_int_equal(catga_bucket_put_async(f->bus, &f->bucket, catga_str(key),
                                                bytes_of("value"), stored, &puts),
                         CATGA_OK);
    }
    await(&puts.count, MANY);
    assert_int_equal(atomic_load(&puts.good), MANY);
    for (int i = 0; i < MANY; i++) {
        snprintf(key, sizeof key, "k.%d", i);
        assert_int_equal(catga_bucket_get_async(f->bus, &f->bucket, catga_str(key), got, &gets),
                         CATGA_OK);
    }
    await(&gets.count, MANY);
    assert_int_equal(atomic_load(&gets.good), MANY);
    assert_int_equal(catga_bucket_get_async(f->bus, &f->bucket, CATGA_STR("absent"), got, &gets),
                     CATGA_OK);
    assert_int_equal(catga_bucket_update_async(f->bus, &f->bucket, CATGA_STR("first"),
                                               bytes_of("x"), 99, stored, &puts),
                     CATGA_OK);
    await(&gets.count, MANY + 1);
    await(&puts.count, MANY + 1);
    assert_int_equal(atomic_load(&gets.good), MANY);
    assert_int_equal(atomic_load(&puts.good), MANY);
}

/* ---- Writers that compare and set ---- */

enum { WRITERS = 1000, COUNTERS = 8, BUSES = 4 };

/* A writer adds one to a counter: it reads, and writes if nobody wrote meanwhile. */
typedef struct writer {
    fixture *f;
    catga_bus *bus;
    char key[16];
    char value[24];
} writer;

static atomic_uint finished, conflicts, unexpected;

static void read_counter(writer *w);

static void on_written(catga_status status, uint64_t revision, const catga_error *error, void *user)
{
    (void)revision;
    (void)error;
    if (status == CATGA_CONFLICT) {
        atomic_fetch_add(&conflicts, 1);
        read_counter(user);
        return;
    }
    atomic_fetch_add(&unexpected, status != CATGA_OK);
    atomic_fetch_add(&finished, 1);
}

static void on_read(catga_status status, const catga_bucket_entry *entry, const catga_error *error,
                    void *user)
{
    writer *w = user;
    long number = 0;

    (void)error;
    if (status == CATGA_OK) {
        snprintf(w->value, sizeof w->value, "%.*s", (int)entry->value.length,
                 (const char *)entry->value.data);
        number = strtol(w->value, NULL, 10);
    }
    snprintf(w->value, sizeof w->value, "%ld", number + 1);
    status = catga_bucket_update_async(w->bus, &w->f->bucket, catga_str(w->key), bytes_of(w->value),
                                       entry == NULL ? 0 : entry->revision, on_written, w);
    atomic_fetch_add(&unexpected, status != CATGA_OK);
}

static void read_counter(writer *w)
{
    catga_status status =
        catga_bucket_get_async(w->bus, &w->f->bucket, catga_str(w->key), on_read, w);

    atomic_fetch_add(&unexpected, status != CATGA_OK);
}

static void no_update_is_lost(void **state)
{
    static writer writers[WRITERS];
    fixture *f = *state;
    catga_bus *buses[BUSES] = {f->bus};
    catga_bucket_entry entry;
    char key[16];
    long sum = 0;

    for (int i = 1; i < BUSES; i++)
        buses[i] = fixture_join(&f->base, (catga_options){.in_flight = 4096});
    for (int i = 0; i < BUSES; i++)
        assert_int_equal(catga_bucket_get(buses[i], &f->bucket, CATGA_STR("none"), &entry),
                         CATGA_NOT_FOUND);
    for (int i = 0; i < WRITERS; i++) {
        writers[i] = (writer){.f = f, .bus = buses[i % BUSES]};
        snprintf(writers[i].key, sizeof writers[i].key, "counter.%d", i % COUNTERS);
        read_counter(&writers[i]);
    }
    await(&finished, WRITERS);
    assert_int_equal(atomic_load(&unexpected), 0);
    for (int i = 0; i < COUNTERS; i++) {
        snprintf(key, sizeof key, "counter.%d", i);
        assert_int_equal(catga_bucket_get(f->bus, &f->bucket, catga_str(key), &entry), CATGA_OK);
        char text[16];
        snprintf(text, sizeof text, "%.*s", (int)entry.value.length,
                 (const char *)entry.value.data);
        sum += strtol(text, NULL, 10);
        catga_bucket_entry_free(&entry);
    }
    print_message("%d writers, %u conflicts\n", WRITERS, atomic_load(&conflicts));
    assert_int_equal(sum, WRITERS);
    assert_true(atomic_load(&conflicts) > 0);
}

/* ---- Buckets ---- */

static void other_settings_are_named(void **state)
{
    fixture *f = *state;
    const catga_bucket longer = {.name = f->name, .history = 7};
    const catga_bucket any = {.name = f->name, .only_existing = true};
    const catga_bucket absent = {.name = "absent", .only_existing = true};
    const catga_bucket wrong = {.name = "no name"};
    const catga_bucket too_long = {.name = f->name, .history = 65};
    catga_bucket_entry entry;

    put(f, "a", "1");
    assert_int_equal(catga_bucket_get(f->bus, &longer, CATGA_STR("a"), &entry), CATGA_DRIFTED);
    assert_non_null(strstr(f->logged, "max_msgs_per_subject is 5, and must be 7"));
    assert_int_equal(catga_bucket_get(f->bus, &any, CATGA_STR("a"), &entry), CATGA_OK);
    catga_bucket_entry_free(&entry);
    assert_int_equal(catga_bucket_get(f->bus, &absent, CATGA_STR("a"), &entry), CATGA_NOT_FOUND);
    assert_int_equal(catga_bucket_get(f->bus, &wrong, CATGA_STR("a"), &entry),
                     CATGA_INVALID_ARGUMENT);
    assert_int_equal(catga_bucket_get(f->bus, &too_long, CATGA_STR("a"), &entry),
                     CATGA_INVALID_ARGUMENT);
}

static void a_bucket_is_described_and_removed(void **state)
{
    fixture *f = *state;
    catga_stream_state described;

    write_some(f);
    assert_int_equal(catga_bucket_get_state(f->bus, &f->bucket, &described), CATGA_OK);
    assert_int_equal(described.messages, 6);
    assert_int_equal(described.last_sequence, 6);
    assert_int_equal(catga_bucket_remove(f->bus, &f->bucket), CATGA_OK);
    assert_int_equal(catga_bucket_get_state(f->bus, &f->bucket, &described), CATGA_NOT_FOUND);
    assert_int_equal(catga_bucket_remove(f->bus, &f->bucket), CATGA_NOT_FOUND);
    usleep(300000); /* a server deletes files in the background */
    expect_none(f, "a");
    assert_int_equal(put(f, "a", "1"), 1);
}

/* Each description of the bucket learns that it is removed. */
static void descriptions_of_one_bucket(void **state)
{
    fixture *f = *state;
    const catga_bucket same = f->bucket;

    put(f, "a", "1");
    assert_int_equal(catga_bucket_put(f->bus, &same, CATGA_STR("a"), bytes_of("2"), NULL),
                     CATGA_OK);
    assert_int_equal(catga_bucket_remove(f->bus, &same), CATGA_OK);
    usleep(300000); /* a server deletes files in the background */
    assert_int_equal(put(f, "a", "3"), 1);
}

static void values_have_a_limit(void **state)
{
    fixture *f = *state;
    static char value[4096];

    memset(value, 'v', sizeof value - 1);
    f->bucket.max_value_bytes = 1000;
    put(f, "a", "short");
    assert_int_equal(catga_bucket_put(f->bus, &f->bucket, CATGA_STR("a"), bytes_of(value), NULL),
                     CATGA_TOO_LARGE);
    expect(f, "a", "short", 1);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(values_are_put_and_got),
        TEST(odd_keys),
        TEST(a_key_may_be_long),
        TEST(invalid_keys_are_named),
        TEST(a_revision_decides),
        TEST(a_key_is_created_once),
        TEST(earlier_revisions),
        TEST(keys_are_visited),
        TEST(history_is_kept),
        TEST(signals_do_not_end_a_walk),
        TEST(a_purge_leaves_a_marker),
        TEST(watchers_get_values_and_changes),
        TEST(an_empty_bucket_is_caught_up),
        TEST(a_watcher_may_write),
        TEST(a_visitor_may_end_a_watcher),
        TEST(watchers_end_with_the_bus),
        TEST(a_watcher_may_close_nodes_in_a_drain),
        TEST(no_watcher_begins_in_a_drain),
        TEST(many_without_waiting),
        TEST(no_watcher_begins_in_a_callback),
        TEST(no_update_is_lost),
        TEST(other_settings_are_named),
        TEST(a_bucket_is_described_and_removed),
        TEST(descriptions_of_one_bucket),
        TEST(values_have_a_limit),
    };
    fixture_choose(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
