/*
 * Objects at a server of the test: each one is complete or absent while the server is killed, puts
 * and gets survive a restart, a put without permission says so, a download that is killed leaves no
 * file, and large objects need little memory.
 */
#include "bus_fixture.h"
#include "nats_server.h"
#include "sanitizer.h"

#include <catga/objects.h>

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>

enum { CHUNK = 32768, SIZE = 200 * CHUNK + 17 };

static const catga_object_store store = {.name = "store", .wait_ms = 20000};

typedef struct fixture {
    nats_server server;
    catga_bus *bus;
} fixture;

static int begin(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    static unsigned number;
    char config[512];
    catga_problem problem;

    const char *temp = getenv("CATGA_TEMP");
    snprintf(config, sizeof config,
             "jetstream { store_dir: \"%s/store-%d-%u\" }\n"
             "no_auth_user: all\n"
             "authorization { users: [\n"
             "  { user: all, password: x }\n"
             "  { user: guest, password: x, permissions: { publish: { deny: \"$O.*.C.>\" } } }\n"
             "] }\n",
             temp == NULL ? "/tmp" : temp, (int)getpid(), number++);
    nats_server_init(&f->server, config);
    nats_server_start(&f->server);
    f->bus = open_bus(NULL, (catga_options){.servers = f->server.url});
    assert_int_equal(catga_objects_ensure(f->bus, &store, &problem), CATGA_OK);
    *state = f;
    return 0;
}

static int end(void **state)
{
    fixture *f = *state;

    catga_close(f->bus);
    nats_server_clear(&f->server);
    free(f);
    return 0;
}

static void restart(fixture *f)
{
    nats_server_signal(&f->server, SIGKILL);
    nats_server_start(&f->server);
}

/* ---- Content ---- */

static uint8_t byte_of(uint64_t at, uint64_t seed)
{
    return (uint8_t)(seed * 31 + at * 7 + at / 251);
}

typedef struct stream {
    uint64_t size;
    uint64_t at;
    uint64_t seed;
    uint32_t pause_us; /* before each piece */
    bool is_wrong;
} stream;

static int64_t read_stream(void *user, uint8_t *to, size_t capacity)
{
    stream *s = user;
    uint64_t left = s->size - s->at;
    size_t count = left < capacity ? (size_t)left : capacity;

    usleep(s->pause_us);
    for (size_t i = 0; i < count; i++)
        to[i] = byte_of(s->at + i, s->seed);
    s->at += count;
    return (int64_t)count;
}

static bool write_stream(void *user, const uint8_t *bytes, size_t length)
{
    stream *s = user;

    usleep(s->pause_us);
    for (size_t i = 0; i < length; i++)
        s->is_wrong |= bytes[i] != byte_of(s->at + i, s->seed);
    s->at += length;
    return true;
}

/* ---- The server restarts during puts and gets ---- */

typedef struct job {
    fixture *f;
    catga_status status;
    catga_problem problem;
    stream content;
    pthread_t thread;
} job;

static void *run_put(void *argument)
{
    job *j = argument;
    const catga_object object = {.name = CATGA_STR("a"), .chunk_bytes = CHUNK};

    j->status = catga_object_put_from(j->f->bus, &store, &object, read_stream, &j->content, NULL,
                                      &j->problem);
    return NULL;
}

static void *run_get(void *argument)
{
    job *j = argument;

    j->status = catga_object_get_to(j->f->bus, &store, CATGA_STR("a"), write_stream, &j->content,
                                    NULL, &j->problem);
    return NULL;
}

static void assert_succeeded(const job *j)
{
    if (j->status != CATGA_OK)
        fail_msg("%s: %s", catga_status_name(j->status), j->problem.text);
}

/* The chunks without an ack are sent again, and stored once and in order. */
static void a_put_survives_restarts(void **state)
{
    fixture *f = *state;
    job put = {.f = f, .content = {.size = SIZE, .pause_us = 4000}};
    job get = {.f = f, .content = {.size = SIZE}};
    catga_stream_state found;
    catga_problem problem;

    pthread_create(&put.thread, NULL, run_put, &put);
    for (int i = 0; i < 3; i++) {
        pause_ms(150);
        restart(f);
    }
    pthread_join(put.thread, NULL);
    assert_succeeded(&put);
    run_get(&get);
    assert_succeeded(&get);
    assert_false(get.content.is_wrong);
    assert_int_equal(get.content.at, SIZE);
    assert_int_equal(catga_objects_state(f->bus, &store, &found, &problem), CATGA_OK);
    assert_int_equal(found.messages, 202);
}

/* A source that is slower than the restart has chunks for the server while it is away. None of them
 * may be stored before one that was lost. */
