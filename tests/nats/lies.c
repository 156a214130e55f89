/*
 * Buckets and object stores at a server that lies: each wrong answer gives a status of its own, and
 * says what is wrong; nothing hangs, and no wrong content is taken for right. Some wrong answers
 * could come from another subscriber: they are ignored, and the time-out of the call passes. So the
 * tries run at the same time.
 */
#include "lying_server.h"

#include <catga/kv.h>
#include <catga/objects.h>

#include <semaphore.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

/* An object operation waits for an answer for WAIT_MS, even on a slow machine long enough. */
enum { AT_ONCE = 12, LOG = 4096, WAIT_MS = 4000, SLOWEST_S = 60 };

static const catga_bucket bucket = {.name = "b", .only_existing = true};
static const catga_object_store store = {.name = "s", .wait_ms = WAIT_MS};

/* ---- Uses of the server ---- */

/* The results of a use. */
typedef struct found {
    catga_bus *bus;
    catga_problem problem;
    char text[64];
    atomic_uint entries;
    atomic_bool caught_up;
} found;

typedef catga_status use(found *f);

static void note(found *f, const uint8_t *bytes, size_t length)
{
    snprintf(f->text, sizeof f->text, "%.*s", (int)length, (const char *)bytes);
}

static catga_status get(found *f)
{
    catga_bucket_entry entry;
    catga_status status = catga_bucket_get(f->bus, &bucket, CATGA_STR("k"), &entry);

    note(f, entry.value.data, entry.value.length);
    catga_bucket_entry_free(&entry);
    return status;
}

static catga_status get_revision(found *f)
{
    catga_bucket_entry entry;
    catga_status status = catga_bucket_get_revision(f->bus, &bucket, CATGA_STR("k"), 1, &entry);

    note(f, entry.value.data, entry.value.length);
    catga_bucket_entry_free(&entry);
    return status;
}

static catga_status put(found *f)
{
    return catga_bucket_put(f->bus, &bucket, CATGA_STR("k"), (catga_bytes){NULL, 0}, NULL);
}

static catga_status update(found *f)
{
    return catga_bucket_update(f->bus, &bucket, CATGA_STR("k"), (catga_bytes){NULL, 0}, 1, NULL);
}

static catga_status create(found *f)
{
    return catga_bucket_create(f->bus, &bucket, CATGA_STR("k"), (catga_bytes){NULL, 0}, NULL);
}

static bool visit(const catga_bucket_entry *entry, void *user)
{
    found *f = user;

    note(f, entry->value.data, entry->value.length);
    atomic_fetch_add(&f->entries, 1);
    return true;
}

static catga_status history(found *f)
{
    return catga_bucket_history(f->bus, &bucket, NULL, visit, f);
}

static void see(const catga_bucket_entry *entry, void *user)
{
    (void)visit(entry, user);
}

static void catch_up(void *user)
{
    found *f = user;

    atomic_store(&f->caught_up, true);
}

/* Watches for a while. */
static catga_status watch(found *f)
{
    const catga_watch how = {.changed = see, .caught_up = catch_up, .user = f};
    catga_bucket_watcher *watcher;
    catga_status status = catga_bucket_watch(f->bus, &bucket, &how, &watcher);

    for (int i = 0; status == CATGA_OK && i < 30 && !atomic_load(&f->caught_up); i++)
        usleep(100000);
    catga_bucket_unwatch(watcher);
    return status == CATGA_OK && !atomic_load(&f->caught_up) ? CATGA_TIMEOUT : status;
}

static catga_status state(found *f)
{
    catga_stream_state of;

    return catga_bucket_get_state(f->bus, &bucket, &of);
}

static catga_status object_info(found *f)
{
    catga_object_info info;

    catga_status status = catga_object_info_get(f->bus, &store, CATGA_STR("a"), &info, &f->problem);

    catga_object_info_free(&info);
    return status;
}

static catga_status object_get(found *f)
{
    uint8_t content[16];
    catga_object_info info;
    catga_status status = catga_object_get(f->bus, &store, CATGA_STR("a"), content, sizeof content,
                                           &info, &f->problem);

    if (status == CATGA_OK)
        note(f, content, info.size);
    catga_object_info_free(&info);
    return status;
}

static catga_status object_put(found *f)
{
    static uint8_t content[300000];
    const catga_object object = {.name = CATGA_STR("a")};

    return catga_object_put(f->bus, &store, &object, (catga_bytes){content, sizeof content}, NULL,
                            &f->problem);
}

