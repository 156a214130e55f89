/* The order store: ids, ownership, a store that is full, and many threads at once. */
#include "order_store.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <pthread.h>

static const shop_product mouse = {.id = "PROD-002", .name = "无线鼠标", .price = 19999};

static void an_order_is_found_by_its_id(void **state)
{
    char customer[] = "CUST-001";
    order_store store;

    (void)state;
    order_store_open(&store);
    const shop_order *order = order_store_add(&store, catga_str(customer), &mouse, 3);
    customer[0] = 'X'; /* the store has a copy */
    assert_non_null(order);
    assert_int_equal(strlen(order->id), ORDER_ID_LENGTH);
    assert_int_equal(strspn(order->id, "0123456789ABCDEF"), ORDER_ID_LENGTH);
    assert_string_equal(order->customer_id, "CUST-001");
    assert_int_equal(order->total, 59997);
    assert_ptr_equal(order_store_find(&store, catga_str(order->id)), order);
    assert_null(order_store_find(&store, CATGA_STR("NO-ORDER")));
    assert_null(order_store_find(&store, CATGA_STR("")));
    order_store_close(&store);
}

static void a_full_store_takes_no_more(void **state)
{
    order_store store;

    (void)state;
    order_store_open(&store);
    for (size_t i = 0; i < ORDER_STORE_SLOTS; i++)
        assert_non_null(order_store_add(&store, CATGA_STR("CUST-001"), &mouse, 1));
    assert_null(order_store_add(&store, CATGA_STR("CUST-001"), &mouse, 1));
    assert_null(order_store_find(&store, CATGA_STR("NO-ORDER")));
    order_store_close(&store);
}

enum { THREADS = 8, EACH = 100 };

static void *add_and_find(void *argument)
{
    order_store *store = argument;

    for (size_t i = 0; i < EACH; i++) {
        const shop_order *order = order_store_add(store, CATGA_STR("CUST-001"), &mouse, 1);
        if (order == NULL || order_store_find(store, catga_str(order->id)) != order)
            return argument;
    }
    return NULL;
}

static void many_threads_add_and_find(void **state)
{
    pthread_t threads[THREADS];
    order_store store;
    size_t count = 0;

    (void)state;
    order_store_open(&store);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_and_find, &store), 0);
    for (size_t i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        assert_null(failed);
    }
    for (size_t i = 0; i < ORDER_STORE_SLOTS; i++)
        count += atomic_load(&store.slots[i]) != NULL;
    assert_int_equal(count, THREADS * EACH);
    order_store_close(&store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_order_is_found_by_its_id),
        cmocka_unit_test(a_full_store_takes_no_more),
        cmocka_unit_test(many_threads_add_and_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