static void a_slow_put_survives_restarts(void **state)
{
    fixture *f = *state;
    job put = {.f = f, .content = {.size = 40 * CHUNK, .pause_us = 100000}};
    job get = {.f = f, .content = {.size = 40 * CHUNK}};

    pthread_create(&put.thread, NULL, run_put, &put);
    for (int i = 0; i < 3; i++) {
        pause_ms(650);
        nats_server_signal(&f->server, i % 2 == 0 ? SIGKILL : SIGTERM);
        pause_ms(300);
        nats_server_start(&f->server);
    }
    pthread_join(put.thread, NULL);
    assert_succeeded(&put);
    run_get(&get);
    assert_succeeded(&get);
    assert_false(get.content.is_wrong);
    assert_int_equal(get.content.at, 40 * CHUNK);
}

static void a_get_survives_restarts(void **state)
{
    fixture *f = *state;
    job put = {.f = f, .content = {.size = SIZE}};
    job get = {.f = f, .content = {.size = SIZE, .pause_us = 4000}};

    run_put(&put);
    assert_succeeded(&put);
    pthread_create(&get.thread, NULL, run_get, &get);
    for (int i = 0; i < 2; i++) {
        pause_ms(150);
        restart(f);
    }
    pthread_join(get.thread, NULL);
    assert_succeeded(&get);
    assert_false(get.content.is_wrong);
    assert_int_equal(get.content.at, SIZE);
}

/* ---- The server is absent when an operation begins ---- */

static bool visit_none(const catga_object_info *info, void *user)
{
    (void)info;
    (void)user;
    return true;
}

static void change_none(const catga_object_info *info, void *user)
{
    (void)info;
    (void)user;
}

static const catga_bytes text = {(const uint8_t *)"text", 4};

typedef catga_status operation(catga_bus *bus, catga_problem *problem);

static catga_status op_ensure(catga_bus *bus, catga_problem *problem)
{
    return catga_objects_ensure(bus, &store, problem);
}

static catga_status op_state(catga_bus *bus, catga_problem *problem)
{
    catga_stream_state found;

    return catga_objects_state(bus, &store, &found, problem);
}

static catga_status op_put(catga_bus *bus, catga_problem *problem)
{
    const catga_object object = {.name = CATGA_STR("new")};

    return catga_object_put(bus, &store, &object, text, NULL, problem);
}

static catga_status op_info(catga_bus *bus, catga_problem *problem)
{
    catga_object_info info;
    catga_status status = catga_object_info_get(bus, &store, CATGA_STR("a"), &info, problem);

    catga_object_info_free(&info);
    return status;
}

static catga_status op_get(catga_bus *bus, catga_problem *problem)
{
    char bytes[16];

    return catga_object_get(bus, &store, CATGA_STR("a"), bytes, sizeof bytes, NULL, problem);
}

static catga_status op_list(catga_bus *bus, catga_problem *problem)
{
    return catga_object_list(bus, &store, visit_none, NULL, problem);
}

static catga_status op_watch(catga_bus *bus, catga_problem *problem)
{
    catga_object_watch *watch;

    catga_status status =
        catga_object_watch_open(&watch, bus, &store, false, change_none, NULL, problem);

    if (status == CATGA_OK)
        catga_object_watch_close(watch);
    return status;
}

static catga_status op_collect(catga_bus *bus, catga_problem *problem)
{
    return catga_objects_gc(bus, &store, 0, NULL, problem);
}

static catga_status op_seal(catga_bus *bus, catga_problem *problem)
{
    return catga_objects_seal(bus, &store, problem);
}

static catga_status op_remove(catga_bus *bus, catga_problem *problem)
{
    return catga_objects_remove(bus, &store, problem);
}

typedef struct attempt {
    operation *run;
    catga_bus *bus;
    catga_status status;
    catga_problem problem;
} attempt;

static void *run_attempt(void *argument)
{
    attempt *a = argument;

    a->status = a->run(a->bus, &a->problem);
    return NULL;
}

static void each_operation_waits_for_the_server(void **state)
{
    static operation *const operations[] = {op_ensure, op_state, op_put,     op_info, op_get,
                                            op_list,   op_watch, op_collect, op_seal, op_remove};
    fixture *f = *state;
    const catga_object object = {.name = CATGA_STR("a")};
    catga_problem problem;

    assert_int_equal(catga_object_put(f->bus, &store, &object, text, NULL, &problem), CATGA_OK);
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++) {
        attempt a = {.run = operations[i], .bus = f->bus};
        pthread_t thread;
        nats_server_signal(&f->server, SIGKILL);
        wait_until(!catga_connected(f->bus));
        assert_int_equal(pthread_create(&thread, NULL, run_attempt, &a), 0);
        pause_ms(300);
        nats_server_start(&f->server);
        pthread_join(thread, NULL);
        if (a.status != CATGA_OK)
            fail_msg("operation %zu: %s: %s", i, catga_status_name(a.status), a.problem.text);
        assert_string_equal(a.problem.text, "");
        wait_until(catga_connected(f->bus));
    }
}

