/*
 * Every allocation of the object stores fails once: a run on the local server is repeated with the
 * first, the second, the third ... failing, until a run completes without a failure. Each outcome
 * is a status; an object is complete or absent; nothing leaks (under AddressSanitizer), nothing
 * hangs.
 */
#include "bus_fixture.h"
#include "failing_allocations.h"

#include <catga/objects.h>

#include <unistd.h>

static const catga_object_store store = {.name = "store", .wait_ms = 300};

static void assert_explained(catga_status status)
{
    assert_true(status == CATGA_OK || status == CATGA_NO_MEMORY || status == CATGA_NO_RESPONDERS ||
                status == CATGA_TIMEOUT || status == CATGA_DISCONNECTED ||
                status == CATGA_OVERLOADED || status == CATGA_NOT_FOUND ||
                status == CATGA_INPUT_FAILED || status == CATGA_OUTPUT_FAILED ||
                status == CATGA_INCOMPLETE || status == CATGA_CONFLICT);
}

static bool visit(const catga_object_info *info, void *user)
{
    (void)user;
    return info->name.length > 0;
}

static void see(const catga_object_info *info, void *user)
{
    (void)info;
    (void)user;
}

static int64_t read_text(void *user, uint8_t *to, size_t capacity)
{
    size_t *rest = user;
    size_t count = *rest < capacity ? *rest : capacity;

    memset(to, 'x', count);
    *rest -= count;
    return (int64_t)count;
}

/* Puts an object of 2500 bytes from a function. */
static void put(catga_bus *bus, catga_problem *problem)
{
    const catga_object_pair metadata[] = {{CATGA_STR("k"), CATGA_STR("v")}};
    const catga_object object = {
        .name = CATGA_STR("a"), .metadata = metadata, .metadata_count = 1, .chunk_bytes = 1000};
    catga_object_info info;
    size_t rest = 2500;

    assert_explained(catga_object_put_from(bus, &store, &object, read_text, &rest, &info, problem));
    catga_object_info_free(&info);
}

/* An object that is read is complete. */
static void get(catga_bus *bus, catga_problem *problem)
{
    char content[3000];
    catga_object_info info;
    char path[] = "/tmp/catga-objects-fault";

    catga_status status =
        catga_object_get(bus, &store, CATGA_STR("a"), content, sizeof content, &info, problem);
    assert_explained(status);
    if (status == CATGA_OK)
        assert_int_equal(info.size, 2500);
    catga_object_info_free(&info);
    assert_explained(catga_object_get_file(bus, &store, CATGA_STR("a"), path, NULL, problem));
    unlink(path);
}

static void use(catga_bus *bus)
{
    const catga_object renamed = {.name = CATGA_STR("b"), .description = CATGA_STR("text")};
    catga_object_watch *watch;
    catga_problem problem;

    assert_explained(catga_objects_ensure(bus, &store, &problem));
    put(bus, &problem);
    put(bus, &problem);
    get(bus, &problem);
    assert_explained(catga_object_update(bus, &store, CATGA_STR("a"), &renamed, NULL, &problem));
    assert_explained(catga_object_list(bus, &store, visit, NULL, &problem));
    assert_explained(catga_objects_gc(bus, &store, 0, NULL, &problem));
    assert_explained(catga_object_watch_open(&watch, bus, &store, false, see, NULL, &problem));
    catga_object_watch_close(watch);
    assert_explained(catga_object_delete(bus, &store, CATGA_STR("b"), &problem));
}

static void run(void)
{
    catga_options options = {.log = log_nothing};
    catga_bus *bus = NULL;

    if (catga_local_open(&options.local) == CATGA_OK)
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_fails_once)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