static catga_status object_delete(found *f)
{
    return catga_object_delete(f->bus, &store, CATGA_STR("a"), &f->problem);
}

static bool visit_object(const catga_object_info *info, void *user)
{
    found *f = user;

    note(f, (const uint8_t *)info->name.data, info->name.length);
    atomic_fetch_add(&f->entries, 1);
    return true;
}

static catga_status object_list(found *f)
{
    return catga_object_list(f->bus, &store, visit_object, f, &f->problem);
}

static catga_status object_state(found *f)
{
    catga_stream_state of;

    return catga_objects_state(f->bus, &store, &of, &f->problem);
}

/* ---- One try ---- */

/* A use at a server with a lie, and its outcome. `says` is in the problem, or in the log; after
 * success it is the content. */
typedef struct try_of_lie {
    use *use;
    catga_status expected;
    const char *says;
    server_lie lie;
} try_of_lie;

typedef struct outcome {
    const try_of_lie *of;
    pthread_t thread;
    sem_t *room;
    pthread_mutex_t lock;
    char log[LOG];
    found found;
    catga_status opened;
    catga_status status;
    int64_t took_s;
} outcome;

static void take_log(void *user, catga_log_level level, const char *text)
{
    outcome *o = user;

    (void)level;
    pthread_mutex_lock(&o->lock);
    size_t length = strlen(o->log);
    snprintf(o->log + length, sizeof o->log - length, "%s\n", text);
    pthread_mutex_unlock(&o->lock);
}

static void *run(void *argument)
{
    outcome *o = argument;
    lying_server server;
    int64_t begin = catga_timestamp_now();

    o->opened = CATGA_DISCONNECTED;
    if (lying_server_start(&server, &o->of->lie)) {
        const catga_options options = {.servers = server.url, .log = take_log, .log_user = o};
        o->opened = catga_open(&o->found.bus, &options);
    }
    if (o->opened == CATGA_OK)
        o->status = o->of->use(&o->found);
    catga_close(o->found.bus);
    lying_server_stop(&server);
    o->took_s = (catga_timestamp_now() - begin) / 1000000000;
    sem_post(o->room);
    return NULL;
}

static bool is_said(const outcome *o)
{
    const char *says = o->of->says;

    if (says == NULL)
        return true;
    if (o->status == CATGA_OK)
        return strcmp(o->found.text, says) == 0;
    return strstr(o->found.problem.text, says) != NULL || strstr(o->log, says) != NULL;
}

static bool is_expected(const outcome *o)
{
    return o->opened == CATGA_OK && o->status == o->of->expected && is_said(o) &&
           o->took_s < SLOWEST_S;
}

/* Runs all tries, some at once. */
static void run_all(const try_of_lie *tries, size_t count)
{
    outcome *outcomes = calloc(count, sizeof *outcomes);
    unsigned wrong = 0;
    sem_t room;

    assert_non_null(outcomes);
    sem_init(&room, 0, AT_ONCE);
    for (size_t i = 0; i < count; i++) {
        while (sem_wait(&room) != 0)
            continue;
        outcomes[i].of = &tries[i];
        outcomes[i].room = &room;
        pthread_mutex_init(&outcomes[i].lock, NULL);
        assert_int_equal(pthread_create(&outcomes[i].thread, NULL, run, &outcomes[i]), 0);
    }
    for (size_t i = 0; i < count; i++) {
        const outcome *o = &outcomes[i];
        pthread_join(o->thread, NULL);
        if (is_expected(o))
            continue;
        wrong++;
        print_error("try %zu: %s, not %s; '%s' '%s' after %d s; log: %s\n", i,
                    catga_status_name(o->status), catga_status_name(o->of->expected),
                    o->found.problem.text, o->found.text, (int)o->took_s, o->log);
    }
    sem_destroy(&room);
    free(outcomes);
    assert_int_equal(wrong, 0);
}

#define RUN(tries) run_all(tries, sizeof(tries) / sizeof((tries)[0]))

/* ---- Lies ---- */

#define INFO      "$JS.API.STREAM.INFO."
#define DIRECT    "$JS.API.DIRECT.GET."
#define LEADER    "$JS.API.STREAM.MSG.GET."
#define CONSUMER  "$JS.API.CONSUMER.CREATE."
#define VALUE     "$KV.b."
#define CHUNK     "$O.s.C."
#define META      "$O.s.M."
#define NO_STREAM "none of JetStream's"
#define NO_ANSWER "the server does not answer"
#define NO_CALL   "the outcome is unknown"
#define OF_STREAM "Nats-Stream: KV_b\r\n"
#define OF_KEY    "Nats-Subject: $KV.b.k\r\n"
#define ERROR(code)                                                                                \
    "{" LYING_TYPE "\"error\":{\"code\":500,\"err_code\":" code ",\"description\":\"it lies\"}}"

