/* The files of the cluster's orders: claims, answers, dead replicas, and ids that are no ids. */
#include "order_files.h"

#include "order_id.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define REQUEST "0123456789abcdef0123456789abcdef"

typedef struct fixture {
    order_files files;
    catga_claim_store store;
    char folder[256];
} fixture;

static int open_folder(void **state)
{
    fixture *self = calloc(1, sizeof *self);

    snprintf(self->folder, sizeof self->folder, "%s/XXXXXX", getenv("CATGA_TEMP"));
    assert_non_null(mkdtemp(self->folder));
    self->files.folder = self->folder;
    self->store = order_files_claims(&self->files);
    *state = self;
    return 0;
}

static int close_folder(void **state)
{
    free(*state);
    return 0;
}

static catga_claim claim_of(const char *key)
{
    return (catga_claim){.bucket = CATGA_STR("CLUSTER_ORDERS_V1_CreateOrder"),
                         .key = catga_str(key),
                         .request = CATGA_STR(REQUEST)};
}

static catga_claim_result take(fixture *self, catga_claim *claim)
{
    return self->store.claim(self->store.user, claim);
}

/* Stores an order as the runtime does: it takes the claim, and records the encoded answer. */
static void place_in(fixture *self, const char *bucket, const char *key, char id[ORDER_ID_SIZE])
{
    catga_claim claim = claim_of(key);
    uint8_t bytes[ORDER_BYTES];

    claim.bucket = catga_str(bucket);
    order_id_of(claim.key, id);
    const cluster_orders_order order =
        CLUSTER_ORDERS_ORDER(.order_id = catga_str(id), .customer_id = CATGA_STR("customer-1"),
                             .total = 20000);
    assert_int_equal(take(self, &claim), CATGA_CLAIM_TAKEN);
    assert_int_equal(
        cluster_orders_order_encode(&order, bytes, sizeof bytes, &claim.answer.length, NULL),
        CATGA_OK);
    claim.answer.data = bytes;
    assert_true(self->store.done(self->store.user, &claim));
}

static void place(fixture *self, const char *key, char id[ORDER_ID_SIZE])
{
    place_in(self, "CLUSTER_ORDERS_V1_CreateOrder", key, id);
}

static void a_stored_order_is_its_answer(void **state)
{
    fixture *self = *state;
    catga_claim again = claim_of("form-1");
    uint8_t bytes[ORDER_BYTES];
    cluster_orders_order_view view;
    cluster_orders_order_view answer;
    char id[ORDER_ID_SIZE];

    place(self, "form-1", id);
    assert_true(order_files_read(&self->files, catga_str(id), bytes, &view));
    assert_int_equal(cluster_orders_order_get_total(view), 20000);
    assert_int_equal(take(self, &again), CATGA_CLAIM_DONE);
    assert_int_equal(
        cluster_orders_order_open(again.answer.data, again.answer.length, &answer, NULL), CATGA_OK);
    assert_true(catga_string_equal(cluster_orders_order_get_order_id(answer), catga_str(id)));
}

static void another_request_with_the_same_id_is_refused(void **state)
{
    fixture *self = *state;
    catga_claim other = claim_of("form-1");
    char id[ORDER_ID_SIZE];

    place(self, "form-1", id);
    other.request = CATGA_STR("ffffffffffffffffffffffffffffffff");
    assert_int_equal(take(self, &other), CATGA_CLAIM_REUSED);
}

static void one_replica_has_the_claim(void **state)
{
    fixture *self = *state;
    catga_claim first = claim_of("form-1");
    catga_claim second = claim_of("form-1");
    catga_claim other = claim_of("form-2");

    assert_int_equal(take(self, &first), CATGA_CLAIM_TAKEN);
    assert_int_equal(take(self, &second), CATGA_CLAIM_HELD);
    assert_int_equal(take(self, &other), CATGA_CLAIM_TAKEN);
    self->store.release(self->store.user, &first);
    assert_int_equal(take(self, &second), CATGA_CLAIM_TAKEN);
    self->store.release(self->store.user, &second);
    self->store.release(self->store.user, &other);
}

static void the_claim_of_a_dead_replica_is_free(void **state)
{
    fixture *self = *state;
    catga_claim claim = claim_of("form-1");
    int status;
    pid_t replica = fork();

    if (replica == 0)
        _exit(take(self, &claim) == CATGA_CLAIM_TAKEN ? 0 : 1);
    assert_int_equal(waitpid(replica, &status, 0), replica);
    assert_int_equal(status, 0);
    assert_int_equal(take(self, &claim), CATGA_CLAIM_TAKEN);
    self->store.release(self->store.user, &claim);
}

/* Checks that the order of a claim is not stored, and that its command may be repeated. */
static void assert_not_stored(fixture *self, catga_claim *claim)
{
    char id[ORDER_ID_SIZE];
    uint8_t bytes[ORDER_BYTES];
    cluster_orders_order_view view;

    order_id_of(claim->key, id);
    assert_false(order_files_read(&self->files, catga_str(id), bytes, &view));
    assert_int_equal(take(self, claim), CATGA_CLAIM_TAKEN);
    self->store.release(self->store.user, claim);
}

