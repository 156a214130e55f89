/* The order store: ids, copies, a full store, many threads and many processes at once. */
#include "shared_state.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const shop_product *mouse(void)
{
    return catalogue_find(CATGA_STR("PROD-002"));
}

static shop_order *add(order_store *store)
{
    return order_store_add(store, CATGA_STR("form-1"), CATGA_STR("CUST-001"), mouse(), 1);
}

static void an_order_is_found_by_its_id(void **state)
{
    char customer[] = "CUST-001";
    shop_state *records = shop_state_open(NULL);
    order_store *store = &records->orders;

    (void)state;
    const shop_order *order =
        order_store_add(store, CATGA_STR("form-7"), catga_str(customer), mouse(), 3);
    customer[0] = 'X'; /* the store has a copy */
    assert_non_null(order);
    assert_int_equal(strlen(order->id), ORDER_ID_LENGTH);
    assert_int_equal(strspn(order->id, "0123456789ABCDEF"), ORDER_ID_LENGTH);
    assert_string_equal(order->customer_id, "CUST-001");
    assert_string_equal(order->product_id, "PROD-002");
    assert_int_equal(order->total, 59997);
    assert_ptr_equal(order_store_find(store, catga_str(order->id)), order);
    assert_ptr_equal(order_store_made_by(store, CATGA_STR("form-7")), order);
    assert_null(order_store_made_by(store, CATGA_STR("form-8")));
    assert_int_equal(order_store_count(store), 1);
    shop_state_close(records);
}

static void an_invalid_id_finds_no_order(void **state)
{
    static const char *const wrong[] = {"",         "NO-ORDER",  "0000000",  "00000000",
                                        "abcdef01", "000000001", "G0000000", "\0\0\0\0\0\0\0\0"};
    shop_state *records = shop_state_open(NULL);

    (void)state;
    assert_non_null(add(&records->orders));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_null(order_store_find(&records->orders, catga_str(wrong[i])));
    assert_null(order_store_find(&records->orders, (catga_string){"\0\0\0\0\0\0\0\0", 8}));
    shop_state_close(records);
}

static void a_full_store_takes_no_more(void **state)
{
    shop_state *records = shop_state_open(NULL);

    (void)state;
    for (size_t i = 0; i < ORDER_STORE_SLOTS; i++)
        assert_non_null(add(&records->orders));
    assert_null(add(&records->orders));
    assert_null(order_store_find(&records->orders, CATGA_STR("00000000")));
    assert_int_equal(order_store_count(&records->orders), ORDER_STORE_SLOTS);
    shop_state_close(records);
}

enum { THREADS = 8, EACH = 100 };

static void *add_and_find(void *argument)
{
    order_store *store = argument;

    for (size_t i = 0; i < EACH; i++) {
        const shop_order *order = add(store);
        if (order == NULL || order_store_find(store, catga_str(order->id)) != order)
            return argument;
    }
    return NULL;
}

static void many_threads_add_and_find(void **state)
{
    pthread_t threads[THREADS];
    shop_state *records = shop_state_open(NULL);

    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_and_find, &records->orders), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    assert_int_equal(order_store_count(&records->orders), THREADS * EACH);
    shop_state_close(records);
}

/* ---- Several processes ---- */

/* Buys mice until none are left. The exit code is the number bought. */
static int buy_mice(const char *file)
{
    shop_state *records = shop_state_open(file);
    uint32_t left;
    int bought = 0;

    if (records == NULL)
        return 255;
    while (shelves_take(&records->shelves, mouse(), 1, &left) && add(&records->orders) != NULL)
        bought++;
    shop_state_close(records);
    return bought;
}

static void many_processes_share_a_file(void **state)
{
    enum { PROCESSES = 4, MICE = 50 };
    pid_t processes[PROCESSES];
    char file[256];
    int bought = 0;

    (void)state;
    snprintf(file, sizeof file, "%s/records", getenv("CATGA_TEMP"));
    for (size_t i = 0; i < PROCESSES; i++) {
        processes[i] = fork();
        if (processes[i] == 0)
            _exit(buy_mice(file));
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(processes[i], &status, 0), processes[i]);
        assert_true(WIFEXITED(status));
        bought += WEXITSTATUS(status);
    }
    shop_state *records = shop_state_open(file);
    assert_int_equal(bought, MICE);
    assert_int_equal(shelves_left(&records->shelves, mouse()), 0);
    assert_int_equal(order_store_count(&records->orders), MICE);
    shop_state_close(records);
}

static void a_file_that_cannot_be_made_is_an_error(void **state)
{
    (void)state;
    assert_null(shop_state_open("/nowhere/records"));
    assert_int_equal(errno, ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_found_by_its_id),
        cmocka_unit_test(an_invalid_id_finds_no_order),
        cmocka_unit_test(a_full_store_takes_no_more),
        cmocka_unit_test(many_threads_add_and_find),
        cmocka_unit_test(many_processes_share_a_file),
        cmocka_unit_test(a_file_that_cannot_be_made_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