static void an_honest_server_is_believed(void **unused)
{
    static const try_of_lie tries[] = {
        {get, CATGA_OK, "value", {0}},        {get_revision, CATGA_OK, "value", {0}},
        {put, CATGA_OK, NULL, {0}},           {update, CATGA_OK, NULL, {0}},
        {create, CATGA_OK, NULL, {0}},        {history, CATGA_OK, "value", {0}},
        {watch, CATGA_OK, "value", {0}},      {state, CATGA_OK, NULL, {0}},
        {object_info, CATGA_OK, NULL, {0}},   {object_get, CATGA_OK, "12345", {0}},
        {object_put, CATGA_OK, NULL, {0}},    {object_list, CATGA_OK, "a", {0}},
        {object_delete, CATGA_OK, NULL, {0}}, {object_state, CATGA_OK, NULL, {0}},
    };

    (void)unused;
    RUN(tries);
}

static void wrong_answers_about_a_bucket(void **unused)
{
    static const try_of_lie tries[] = {
        {get, CATGA_BAD_MESSAGE, NO_STREAM, {.to = INFO, .text = ""}},
        {get, CATGA_BAD_MESSAGE, NO_STREAM, {.to = INFO, .text = "[]"}},
        {get, CATGA_BAD_MESSAGE, NO_STREAM, {.to = INFO, .text = "null"}},
        {get, CATGA_BAD_MESSAGE, NO_STREAM, {.to = INFO, .text = "{}"}},
        {get, CATGA_BAD_MESSAGE, NO_STREAM, {.to = INFO, .text = "{" LYING_TYPE "\"config\":{"}},
        {get, CATGA_BAD_MESSAGE, NO_STREAM, {.to = INFO, .text = "{\"type\":7}"}},
        {get, CATGA_BAD_MESSAGE, NO_STREAM, {.to = INFO, .text = "\xff\xfe\"{", .size = 900000}},
        {get, CATGA_NO_JETSTREAM, NULL, {.to = INFO, .text = ERROR("10076")}},
        {get, CATGA_REFUSED, "it lies", {.to = INFO, .text = ERROR("1")}},
        {get, CATGA_REFUSED, "it lies", {.to = INFO, .text = ERROR("\"10076\"")}},
        {get, CATGA_REFUSED, NULL, {.to = INFO, .text = "{" LYING_TYPE "\"error\":7}"}},
        {get, CATGA_TIMEOUT, NO_ANSWER, {.to = INFO, .silent = true}},
        {state, CATGA_BAD_MESSAGE, NO_STREAM, {.to = INFO, .text = "{" LYING_TYPE "\"a\":1"}},
        {state, CATGA_BAD_MESSAGE, "has no state", {.to = INFO, .text = "{" LYING_TYPE "\"a\":1}"}},
    };

    (void)unused;
    RUN(tries);
}

