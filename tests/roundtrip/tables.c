/* Nested tables: present, absent, and many levels deep. */
#include "tables.catga.h"

#include <roundtrip.h>

static const trip_tables_leaf leaves[] = {{{"a", 1}, 1}, {{NULL, 0}, 0}, {{"c", 1}, -3}};
static const trip_tables_branch branches[] = {
    {&leaves[0], {leaves, 3}, {"first", 5}},
    {NULL, {NULL, 0}, {"second", 6}},
};
static const trip_tables_nothing nothing = TRIP_TABLES_NOTHING_INIT;

static void check_forest(const uint8_t *table)
{
    trip_tables_forest_view view = {table};
    trip_tables_branch_view branch = trip_tables_forest_get_branch(view);

    assert_true(trip_tables_branch_has_leaf(branch));
    assert_int_equal(trip_tables_leaf_get_value(trip_tables_branch_get_leaf(branch)), 1);
    trip_tables_leaf_vector vector = trip_tables_branch_get_leaves(branch);
    assert_int_equal(vector.length, 3);
    assert_int_equal(trip_tables_leaf_get_value(trip_tables_leaf_at(vector, 2)), -3);
    assert_null(trip_tables_leaf_get_name(trip_tables_leaf_at(vector, 1)).data);
    branch = trip_tables_branch_at(trip_tables_forest_get_branches(view), 1);
    assert_true(catga_string_equal(trip_tables_branch_get_label(branch), catga_str("second")));
    assert_false(trip_tables_branch_has_leaf(branch));
    assert_int_equal(trip_tables_leaf_get_value(trip_tables_branch_get_leaf(branch)), 0);
    assert_true(trip_tables_forest_has_nothing(view));
    assert_false(trip_tables_forest_has_tree(view));
    assert_false(trip_tables_tree_has_left(trip_tables_forest_get_tree(view)));
}

static void forest(void **state)
{
    const trip_tables_forest plain = {branches, CATGA_SLICE(branches), NULL, &nothing};

    (void)state;
    roundtrip(&trip_tables_forest_descriptor, &plain, check_forest);
}

static void check_tree(const uint8_t *table)
{
    trip_tables_tree_view view = {table};
    size_t depth = 1;

    for (; trip_tables_tree_has_left(view); depth++)
        view = trip_tables_tree_get_left(view);
    assert_int_equal(depth, 30);
    assert_int_equal(trip_tables_tree_get_children(view).length, 2);
    view = trip_tables_tree_at(trip_tables_tree_get_children(view), 1);
    assert_true(catga_string_equal(trip_tables_tree_get_name(view), catga_str("child")));
    assert_true(trip_tables_tree_has_right(view));
}

static void tree(void **state)
{
    trip_tables_tree nodes[30];
    trip_tables_tree children[2];
    trip_tables_tree leaf = TRIP_TABLES_TREE_INIT;

    (void)state;
    for (size_t i = 0; i < 30; i++) {
        nodes[i] = leaf;
        nodes[i].name = catga_str(i % 2 == 0 ? "even" : "odd");
        nodes[i].left = i + 1 == 30 ? NULL : &nodes[i + 1];
    }
    children[0] = children[1] = leaf;
    children[1].name = catga_str("child");
    children[1].right = &leaf;
    nodes[29].children.data = children;
    nodes[29].children.length = 2;
    roundtrip(&trip_tables_tree_descriptor, nodes, check_tree);
}

static void check_nothing(const uint8_t *table)
{
    assert_non_null(table);
}

static void no_fields(void **state)
{
    (void)state;
    roundtrip(&trip_tables_nothing_descriptor, &nothing, check_nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forest),
        cmocka_unit_test(tree),
        cmocka_unit_test(no_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