static void an_absent_server_is_named(void **state)
{
    fixture *f = *state;
    const catga_object_store hasty = {.name = "store", .wait_ms = 300};
    catga_problem problem;

    nats_server_signal(&f->server, SIGKILL);
    wait_until(!catga_connected(f->bus));
    assert_int_equal(catga_object_list(f->bus, &hasty, visit_none, NULL, &problem),
                     CATGA_DISCONNECTED);
    assert_string_equal(problem.text, "there was no connection for 300 ms");
    nats_server_start(&f->server);
}

/* ---- Permissions ---- */

/* The server says so at once, and the put does not wait for an ack until its time is over. */
static void a_put_names_what_is_not_permitted(void **state)
{
    fixture *f = *state;
    const catga_object object = {.name = CATGA_STR("a"), .chunk_bytes = 1000};
    stream content = {.size = 20000};
    char url[160];
    catga_problem problem;

    snprintf(url, sizeof url, "nats://guest:x@127.0.0.1:%d", f->server.port);
    catga_bus *bus = open_bus(NULL, (catga_options){.servers = url});
    double began = seconds_now();
    assert_int_equal(
        catga_object_put_from(bus, &store, &object, read_stream, &content, NULL, &problem),
        CATGA_NOT_PERMITTED);
    assert_true(seconds_now() - began < 3);
    assert_memory_equal(problem.text, "no permission to publish to \"$O.store.C.", 40);
    catga_close(bus);
}

/* ---- The writer is killed ---- */

/* Puts objects of growing versions under one name, until it is killed. */
static void put_until_killed(const char *url)
{
    catga_bus *bus = open_bus(NULL, (catga_options){.servers = url});
    const catga_object object = {.name = CATGA_STR("a"), .chunk_bytes = 1000};
    catga_problem problem;

    for (uint64_t version = 0;; version++) {
        stream content = {.size = 20000 + version, .seed = 20000 + version};
        catga_ignore(
            catga_object_put_from(bus, &store, &object, read_stream, &content, NULL, &problem));
    }
}

/* Writers and the server die at any moment. Afterwards the object is complete, and its size tells
 * its content. The garbage of the dead is collected. */
static void an_object_is_complete_or_absent(void **state)
{
    static uint8_t bytes[64 * 1024];
    fixture *f = *state;
    job first = {.f = f, .content = {.size = 20000, .seed = 20000}};
    catga_object_info info;
    catga_stream_state found;
    catga_problem problem;

    run_put(&first); /* a slow writer may complete none */
    assert_succeeded(&first);
    for (int round = 0; round < 12; round++) {
        pid_t writer = fork();
        if (writer == 0) {
            execl("/proc/self/exe", "objects_killed", f->server.url, (char *)NULL);
            _exit(127);
        }
        pause_ms(120 + round * 7);
        if (round % 3 == 0)
            restart(f);
        kill(writer, SIGKILL);
        waitpid(writer, NULL, 0);
        wait_until(catga_connected(f->bus));
        catga_status status =
            catga_object_get(f->bus, &store, CATGA_STR("a"), bytes, sizeof bytes, &info, &problem);
        assert_int_equal(status, CATGA_OK);
        stream content = {.seed = info.size};
        (void)write_stream(&content, bytes, info.size);
        assert_false(content.is_wrong);
        catga_object_info_free(&info);
    }
    pause_ms(200); /* the server stores what the last writer has sent */
    assert_int_equal(catga_object_info_get(f->bus, &store, CATGA_STR("a"), &info, &problem),
                     CATGA_OK);
    assert_int_equal(catga_objects_gc(f->bus, &store, 0, NULL, &problem), CATGA_OK);
    assert_int_equal(catga_objects_state(f->bus, &store, &found, &problem), CATGA_OK);
    assert_int_equal(found.messages, info.chunks + 1);
    catga_object_info_free(&info);
}

/* ---- The reader is killed ---- */

/* Downloads the object, and ends. */
static void download(const char *url, const char *path)
{
    catga_bus *bus = open_bus(NULL, (catga_options){.servers = url});
    catga_problem problem;

    _exit(catga_object_get_file(bus, &store, CATGA_STR("a"), path, NULL, &problem) == CATGA_OK ? 0
                                                                                               : 1);
}

/* Returns true if the process has a file of the folder open that is not empty. */
static bool is_writing(pid_t process, const char *folder)
{
    char path[64];
    char of[512];
    struct stat file;
    bool found = false;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)process);
    DIR *descriptors = opendir(path);
    for (struct dirent *each; descriptors != NULL && (each = readdir(descriptors)) != NULL;) {
        ssize_t length = readlinkat(dirfd(descriptors), each->d_name, of, sizeof of - 1);
        of[length < 0 ? 0 : length] = '\0';
        found |= strncmp(of, folder, strlen(folder)) == 0 &&
                 fstatat(dirfd(descriptors), each->d_name, &file, 0) == 0 && file.st_size > 0;
    }
    if (descriptors != NULL)
        closedir(descriptors);
    return found;
}