static void wrong_values(void **unused)
{
    static const try_of_lie tries[] = {
        {get, CATGA_NOT_FOUND, NULL, {.to = DIRECT, .headers = "Status: 404\r\n", .text = ""}},
        {get,
         CATGA_BAD_MESSAGE,
         "none of a stream's",
         {.to = DIRECT, .headers = "Status: 408\r\n", .text = ""}},
        {get, CATGA_BAD_MESSAGE, "none of a stream's", {.to = DIRECT, .headers = OF_STREAM}},
        {get,
         CATGA_BAD_MESSAGE,
         "none of a stream's",
         {.to = DIRECT, .headers = OF_STREAM "Nats-Sequence: 1\r\n"}},
        {get, CATGA_BAD_MESSAGE, "none of a stream's", {.to = DIRECT, .headers = OF_STREAM OF_KEY}},
        {get,
         CATGA_BAD_MESSAGE,
         "not the message that was asked",
         {.to = DIRECT, .headers = OF_STREAM OF_KEY "Nats-Sequence: x\r\n"}},
        {get,
         CATGA_BAD_MESSAGE,
         "not the message that was asked",
         {.to = DIRECT, .headers = OF_STREAM OF_KEY "Nats-Sequence: -1\r\n"}},
        {get,
         CATGA_BAD_MESSAGE,
         "not the message that was asked",
         {.to = DIRECT, .headers = OF_STREAM OF_KEY "Nats-Sequence: 1e3\r\n"}},
        {get,
         CATGA_BAD_MESSAGE,
         "not the message that was asked",
         {.to = DIRECT, .headers = OF_STREAM OF_KEY "Nats-Sequence: 99999999999999999999\r\n"}},
        {get,
         CATGA_BAD_MESSAGE,
         "not the message that was asked",
         {.to = DIRECT, .headers = OF_STREAM "Nats-Subject: $KV.b.other\r\nNats-Sequence: 1\r\n"}},
        {get_revision,
         CATGA_BAD_MESSAGE,
         "not the message that was asked",
         {.to = DIRECT, .headers = OF_STREAM OF_KEY "Nats-Sequence: 2\r\n"}},
        {get_revision,
         CATGA_NOT_FOUND,
         NULL,
         {.to = DIRECT, .headers = OF_STREAM "Nats-Subject: k\r\nNats-Sequence: 1\r\n"}},
        {get, CATGA_TIMEOUT, NULL, {.to = DIRECT, .headers = ""}},
        {get, CATGA_TIMEOUT, NULL, {.to = DIRECT, .headers = "Nats-Stream: KV_c\r\n"}},
        {get, CATGA_TIMEOUT, NULL, {.to = DIRECT, .silent = true}},
        {get,
         CATGA_OK,
         "value" /* and more */ "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
         {.to = DIRECT, .size = 1000000}},
    };

    (void)unused;
    RUN(tries);
}

static void wrong_acknowledgements_of_values(void **unused)
{
    static const try_of_lie tries[] = {
        {put, CATGA_TIMEOUT, NULL, {.to = VALUE, .text = ""}},
        {put, CATGA_TIMEOUT, NULL, {.to = VALUE, .text = "{\"stream\":\"KV_b\",\"seq\":12"}},
        {put, CATGA_TIMEOUT, NULL, {.to = VALUE, .text = "{\"stream\":\"KV_b\",\"seq\":0}"}},
        {put, CATGA_TIMEOUT, NULL, {.to = VALUE, .text = "{\"stream\":\"KV_b\",\"seq\":-1}"}},
        {put, CATGA_TIMEOUT, NULL, {.to = VALUE, .text = "{\"stream\":\"KV_b\",\"seq\":\"1\"}"}},
        {put, CATGA_TIMEOUT, NULL, {.to = VALUE, .text = "{\"stream\":\"KV_c\",\"seq\":1}"}},
        {put, CATGA_TIMEOUT, NULL, {.to = VALUE, .silent = true}},
        {put,
         CATGA_REFUSED,
         "it lies",
         {.to = VALUE,
          .text = "{\"error\":{\"err_code\":1,\"description\":\"it lies\"},\"stream\":\"KV_b\"}"}},
        {update,
         CATGA_CONFLICT,
         NULL,
         {.to = VALUE, .text = "{\"error\":{\"err_code\":10071},\"stream\":\"KV_b\"}"}},
        {put,
         CATGA_TOO_LARGE,
         NULL,
         {.to = VALUE, .text = "{\"error\":{\"err_code\":10054},\"stream\":\"KV_b\"}"}},
        {put,
         CATGA_OVERLOADED,
         NULL,
         {.to = VALUE, .text = "{\"error\":{\"err_code\":10077},\"stream\":\"KV_b\"}"}},
    };

    (void)unused;
    RUN(tries);
}

