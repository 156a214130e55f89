/*
 * Every allocation of buckets, their watchers, readers and typed values, of watches of services,
 * and of keyed messages fails once, on the local server, or on that of $NATS_URL: a run is repeated
 * with the first, the second, the third
 * ... failing, until a run completes without a failure. Each outcome is a status; a value that is
 * read is right; nothing leaks (under AddressSanitizer), and nothing hangs.
 *
 *     buckets local | nats
 */
#include "bus_fixture.h"
#include "failing_allocations.h"
#include "keyed.catga.h"
#include "values.catga.h"

#include <stdio.h>

static bool over_nats;

static void assert_explained(catga_status status)
{
    assert_true(status == CATGA_OK || status == CATGA_NO_MEMORY || status == CATGA_NO_RESPONDERS ||
                status == CATGA_TIMEOUT || status == CATGA_DISCONNECTED ||
                status == CATGA_OVERLOADED || status == CATGA_NOT_FOUND ||
                status == CATGA_CONFLICT || status == CATGA_REFUSED ||
                status == CATGA_HANDLER_FAILED);
}

/* ---- Buckets ---- */

typedef struct outcomes {
    atomic_uint stored;
    atomic_uint got;
    atomic_uint wrong;
} outcomes;

static const catga_bytes value = {(const uint8_t *)"value", 5};

static bool is_value(const catga_bucket_entry *entry)
{
    return entry->change != CATGA_BUCKET_PUT ||
           (entry->value.length == value.length &&
            memcmp(entry->value.data, value.data, value.length) == 0);
}

static bool visit(const catga_bucket_entry *entry, void *user)
{
    atomic_fetch_add(&((outcomes *)user)->wrong, !is_value(entry));
    return true;
}

/* Entries of keys have no values. */
static bool visit_key(const catga_bucket_entry *entry, void *user)
{
    atomic_fetch_add(&((outcomes *)user)->wrong, entry->value.length != 0);
    return true;
}

static void see(const catga_bucket_entry *entry, void *user)
{
    (void)visit(entry, user);
}

static void on_stored(catga_status status, uint64_t revision, const catga_error *error, void *user)
{
    (void)revision;
    (void)error;
    assert_explained(status);
    atomic_fetch_add(&((outcomes *)user)->stored, 1);
}

static void on_got(catga_status status, const catga_bucket_entry *entry, const catga_error *error,
                   void *user)
{
    (void)error;
    assert_explained(status);
    if (entry != NULL)
        (void)visit(entry, user);
    atomic_fetch_add(&((outcomes *)user)->got, 1);
}

static void use_entries(catga_bus *bus, const catga_bucket *bucket, outcomes *o)
{
    const catga_string key = CATGA_STR("a");
    catga_bucket_entry entry;
    uint64_t revision = 0;

    assert_explained(catga_bucket_put(bus, bucket, key, value, &revision));
    assert_explained(catga_bucket_create(bus, bucket, key, value, NULL));
    assert_explained(catga_bucket_update(bus, bucket, key, value, revision, NULL));
    catga_status status = catga_bucket_get(bus, bucket, key, &entry);
    assert_explained(status);
    assert_true(status != CATGA_OK || is_value(&entry));
    catga_bucket_entry_free(&entry);
    status = catga_bucket_get_revision(bus, bucket, key, 1, &entry);
    assert_explained(status);
    assert_true(status != CATGA_OK || is_value(&entry));
    catga_bucket_entry_free(&entry);
    assert_explained(catga_bucket_delete(bus, bucket, CATGA_STR("b"), NULL));
    assert_explained(catga_bucket_purge(bus, bucket, CATGA_STR("c"), NULL));
    status = catga_bucket_put_async(bus, bucket, key, value, on_stored, o);
    assert_explained(status);
    wait_until(status != CATGA_OK || atomic_load(&o->stored) == 1);
    status = catga_bucket_get_async(bus, bucket, key, on_got, o);
    assert_explained(status);
    wait_until(status != CATGA_OK || atomic_load(&o->got) == 1);
}

static void use_readers(catga_bus *bus, const catga_bucket *bucket, outcomes *o)
{
    const catga_watch watch = {.changed = see, .user = o};
    catga_bucket_watcher *watcher;
    catga_stream_state state;

    assert_explained(catga_bucket_watch(bus, bucket, &watch, &watcher));
    assert_explained(catga_bucket_keys(bus, bucket, NULL, visit_key, o));
    assert_explained(catga_bucket_history(bus, bucket, "a", visit, o));
    catga_bucket_unwatch(watcher);
    assert_explained(catga_bucket_get_state(bus, bucket, &state));
    if (!over_nats) /* the server takes its time */
        assert_explained(catga_bucket_remove(bus, bucket));
}

/* ---- Values of a schema ---- */

/* A value that could not be decoded comes with its status. */
static bool is_setting(catga_status status, test_values_setting_view setting)
{
    return status == CATGA_NO_MEMORY || test_values_setting_get_limit(setting) == 7 ||
           test_values_setting_get_limit(setting) == 10;
}