/* Kills a download in the middle. Returns false if it was too fast. */
static bool kill_download(const fixture *f, const char *folder, const char *path)
{
    int status;
    pid_t ended = 0;
    pid_t reader = fork();

    if (reader == 0) {
        execl("/proc/self/exe", "objects_killed", f->server.url, path, (char *)NULL);
        _exit(127);
    }
    while (ended == 0 && !is_writing(reader, folder))
        ended = waitpid(reader, &status, WNOHANG);
    if (ended == 0) {
        kill(reader, SIGKILL);
        waitpid(reader, &status, 0);
    } else { /* it was too fast to be killed, and did not fail */
        assert_true(ended == reader && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    return access(path, F_OK) != 0;
}

/* Returns the number of files in a folder. A file system without O_TMPFILE keeps the hidden file of
 * a download: it does not count there. */
static int files_of(const char *folder)
{
    DIR *directory = opendir(folder);
    int unnamed = open(folder, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    int count = 0;

    assert_non_null(directory);
    for (struct dirent *each; (each = readdir(directory)) != NULL;)
        count += each->d_name[0] != '.' || (unnamed >= 0 && strlen(each->d_name) > 2);
    closedir(directory);
    if (unnamed >= 0)
        close(unnamed);
    return count;
}

static void a_killed_download_leaves_no_file(void **state)
{
    fixture *f = *state;
    job put = {.f = f, .content = {.size = SIZE}};
    char folder[160];
    char path[192];
    catga_problem problem;

    snprintf(folder, sizeof folder, "%s/folder", f->server.folder);
    snprintf(path, sizeof path, "%s/file", folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    run_put(&put);
    assert_succeeded(&put);
    for (int killed = 0, tries = 0; killed < 3; tries++) {
        assert_true(tries < 200);
        if (kill_download(f, folder, path)) {
            assert_int_equal(files_of(folder), 0);
            killed++;
        }
        unlink(path);
    }
    assert_int_equal(catga_object_get_file(f->bus, &store, CATGA_STR("a"), path, NULL, &problem),
                     CATGA_OK);
    assert_int_equal(files_of(folder), 1);
    unlink(path);
    rmdir(folder);
}

/* ---- Memory ---- */

/* Returns the greatest resident size of this process so far, in KiB. */
static long peak_kib(void)
{
    char line[128];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");

    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "VmHWM: %ld", &kib) == 1)
            break;
    if (file != NULL)
        fclose(file);
    return kib;
}

/* Sets the greatest resident size to the present one. */
static void forget_peak(void)
{
    int file = open("/proc/self/clear_refs", O_WRONLY);

    assert_int_equal(write(file, "5", 1), 1);
    close(file);
}

/* 320 MiB pass in both directions. The server lets 32 MiB be on their way to a slow reader. */
static void large_objects_need_little_memory(void **state)
{
    fixture *f = *state;
    const uint64_t size = (uint64_t)320 << 20;
    const catga_object object = {.name = CATGA_STR("a")};
    stream put = {.size = size};
    stream got = {.size = size};
    catga_problem problem;

    forget_peak();
    long before = peak_kib();
    catga_status status =
        catga_object_put_from(f->bus, &store, &object, read_stream, &put, NULL, &problem);
    if (status != CATGA_OK)
        fail_msg("%s: %s", catga_status_name(status), problem.text);
    long after_put = peak_kib();
    status = catga_object_get_to(f->bus, &store, object.name, write_stream, &got, NULL, &problem);
    if (status != CATGA_OK)
        fail_msg("%s: %s", catga_status_name(status), problem.text);
    assert_false(got.is_wrong);
    assert_int_equal(got.at, size);
    long after_get = peak_kib();
    print_message("320 MiB: put %ld KiB, get %ld KiB\n", after_put - before, after_get - after_put);
    assert_true(IS_SANITIZED || after_get - before < 48 * 1024);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        CASE(a_put_survives_restarts),          CASE(a_slow_put_survives_restarts),
        CASE(a_get_survives_restarts),          CASE(each_operation_waits_for_the_server),
        CASE(an_absent_server_is_named),        CASE(a_put_names_what_is_not_permitted),
        CASE(an_object_is_complete_or_absent),  CASE(a_killed_download_leaves_no_file),
        CASE(large_objects_need_little_memory),
    };

    if (argc == 2)
        put_until_killed(argv[1]);
    if (argc == 3)
        download(argv[1], argv[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