/* A reader ignores messages that are none of its consumer's; it does not end with a wrong set. */
static void wrong_consumers(void **unused)
{
    static const try_of_lie tries[] = {
        {history, CATGA_BAD_MESSAGE, NO_STREAM, {.to = CONSUMER, .text = ""}},
        {history, CATGA_BAD_MESSAGE, NO_STREAM, {.to = CONSUMER, .text = "{" LYING_TYPE}},
        {history,
         CATGA_BAD_MESSAGE,
         "num_pending",
         {.to = CONSUMER, .text = "{" LYING_TYPE "\"a\":1}"}},
        {watch,
         CATGA_BAD_MESSAGE,
         "num_pending",
         {.to = CONSUMER, .text = "{" LYING_TYPE "\"num_pending\":\"1\"}"}},
        {watch,
         CATGA_BAD_MESSAGE,
         "num_pending",
         {.to = CONSUMER, .text = "{" LYING_TYPE "\"num_pending\":-1}"}},
        {history, CATGA_NO_RESPONDERS, NULL, {.to = CONSUMER, .text = ERROR("10059")}},
        {history, CATGA_REFUSED, "it lies", {.to = CONSUMER, .text = ERROR("1")}},
        {history, CATGA_TIMEOUT, NO_ANSWER, {.to = CONSUMER, .silent = true}},
        {history, CATGA_TIMEOUT, NULL, {.to = LYING_DELIVERY, .silent = true}},
        {watch, CATGA_TIMEOUT, NULL, {.to = LYING_ACK, .text = NULL}},
        {watch, CATGA_TIMEOUT, NULL, {.to = LYING_ACK, .text = "$JS.ACK.KV_b.x.1.1.1.1.0"}},
        {watch, CATGA_TIMEOUT, NULL, {.to = LYING_ACK, .text = "$JS.ACK."}},
        {object_list, CATGA_TIMEOUT, NULL, {.to = LYING_DELIVERY, .silent = true}},
        {object_list, CATGA_BAD_MESSAGE, NO_STREAM, {.to = CONSUMER, .text = "{}"}},
        {object_list, CATGA_OK, "", {.to = LYING_DELIVERY, .text = "{\"name\":"}},
        {object_list, CATGA_OK, "", {.to = LYING_DELIVERY, .text = "[[[["}},
        {object_list, CATGA_OK, "", {.to = LYING_DELIVERY, .text = "", .size = 1000000}},
    };

    (void)unused;
    RUN(tries);
}

#define STORED(members) "{" LYING_TYPE "\"message\":{" members "}}"
#define TO_INFO         "\"subject\":\"$O.s.M.YQ==\""

static void wrong_infos(void **unused)
{
    static const try_of_lie tries[] = {
        {object_get, CATGA_BAD_MESSAGE, "none of a stream's", {.to = LEADER, .text = ""}},
        {object_get, CATGA_BAD_MESSAGE, "none of a stream's", {.to = LEADER, .text = "{"}},
        {object_get, CATGA_BAD_MESSAGE, "none of a stream's", {.to = LEADER, .text = "[7]"}},
        {object_get,
         CATGA_BAD_MESSAGE,
         "none of a stream's",
         {.to = LEADER, .text = "{\"message\":7}"}},
        {object_get,
         CATGA_BAD_MESSAGE,
         "none of a stream's",
         {.to = LEADER, .text = STORED("\"seq\":7")}},
        {object_get,
         CATGA_BAD_MESSAGE,
         "none of a stream's",
         {.to = LEADER, .text = STORED("\"subject\":[\"$O.s.M.YQ==\"],\"seq\":7")}},
        {object_get,
         CATGA_BAD_MESSAGE,
         "not the message that was asked",
         {.to = LEADER, .text = STORED("\"subject\":\"$O.s.M.Yg==\",\"seq\":7")}},
        {object_get,
         CATGA_BAD_MESSAGE,
         "not the message that was asked",
         {.to = LEADER, .text = STORED(TO_INFO ",\"seq\":0")}},
        {object_get,
         CATGA_BAD_MESSAGE,
         "not the message that was asked",
         {.to = LEADER, .text = STORED(TO_INFO ",\"seq\":\"7\"")}},
        {object_get,
         CATGA_BAD_MESSAGE,
         "not the message that was asked",
         {.to = LEADER, .text = STORED(TO_INFO ",\"seq\":-7")}},
        {object_get,
         CATGA_BAD_MESSAGE,
         "the info of the object",
         {.to = LEADER, .text = STORED(TO_INFO ",\"seq\":7")}},
        {object_get,
         CATGA_BAD_MESSAGE,
         "none of a stream's",
         {.to = LEADER, .text = STORED(TO_INFO ",\"seq\":7,\"data\":\"????\"")}},
        {object_get,
         CATGA_BAD_MESSAGE,
         "none of a stream's",
         {.to = LEADER, .text = STORED(TO_INFO ",\"seq\":7,\"hdrs\":\"TkFU!\"")}},
        {object_get,
         CATGA_BAD_MESSAGE,
         "the info of the object",
         {.to = LEADER, .text = STORED(TO_INFO ",\"seq\":7,\"data\":\"eyJuYW1lIjo=\"")}},
        {object_get,
         CATGA_BAD_MESSAGE,
         NULL,
         {.to = LEADER,
          .text = "{" LYING_TYPE "\"message\":{" TO_INFO ",\"seq\":7,\"data\":\"",
          .size = 900000}},
        {object_get,
         CATGA_NOT_FOUND,
         "there is no object 'a'",
         {.to = LEADER, .text = ERROR("10037")}},
        {object_get, CATGA_NO_RESPONDERS, NULL, {.to = LEADER, .text = ERROR("10059")}},
        {object_get, CATGA_REFUSED, "it lies", {.to = LEADER, .text = ERROR("1")}},
        {object_get, CATGA_TIMEOUT, NULL, {.to = LEADER, .silent = true}},
        {object_info, CATGA_BAD_MESSAGE, "none of a stream's", {.to = LEADER, .text = ""}},
        {object_info, CATGA_TIMEOUT, NULL, {.to = LEADER, .silent = true}},
        {object_delete, CATGA_BAD_MESSAGE, "none of a stream's", {.to = LEADER, .text = ""}},
        {object_state, CATGA_BAD_MESSAGE, NO_STREAM, {.to = INFO, .text = "x"}},
    };

    (void)unused;
    RUN(tries);
}

