/*
 * Our side of the comparison with npm's client of buckets. Reads commands, one per line, and
 * answers each with one line.
 *
 *     put KEY VALUE          create KEY VALUE        update KEY VALUE REVISION
 *     delete KEY             purge KEY               get KEY
 *     keys PATTERN           history PATTERN         watch PATTERN
 *
 *     json_put KEY LIMIT     json_get KEY            json_watch PATTERN
 *
 * VALUE is in hexadecimal digits, "-" for none. Answers: a revision, the words of an entry, or a
 * status. A watcher prints "watched ENTRY" and "caught up". The last commands use the bucket of
 * typed.catga; an entry of it is "KEY REVISION ENABLED LIMIT NOTE", or "KEY REVISION STATUS".
 */
#include "typed.catga.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINE = 4096 };

static const catga_bucket bucket = {.name = "judged", .history = 5};
static catga_bus *bus;

/* Writes "KEY REVISION OPERATION VALUE". */
static void show(const char *before, const catga_bucket_entry *entry, const char *after)
{
    static const char *const changes[] = {"PUT", "DEL", "PURGE"};

    printf("%s%.*s %llu %s ", before, CATGA_PRINT(entry->key), (unsigned long long)entry->revision,
           changes[entry->change]);
    for (size_t i = 0; i < entry->value.length; i++)
        printf("%02x", entry->value.data[i]);
    printf("%s%s", entry->value.length == 0 ? "-" : "", after);
    fflush(stdout);
}

static bool visit(const catga_bucket_entry *entry, void *user)
{
    (void)user;
    show("", entry, "; ");
    return true;
}

static bool visit_key(const catga_bucket_entry *entry, void *user)
{
    (void)user;
    printf("%.*s ", CATGA_PRINT(entry->key));
    return true;
}

static void watched(const catga_bucket_entry *entry, void *user)
{
    (void)user;
    show("watched ", entry, "\n");
}

static void caught_up(void *user)
{
    (void)user;
    printf("caught up\n");
    fflush(stdout);
}

static catga_status watch(const char *pattern)
{
    static catga_bucket_watcher *watcher;
    const catga_watch how = {.pattern = pattern, .changed = watched, .caught_up = caught_up};

    return catga_bucket_watch(bus, &bucket, &how, &watcher);
}

static catga_status get(catga_string key)
{
    catga_bucket_entry entry;
    catga_status status = catga_bucket_get(bus, &bucket, key, &entry);

    if (status == CATGA_OK)
        show("", &entry, "\n");
    catga_bucket_entry_free(&entry);
    return status;
}

static catga_bytes value_of(const char *digits, uint8_t *bytes)
{
    catga_bytes value = {bytes, 0};
    unsigned byte;

    while (sscanf(digits + 2 * value.length, "%2x", &byte) == 1)
        bytes[value.length++] = (uint8_t)byte;
    return value;
}

/* ---- Values of a schema ---- */

static void show_setting(const char *before, const judged_typed_entry *entry)
{
    printf("%s%.*s %llu ", before, CATGA_PRINT(entry->key), (unsigned long long)entry->revision);
    if (entry->status != CATGA_OK)
        printf("%s\n", catga_status_name(entry->status));
    else
        printf("%d %u %.*s\n", judged_setting_get_enabled(entry->value),
               judged_setting_get_limit(entry->value),
               CATGA_PRINT(judged_setting_get_note(entry->value)));
}

static catga_status json_put(catga_string key, const char *limit, uint64_t *revision)
{
    const judged_setting setting =
        JUDGED_SETTING(.limit = (uint32_t)atoi(limit), .note = CATGA_STR("a \"b\" \xc3\xa9"));

    return judged_typed_put(bus, key, &setting, revision);
}

static catga_status json_get(catga_string key)
{
    judged_typed_entry entry;
    catga_status status = judged_typed_get(bus, key, &entry);

    if (status == CATGA_OK || status == CATGA_BAD_MESSAGE)
        show_setting("", &entry);
    judged_typed_entry_free(&entry);
    return status == CATGA_BAD_MESSAGE ? CATGA_OK : status;
}

static void setting_changed(const judged_typed_entry *entry, void *user)
{
    if (entry == NULL)
        caught_up(user);
    else
        show_setting("watched ", entry);
    fflush(stdout);
}

static catga_status json_watch(const char *pattern)
{
    static catga_bucket_watcher *watcher;

    return judged_typed_watch(bus, pattern, CATGA_WATCH_VALUES, setting_changed, NULL, &watcher);
}

/* Runs a command. *revision is 0 if that has printed its answer. */
static catga_status run(const char *verb, const char *word, catga_bytes value, uint64_t expected,
                        uint64_t *revision)
{
    catga_string key = catga_str(word);

    if (strcmp(verb, "put") == 0)
        return catga_bucket_put(bus, &bucket, key, value, revision);
    if (strcmp(verb, "create") == 0)
        return catga_bucket_create(bus, &bucket, key, value, revision);
    if (strcmp(verb, "update") == 0)
        return catga_bucket_update(bus, &bucket, key, value, expected, revision);
    if (strcmp(verb, "delete") == 0)
        return catga_bucket_delete(bus, &bucket, key, revision);
    if (strcmp(verb, "purge") == 0)
        return catga_bucket_purge(bus, &bucket, key, revision);
    if (strcmp(verb, "get") == 0)
        return get(key);
    if (strcmp(verb, "watch") == 0)
        return watch(word);
    if (strcmp(verb, "json_get") == 0)
        return json_get(key);
    if (strcmp(verb, "json_watch") == 0)
        return json_watch(word);
    bool all = strcmp(verb, "history") == 0;
    catga_status status = all ? catga_bucket_history(bus, &bucket, word, visit, NULL)
                              : catga_bucket_keys(bus, &bucket, word, visit_key, NULL);
    printf(".\n");
    return status;
}

int main(void)
{
    char line[LINE];
    char verb[16];
    char word[512];
    char digits[2048];
    uint8_t bytes[1024];

    if (catga_open(&bus, NULL) != CATGA_OK)
        return 1;
    while (fgets(line, sizeof line, stdin) != NULL) {
        unsigned long long expected = 0;
        uint64_t revision = 0;
        digits[0] = '\0';
        if (sscanf(line, "%15s %511s %2047s %llu", verb, word, digits, &expected) < 2)
            return 2;
        catga_status status = strcmp(verb, "json_put") == 0
                                  ? json_put(catga_str(word), digits, &revision)
                                  : run(verb, word, value_of(digits, bytes), expected, &revision);
        if (status != CATGA_OK)
            printf("%s\n", catga_status_name(status));
        else if (revision != 0)
            printf("%llu\n", (unsigned long long)revision);
        else if (strstr(verb, "watch") != NULL)
            printf("watching\n");
        fflush(stdout);
    }
    catga_close(bus);
    return 0;
}
