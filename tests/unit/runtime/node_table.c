/* The table of known nodes, with times of the test. */
#include "nodes/node_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { TIMEOUT = 300, MANY = 1500 };

static int open_table(void **state)
{
    catga_node_table *table = calloc(1, sizeof *table);

    if (table == NULL)
        return -1;
    table->timeout_ns = TIMEOUT;
    *state = table;
    return 0;
}

static int close_table(void **state)
{
    catga_node_table_end(*state);
    free(*state);
    return 0;
}

static catga_node_record record_of(const char *name, int64_t started_at, bool leaving)
{
    catga_node_record record = {.started_at = started_at, .leaving = leaving};

    snprintf(record.node_id, sizeof record.node_id, "%s", name);
    return record;
}

static catga_node_note announce(catga_node_table *table, const char *name, int64_t started_at,
                                int64_t now)
{
    const catga_node_record record = record_of(name, started_at, false);

    return catga_node_table_note(table, &record, now);
}

static catga_node_note leave(catga_node_table *table, const char *name, int64_t started_at,
                             int64_t now)
{
    const catga_node_record record = record_of(name, started_at, true);

    return catga_node_table_note(table, &record, now);
}

/* Checks that exactly this change is reported. */
static void assert_change(catga_node_table *table, const char *name, bool online)
{
    catga_node_record record;

    assert_true(catga_node_table_take_change(table, &record));
    assert_string_equal(record.node_id, name);
    assert_int_equal(catga_node_of(&record).online, online);
    assert_false(catga_node_table_take_change(table, &record));
}

static void assert_no_change(catga_node_table *table)
{
    catga_node_record record;

    assert_false(catga_node_table_take_change(table, &record));
}

/* ---- Cases ---- */

static void a_silent_node_is_offline_after_the_timeout(void **state)
{
    assert_int_equal(announce(*state, "a", 1, 1000), CATGA_NODE_NEW);
    assert_change(*state, "a", true);
    assert_int_equal(announce(*state, "a", 1, 1100), CATGA_NODE_KNOWN);
    assert_no_change(*state);
    assert_int_equal(catga_node_table_expire(*state, 1399), 1400);
    assert_no_change(*state);
    assert_int_equal(catga_node_table_expire(*state, 1400), 1100 + CATGA_NODE_FORGET);
    assert_change(*state, "a", false);
    assert_int_equal(announce(*state, "a", 1, 2000), CATGA_NODE_KNOWN);
    assert_change(*state, "a", true);
}

static void a_goodbye_is_for_the_node_that_said_it(void **state)
{
    announce(*state, "a", 1, 1000);
    assert_change(*state, "a", true);
    assert_int_equal(announce(*state, "a", 2, 1010), CATGA_NODE_NEW); /* it has restarted */
    assert_change(*state, "a", true);
    leave(*state, "a", 1, 1020);
    assert_no_change(*state);
    leave(*state, "a", 2, 1030);
    assert_change(*state, "a", false);
    leave(*state, "b", 1, 1040);
    assert_no_change(*state);
}

static void the_own_node_neither_expires_nor_changes(void **state)
{
    const catga_node_record own = record_of("own", 1, false);

    assert_int_equal(catga_node_table_note_own(*state, &own, 1000), CATGA_NODE_NEW);
    assert_int_equal(catga_node_table_expire(*state, 1000000), CATGA_FOREVER);
    assert_no_change(*state);
}

static void time_without_hearing_is_no_silence(void **state)
{
    announce(*state, "a", 1, 1000);
    announce(*state, "b", 1, 5900);
    assert_int_equal(catga_node_table_expire(*state, 1100), 1300);
    catga_node_table_excuse(*state, 4800, 6000); /* suspended from 1200 to 6000 */
    assert_int_equal(catga_node_table_expire(*state, 6000), 6100);
}

static size_t count_online;

static bool count(const catga_node *node, void *user)
{
    const char **last = user;

    assert_true(*last == NULL || strcmp(*last, node->node_id) < 0);
    *last = node->node_id;
    count_online += node->online;
    return true;
}

static size_t list(catga_node_table *table)
{
    const char *last = NULL;

    count_online = 0;
    return catga_node_table_list(table, count, &last);
}

static void at_most_1024_nodes_are_kept(void **state)
{
    char name[16];

    for (int i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "n%d", i * 7 % MANY);
        assert_int_equal(announce(*state, name, 1, 1000 + i),
                         i < CATGA_NODES_MAX ? CATGA_NODE_NEW : CATGA_NODE_EXTRA);
    }
    assert_int_equal(list(*state), CATGA_NODES_MAX);
    assert_int_equal(count_online, CATGA_NODES_MAX);

    /* Offline nodes make room, those that left first at first. */
    leave(*state, "n7", 1, 5001);
    leave(*state, "n0", 1, 5000);
    assert_int_equal(announce(*state, "new", 1, 5002), CATGA_NODE_NEW);
    assert_int_equal(leave(*state, "n0", 1, 5003), CATGA_NODE_KNOWN);
    assert_int_equal(list(*state), CATGA_NODES_MAX);
    assert_int_equal(count_online, CATGA_NODES_MAX - 1);
    assert_int_equal(announce(*state, "newer", 1, 5004), CATGA_NODE_NEW);
    assert_int_equal(announce(*state, "newest", 1, 5005), CATGA_NODE_EXTRA);
}

static void a_node_is_forgotten_after_a_day_offline(void **state)
{
    announce(*state, "a", 1, 0);
    leave(*state, "a", 1, 1000);
    assert_int_equal(catga_node_table_expire(*state, 1001), 1000 + CATGA_NODE_FORGET);
    assert_int_equal(list(*state), 1);
    assert_int_equal(catga_node_table_expire(*state, 1000 + CATGA_NODE_FORGET), CATGA_FOREVER);
    assert_int_equal(list(*state), 0);
}

#define table_test(name) cmocka_unit_test_setup_teardown(name, open_table, close_table)

int main(void)
{
    const struct CMUnitTest tests[] = {
        table_test(a_silent_node_is_offline_after_the_timeout),
        table_test(a_goodbye_is_for_the_node_that_said_it),
        table_test(the_own_node_neither_expires_nor_changes),
        table_test(time_without_hearing_is_no_silence),
        table_test(at_most_1024_nodes_are_kept),
        table_test(a_node_is_forgotten_after_a_day_offline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