static void wrong_chunks(void **unused)
{
    static const try_of_lie tries[] = {
        {object_get,
         CATGA_CORRUPT,
         "does not have the digest",
         {.to = LYING_DELIVERY, .text = "346", .last = true}},
        {object_get,
         CATGA_CORRUPT,
         "has 4 bytes, the info says 5",
         {.to = LYING_DELIVERY, .text = "34", .last = true}},
        {object_get,
         CATGA_CORRUPT,
         "has 2 bytes, the info says 5",
         {.to = LYING_DELIVERY, .text = "", .last = true}},
        {object_get,
         CATGA_CORRUPT,
         "at least 6 bytes, the info says 5",
         {.to = LYING_DELIVERY, .text = "3456", .last = true}},
        {object_get,
         CATGA_CORRUPT,
         "at least 1000002 bytes, the info says 5",
         {.to = LYING_DELIVERY, .text = "", .size = 1000000, .last = true}},
        {object_get, CATGA_TIMEOUT, NULL, {.to = LYING_DELIVERY, .silent = true}},
        {object_get, CATGA_TIMEOUT, NULL, {.to = LYING_DELIVERY, .silent = true, .last = true}},
        {object_get,
         CATGA_TIMEOUT,
         NULL,
         {.to = LYING_ACK, .text = "$JS.ACK.OBJ_s.x.1.2.2.1.0", .last = true}},
        {object_get,
         CATGA_BAD_MESSAGE,
         "num_pending",
         {.to = CONSUMER, .text = "{" LYING_TYPE "\"num_pending\":{}}"}},
    };

    (void)unused;
    RUN(tries);
}

static void wrong_acknowledgements_of_chunks(void **unused)
{
    static const try_of_lie tries[] = {
        {object_put,
         CATGA_TRANSPORT_FAILED,
         "stored chunk 1 out of its order",
         {.to = CHUNK, .text = "{\"stream\":\"OBJ_s\",\"seq\":5}"}},
        {object_put, CATGA_TIMEOUT, NULL, {.to = CHUNK, .text = "{\"stream\":\"OBJ_s\",\"seq\":5"}},
        {object_put, CATGA_TIMEOUT, NULL, {.to = CHUNK, .text = ""}},
        {object_put, CATGA_TIMEOUT, NULL, {.to = CHUNK, .silent = true}},
        {object_put, CATGA_TIMEOUT, NULL, {.to = META, .silent = true}},
        {object_put, CATGA_TIMEOUT, NULL, {.to = META, .text = "{}"}},
        {object_put,
         CATGA_REFUSED,
         "it lies",
         {.to = META,
          .text = "{\"error\":{\"err_code\":1,\"description\":\"it lies\"},\"stream\":\"OBJ_s\"}"}},
        {object_put,
         CATGA_CONFLICT,
         "other writers",
         {.to = META, .text = "{\"error\":{\"err_code\":10071},\"stream\":\"OBJ_s\"}"}},
        {object_put, CATGA_BAD_MESSAGE, NO_STREAM, {.to = INFO, .text = "x"}},
    };

    (void)unused;
    RUN(tries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_honest_server_is_believed),
        cmocka_unit_test(wrong_answers_about_a_bucket),
        cmocka_unit_test(wrong_values),
        cmocka_unit_test(wrong_acknowledgements_of_values),
        cmocka_unit_test(wrong_consumers),
        cmocka_unit_test(wrong_infos),
        cmocka_unit_test(wrong_chunks),
        cmocka_unit_test(wrong_acknowledgements_of_chunks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