static bool visit_setting(const test_values_json_entry *entry, void *user)
{
    atomic_fetch_add(&((outcomes *)user)->wrong, !is_setting(entry->status, entry->value));
    return true;
}

static void see_setting(const test_values_json_entry *entry, void *user)
{
    if (entry != NULL)
        (void)visit_setting(entry, user);
}

static void use_values(catga_bus *bus, outcomes *o)
{
    const test_values_setting setting = TEST_VALUES_SETTING(.limit = 7, .note = CATGA_STR("note"));
    test_values_json_entry entry;
    catga_bucket_watcher *watcher;

    assert_explained(
        test_values_json_watch(bus, NULL, CATGA_WATCH_HISTORY, see_setting, o, &watcher));
    assert_explained(test_values_json_put(bus, CATGA_STR("a"), &setting, NULL));
    catga_status status = test_values_json_get(bus, CATGA_STR("a"), &entry);
    assert_explained(status);
    assert_true(is_setting(status, entry.value));
    test_values_json_entry_free(&entry);
    assert_explained(test_values_json_history(bus, NULL, visit_setting, o));
    catga_bucket_unwatch(watcher);
    if (!over_nats)
        assert_explained(test_values_json_remove(bus));
}

static void follow(catga_bus *bus, const test_values_binary_entry *entry, void *user)
{
    (void)bus;
    if (entry != NULL)
        atomic_fetch_add(&((outcomes *)user)->wrong, entry->status != CATGA_OK);
}

static void tell(catga_bus *bus, const test_values_texts_entry *entry, void *user)
{
    (void)bus;
    if (entry != NULL)
        atomic_fetch_add(&((outcomes *)user)->wrong, entry->status != CATGA_OK);
}

static void use_watches(catga_bus *bus, outcomes *o)
{
    static const test_values_follower follower = {follow, tell};
    catga_status served = test_values_follower_serve(bus, &follower, o);

    assert_explained(served);
    assert_explained(test_values_texts_put(bus, CATGA_STR("a"), CATGA_STR("text"), NULL));
    catga_status stopped = test_values_follower_stop(bus);
    assert_explained(stopped);
    assert_true(served != CATGA_OK || stopped != CATGA_NOT_FOUND);
    if (!over_nats) {
        assert_explained(test_values_texts_remove(bus));
        assert_explained(test_values_binary_remove(bus));
    }
}

/* ---- Keyed messages ---- */

static catga_status book(catga_context *context, test_keyed_paid_view event)
{
    (void)event;
    atomic_fetch_add((atomic_uint *)catga_context_user(context), 1);
    return CATGA_OK;
}

static catga_status audit(catga_context *context, const catga_event *event)
{
    char json[256];

    (void)context;
    (void)catga_event_print(event, json, sizeof json);
    return CATGA_OK;
}

static catga_status see_event(catga_context *context, test_keyed_seen_view event)
{
    (void)context;
    (void)event;
    return CATGA_OK;
}

static void use_keys(catga_bus *bus)
{
    static const test_keyed_books books = {book, see_event};
    static const test_keyed_audit audits = {audit};
    const test_keyed_paid event = {.order_id = CATGA_STR("a"), .number = 1};
    const test_keyed_seen seen = {.name = CATGA_STR("x")};
    atomic_uint booked = 0;
    uint64_t sequence = 0;

    assert_explained(test_keyed_audit_serve(bus, &audits, NULL));
    catga_status served = test_keyed_books_serve(bus, &books, &booked);
    assert_explained(served);
    assert_explained(test_keyed_seen_publish(bus, &seen));
    catga_status status = test_keyed_paid_publish_after(bus, 0, &event, &sequence);
    assert_explained(status);
    wait_until(served != CATGA_OK || status != CATGA_OK || atomic_load(&booked) > 0);
}

/* ---- Runs ---- */

static void use(catga_bus *bus)
{
    static const catga_bucket bucket = {.name = "faults", .history = 3, .in_memory = true};
    outcomes o = {.stored = 0};

    use_entries(bus, &bucket, &o);
    use_readers(bus, &bucket, &o);
    use_values(bus, &o);
    use_watches(bus, &o);
    use_keys(bus);
    assert_int_equal(atomic_load(&o.wrong), 0);
}

static void run(void)
{
    static unsigned number;
    char prefix[32];
    catga_options options = {.log = log_nothing, .prefix = prefix};
    catga_bus *bus = NULL;

    snprintf(prefix, sizeof prefix, "faults-%u", number++);
    if (over_nats || catga_local_open(&options.local) == CATGA_OK)
        assert_explained(catga_open(&bus, &options));
    if (bus != NULL)
        use(bus);
    catga_close(bus);
    catga_local_close(options.local);
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    int count = fail_each_allocation(run);
    print_message("%d allocations\n", count);
    assert_in_range(count + 1, 20, 1000);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_fails_once)};

    over_nats = argc > 1 && strcmp(argv[1], "nats") == 0;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
