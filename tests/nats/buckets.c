/*
 * Watchers of buckets while the server restarts: each ends with the last value of every key. Slow
 * visitors. The test starts its own servers.
 *
 *     buckets [RESTARTS]    default 5
 */
#include "nats_server.h"

#include <catga/kv.h>

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { KEYS = 50, WATCHERS = 3, WAIT_MS = 40000, SLOW_MS = 21000 };

static int restarts = 5;
static nats_server server;
static char folder[256];
static const catga_bucket bucket = {.name = "restarts", .history = 3};

static int start_server(void **state)
{
    char config[512];

    (void)state;
    nats_server_init(&server, "");
    snprintf(folder, sizeof folder, "%s/store", server.folder);
    snprintf(config, sizeof config, "jetstream { store_dir: \"%s\" }\n", folder);
    FILE *file = fopen(server.config, "w");
    assert_non_null(file);
    fputs(config, file);
    assert_int_equal(fclose(file), 0);
    nats_server_start(&server);
    return 0;
}

static int end_server(void **state)
{
    char command[512];

    (void)state;
    nats_server_signal(&server, SIGKILL);
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    assert_int_equal(system(command), 0);
    nats_server_clear(&server);
    return 0;
}

static void log_nothing(void *user, catga_log_level level, const char *text)
{
    (void)user;
    (void)level;
    (void)text;
}

static catga_bus *open_bus(void)
{
    catga_bus *bus = NULL;
    const catga_options options = {.servers = server.url, .log = log_nothing};

    assert_int_equal(catga_open(&bus, &options), CATGA_OK);
    return bus;
}

/* ---- Restarts ---- */

/* The last value of each key, as a watcher has received it. */
typedef struct mirror {
    pthread_mutex_t lock;
    int values[KEYS];
    uint64_t last;
    atomic_int disordered;
    atomic_int caught_up;
} mirror;

static void note(const catga_bucket_entry *entry, void *user)
{
    mirror *m = user;
    char text[16];

    snprintf(text, sizeof text, "%.*s", CATGA_PRINT(entry->key));
    int key = (int)strtol(text + 2, NULL, 10);
    snprintf(text, sizeof text, "%.*s", (int)entry->value.length, (const char *)entry->value.data);
    pthread_mutex_lock(&m->lock);
    m->values[key] = entry->change == CATGA_BUCKET_PUT ? (int)strtol(text, NULL, 10) : -1;
    if (entry->revision <= m->last)
        atomic_fetch_add(&m->disordered, 1);
    m->last = entry->revision;
    pthread_mutex_unlock(&m->lock);
}

static void caught_up(void *user)
{
    mirror *m = user;

    atomic_fetch_add(&m->caught_up, 1);
}

static atomic_bool ends;
static int written[KEYS];

/* Writes while the server restarts, and then the remaining keys. */
static void *write_keys(void *user)
{
    catga_bus *bus = user;
    char key[16];
    char value[16];

    for (int i = 0; !atomic_load(&ends) || i % KEYS != 0; i++) {
        catga_status status;
        snprintf(key, sizeof key, "k.%d", i % KEYS);
        snprintf(value, sizeof value, "%d", i);
        const catga_bytes bytes = {(const uint8_t *)value, strlen(value)};
        do {
            status = i % 7 == 6 ? catga_bucket_delete(bus, &bucket, catga_str(key), NULL)
                                : catga_bucket_put(bus, &bucket, catga_str(key), bytes, NULL);
            if (status != CATGA_OK)
                pause_ms(20);
        } while (status != CATGA_OK);
        written[i % KEYS] = i % 7 == 6 ? -1 : i;
        pause_ms(1);
    }
    return NULL;
}

static bool is_complete(mirror *m)
{
    pthread_mutex_lock(&m->lock);
    bool same = memcmp(m->values, written, sizeof written) == 0;
    pthread_mutex_unlock(&m->lock);
    return same;
}

static void watchers_end_with_the_last_values(void **state)
{
    static mirror mirrors[WATCHERS];
    catga_bucket_watcher *watchers[WATCHERS];
    catga_bus *bus = open_bus();
    catga_bus *other = open_bus();
    pthread_t thread;

    (void)state;
    for (int i = 0; i < WATCHERS; i++) {
        pthread_mutex_init(&mirrors[i].lock, NULL);
        const catga_watch watch = {.changed = note, .caught_up = caught_up, .user = &mirrors[i]};
        assert_int_equal(catga_bucket_watch(other, &bucket, &watch, &watchers[i]), CATGA_OK);
    }
    assert_int_equal(pthread_create(&thread, NULL, write_keys, bus), 0);
    for (int i = 0; i < restarts; i++) {
        pause_ms(100 + i % 5 * 60);
        nats_server_signal(&server, i % 2 == 0 ? SIGKILL : SIGTERM);
        nats_server_start(&server);
    }
    atomic_store(&ends, true);
    pthread_join(thread, NULL);
    for (int i = 0; i < WATCHERS; i++) {
        for (int ms = 0; !is_complete(&mirrors[i]) && ms < WAIT_MS; ms += 10)
            pause_ms(10);
        assert_true(is_complete(&mirrors[i]));
        assert_int_equal(atomic_load(&mirrors[i].disordered), 0);
        assert_int_equal(atomic_load(&mirrors[i].caught_up), 1);
        catga_bucket_unwatch(watchers[i]);
    }
    print_message("%d restarts, last value %d\n", restarts, written[KEYS - 1]);
    catga_close(other);
    catga_close(bus);
}

/* ---- Slow visitors ---- */

static bool visit_slowly(const catga_bucket_entry *entry, void *user)
{
    unsigned *visited = user;

    (void)entry;
    if ((*visited)++ == 0)
        pause_ms(SLOW_MS);
    return true;
}

/* A walk ends when no entry comes for ten seconds, not when one is visited for so long. */
static void a_slow_visitor_sees_all(void **state)
{
    catga_bus *bus = open_bus();
    const catga_bytes value = {(const uint8_t *)"1", 1};
    unsigned visited = 0;

    (void)state;
    assert_int_equal(catga_bucket_put(bus, &bucket, CATGA_STR("a"), value, NULL), CATGA_OK);
    assert_int_equal(catga_bucket_put(bus, &bucket, CATGA_STR("b"), value, NULL), CATGA_OK);
    assert_int_equal(catga_bucket_keys(bus, &bucket, NULL, visit_slowly, &visited), CATGA_OK);
    assert_int_equal(visited, 2);
    catga_close(bus);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_slow_visitor_sees_all, start_server, end_server),
        cmocka_unit_test_setup_teardown(watchers_end_with_the_last_values, start_server,
                                        end_server),
    };

    if (argc > 1)
        restarts = (int)strtol(argv[1], NULL, 10);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
