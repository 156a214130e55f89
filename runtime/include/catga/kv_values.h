/*
 * kv_values.h: buckets whose values have a type of a schema. Generated code wraps these functions;
 * catga/kv.h is the manual of buckets, and schemas/README.md of the generated functions.
 */
#ifndef CATGA_KV_VALUES_H
#define CATGA_KV_VALUES_H

#include <catga/gen.h>
#include <catga/kv.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A bucket of a schema, and the type of its values. */
typedef struct catga_values {
    catga_bucket bucket;
    const catga_table *table;       /* NULL: strings or bytes */
    const catga_encoding *encoding; /* of tables; NULL: FlatBuffers */
    bool is_text;                   /* strings, which are UTF-8 */
} catga_values;

/* An entry whose value was checked. */
typedef struct catga_value_entry {
    catga_bucket_entry stored; /* with the bytes of the value */
    const uint8_t *table;  /* of a table; of a marker and of an invalid value, one of defaults */
    catga_status status;   /* CATGA_OK; CATGA_BAD_MESSAGE: the value is not what the schema says;
                              CATGA_NO_MEMORY: it could not be decoded */
    catga_problem problem; /* the reason of another status than CATGA_OK */

    /* Of the runtime. */
    void *decoded;
} catga_value_entry;

/* Returns the value of a string; absent for a marker and an invalid value. */
static inline catga_string catga_value_text(const catga_value_entry *entry)
{
    catga_string text = {NULL, 0};

    if (entry->status == CATGA_OK && entry->stored.change == CATGA_BUCKET_PUT) {
        text.data = (const char *)entry->stored.value.data;
        text.length = entry->stored.value.length;
    }
    return text;
}

/* ---- Writing ---- */

/*
 * Do what the functions of kv.h do. `input` points to a native struct, a catga_string or a
 * catga_bytes. CATGA_INVALID_MESSAGE: it breaks a rule of the schema, which the log names.
 */
CATGA_CHECKED catga_status catga_values_put(catga_bus *bus, const catga_values *values,
                                            catga_string key, const void *input,
                                            uint64_t *revision);
CATGA_CHECKED catga_status catga_values_create(catga_bus *bus, const catga_values *values,
                                               catga_string key, const void *input,
                                               uint64_t *revision);
CATGA_CHECKED catga_status catga_values_update(catga_bus *bus, const catga_values *values,
                                               catga_string key, const void *input,
                                               uint64_t expected, uint64_t *revision);

/* ---- Reading ---- */

/*
 * Do what the functions of kv.h do, and check the value. CATGA_BAD_MESSAGE: it is not what the
 * schema says; the log names key, revision and reason, and *entry has the stored bytes. Free the
 * entry in any case.
 */
CATGA_CHECKED catga_status catga_values_get(catga_bus *bus, const catga_values *values,
                                            catga_string key, catga_value_entry *entry);
CATGA_CHECKED catga_status catga_values_get_revision(catga_bus *bus, const catga_values *values,
                                                     catga_string key, uint64_t revision,
                                                     catga_value_entry *entry);

/* Frees an entry, before catga_close. Also allowed after a failure, and a second time. */
void catga_values_free(catga_value_entry *entry);

/* Converts `visit` back to its type, and calls it. */
typedef bool catga_values_visit(catga_function visit, const catga_value_entry *entry, void *user);

CATGA_CHECKED catga_status catga_values_history(catga_bus *bus, const catga_values *values,
                                                const char *pattern, catga_values_visit *deliver,
                                                catga_function visit, void *user);

/* ---- Watching ---- */

/* Converts `changed` back to its type, and calls it. `entry` is NULL once, after the present
 * entries. */
typedef void catga_values_deliver(catga_function changed, const catga_value_entry *entry,
                                  void *user);

CATGA_CHECKED catga_status catga_values_watch(catga_bus *bus, const catga_values *values,
                                              const char *pattern, catga_watch_start start,
                                              catga_values_deliver *deliver, catga_function changed,
                                              void *user, catga_bucket_watcher **watcher);

/* ---- Watches of services ---- */

/* A watch of a service: `watch Settings("api.>") as changed;`. */
typedef struct catga_service_watch {
    const char *name; /* of its member in the service structure */
    const catga_values *values;
    const char *pattern; /* of keys; NULL: all keys */
    size_t member;       /* offset of the function pointer in the service structure */

    /* Calls that function of `handlers`, the service structure, with an entry, or with NULL once,
     * after the present entries. */
    void (*run)(const void *handlers, catga_bus *bus, const catga_value_entry *entry, void *user);
} catga_service_watch;

/* The functions of catga_service_watches. */
catga_status catga_watching_begin(catga_bus *bus, const catga_service *service,
                                  const void *handlers, void *user, catga_watching **watching);
bool catga_watching_end(catga_watching *watching, int wait_ms);

#ifdef __cplusplus
}
#endif

#endif