/* Limits the size of files, as a full disk does. */
static void limit_files(rlim_t size)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = size;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void a_full_disk_stores_nothing(void **state)
{
    fixture *self = *state;
    catga_claim claim = claim_of("form-1");
    uint8_t answer[100] = {0};
    char id[ORDER_ID_SIZE];

    assert_int_equal(take(self, &claim), CATGA_CLAIM_TAKEN);
    claim.answer = (catga_bytes){answer, sizeof answer};
    signal(SIGXFSZ, SIG_IGN);
    limit_files(64);
    bool stored = self->store.done(self->store.user, &claim);
    limit_files(RLIM_INFINITY);
    assert_false(stored);
    assert_not_stored(self, &claim);
    place(self, "form-1", id);
}

/* A replica that is killed while it writes a record leaves a part of it. */
static void a_part_of_a_record_is_no_order(void **state)
{
    fixture *self = *state;
    catga_claim claim = claim_of("form-1");
    char id[ORDER_ID_SIZE];
    char path[512];
    struct stat file;

    place(self, "form-1", id);
    snprintf(path, sizeof path, "%s/CreateOrder.%s", self->folder, id);
    assert_int_equal(stat(path, &file), 0);
    for (off_t length = file.st_size - 1; length >= 0; length--) {
        assert_int_equal(truncate(path, length), 0);
        assert_not_stored(self, &claim);
        place(self, "form-1", id);
    }
}

/* The variable CATGA_PREFIX is a part of the names of buckets. */
static void an_order_of_a_prefixed_bus_is_found(void **state)
{
    fixture *self = *state;
    catga_claim claim = claim_of("form-1");
    uint8_t bytes[ORDER_BYTES];
    cluster_orders_order_view view;
    char id[ORDER_ID_SIZE];

    place_in(self, "X_CLUSTER_ORDERS_V1_CreateOrder", "form-1", id);
    assert_true(order_files_read(&self->files, catga_str(id), bytes, &view));
    assert_int_equal(take(self, &claim), CATGA_CLAIM_DONE);
}

static void a_declared_error_stores_nothing(void **state)
{
    fixture *self = *state;
    catga_claim claim = claim_of("form-1");
    catga_claim again = claim_of("form-1");

    assert_int_equal(take(self, &claim), CATGA_CLAIM_TAKEN);
    claim.error.code = CLUSTER_ORDERS_ORDER_ERROR_EMPTY_ORDER;
    assert_true(self->store.done(self->store.user, &claim));
    assert_int_equal(take(self, &again), CATGA_CLAIM_TAKEN);
    self->store.release(self->store.user, &again);
}

static void a_folder_that_is_gone_is_an_unknown_outcome(void **state)
{
    fixture *self = *state;
    catga_claim claim = claim_of("form-1");

    self->files.folder = "/nowhere";
    assert_int_equal(take(self, &claim), CATGA_CLAIM_UNKNOWN);
}

/* Cut off, all claims would have one path. */
static void a_folder_with_a_long_name_is_refused(void **state)
{
    fixture *self = *state;
    catga_claim claim = claim_of("form-1");
    char folder[501] = "";

    memset(folder, '/', sizeof folder - 1);
    memcpy(folder, self->folder, strlen(self->folder));
    self->files.folder = folder;
    assert_int_equal(take(self, &claim), CATGA_CLAIM_UNKNOWN);
    assert_false(order_files_ship(&self->files, CATGA_STR("0123456789abcdef")));
    assert_int_equal(errno, ENAMETOOLONG);
}

static void an_invalid_id_finds_no_order(void **state)
{
    static const char *const wrong[] = {
        "", "0", "0123456789abcdeg", "../../etc/passwd", "0123456789abcdef0", "0123456789abcdef"};
    fixture *self = *state;
    uint8_t bytes[ORDER_BYTES];
    cluster_orders_order_view view;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(order_files_read(&self->files, catga_str(wrong[i]), bytes, &view));
        assert_false(order_files_is_shipped(&self->files, catga_str(wrong[i])));
    }
    errno = 0;
    assert_false(order_files_ship(&self->files, CATGA_STR("../../etc/passwd")));
    assert_int_equal(errno, EINVAL);
}

static void a_shipped_order_is_known(void **state)
{
    fixture *self = *state;
    char id[ORDER_ID_SIZE];

    place(self, "form-1", id);
    assert_false(order_files_is_shipped(&self->files, catga_str(id)));
    assert_true(order_files_ship(&self->files, catga_str(id)));
    assert_true(order_files_ship(&self->files, catga_str(id)));
    assert_true(order_files_is_shipped(&self->files, catga_str(id)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stored_order_is_its_answer, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(another_request_with_the_same_id_is_refused, open_folder,
                                        close_folder),
        cmocka_unit_test_setup_teardown(one_replica_has_the_claim, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(the_claim_of_a_dead_replica_is_free, open_folder,
                                        close_folder),
        cmocka_unit_test_setup_teardown(a_declared_error_stores_nothing, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(a_full_disk_stores_nothing, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(a_part_of_a_record_is_no_order, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(an_order_of_a_prefixed_bus_is_found, open_folder,
                                        close_folder),
        cmocka_unit_test_setup_teardown(a_folder_with_a_long_name_is_refused, open_folder,
                                        close_folder),
        cmocka_unit_test_setup_teardown(a_folder_that_is_gone_is_an_unknown_outcome, open_folder,
                                        close_folder),
        cmocka_unit_test_setup_teardown(an_invalid_id_finds_no_order, open_folder, close_folder),
        cmocka_unit_test_setup_teardown(a_shipped_order_is_known, open_folder, close_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
