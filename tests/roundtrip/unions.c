/* Unions: of tables, structs and strings, alone and in vectors, absent, required and unknown. */
#include "unions.catga.h"

#include <roundtrip.h>

static const trip_unions_card card = {{"1234", 4}, 9, NULL};
static const trip_unions_point point = {1.5, -2.5};
static const trip_unions_tiny tiny = {true};
static const trip_base_amount amount = {199, TRIP_BASE_CURRENCY_USD};

static void assert_text(catga_string found, const char *wanted)
{
    assert_true(catga_string_equal(found, catga_str(wanted)));
}

/* One of each type, and one absent. */
static size_t make_payments(trip_unions_payment payments[8])
{
    memset(payments, 0, 8 * sizeof *payments);
    payments[0].type = TRIP_UNIONS_PAYMENT_CARD;
    payments[0].card = &card;
    payments[1].type = TRIP_UNIONS_PAYMENT_WORDS;
    payments[1].words = catga_str("in words: gr\xc3\xbc\xc3\x9f");
    payments[2].type = TRIP_UNIONS_PAYMENT_AT;
    payments[2].at = &point;
    payments[3].type = TRIP_UNIONS_PAYMENT_TINY;
    payments[3].tiny = &tiny;
    payments[4].type = TRIP_UNIONS_PAYMENT_NONE;
    payments[5].type = TRIP_UNIONS_PAYMENT_AGAIN;
    payments[5].again = &card;
    payments[6].type = TRIP_UNIONS_PAYMENT_AMOUNT;
    payments[6].amount = &amount;
    payments[7].type = TRIP_UNIONS_PAYMENT_WORDS;
    payments[7].words = catga_str("");
    return 8;
}

static void check_payments(trip_unions_payment_vector vector)
{
    assert_int_equal(vector.length, 8);
    trip_unions_payment_view view = trip_unions_payment_at(vector, 0);
    assert_int_equal(view.type, TRIP_UNIONS_PAYMENT_CARD);
    assert_text(trip_unions_card_get_number(trip_unions_payment_as_card(view)), "1234");
    assert_int_equal(trip_unions_card_get_points(trip_unions_payment_as_again(view)), 7);
    assert_null(trip_unions_payment_as_words(view).data);
    view = trip_unions_payment_at(vector, 1);
    assert_text(trip_unions_payment_as_words(view), "in words: gr\xc3\xbc\xc3\x9f");
    assert_int_equal(trip_unions_card_get_points(trip_unions_payment_as_card(view)), 7);
    assert_true(trip_unions_payment_as_at(view).x == 0);
    view = trip_unions_payment_at(vector, 2);
    assert_true(trip_unions_payment_as_at(view).y == -2.5);
    assert_true(trip_unions_payment_as_tiny(trip_unions_payment_at(vector, 3)).on);
    assert_int_equal(trip_unions_payment_at(vector, 4).type, TRIP_UNIONS_PAYMENT_NONE);
    assert_null(trip_unions_payment_at(vector, 4).value);
    view = trip_unions_payment_at(vector, 5);
    assert_int_equal(trip_unions_card_get_points(trip_unions_payment_as_again(view)), 9);
    view = trip_unions_payment_at(vector, 6);
    assert_int_equal(trip_base_amount_get_value(trip_unions_payment_as_amount(view)), 199);
    assert_text(trip_unions_payment_as_words(trip_unions_payment_at(vector, 7)), "");
    assert_int_equal(trip_unions_payment_at(vector, 8).type, TRIP_UNIONS_PAYMENT_NONE);
}

static void check_full(const uint8_t *table)
{
    trip_unions_order_view view = {table};
    trip_unions_payment_view payment = trip_unions_order_get_payment(view);

    assert_int_equal(payment.type, TRIP_UNIONS_PAYMENT_AT);
    assert_true(trip_unions_payment_as_at(payment).x == 1.5);
    assert_int_equal(trip_unions_order_get_other(view).type, TRIP_UNIONS_PAYMENT_NONE);
    assert_null(trip_unions_order_get_other(view).value);
    trip_unions_short_view small = trip_unions_order_get_short(view);
    assert_true(trip_unions_short_as_tiny(small).on);
    assert_text(trip_unions_text_as_text(trip_unions_order_get_text(view)), "text");
    check_payments(trip_unions_order_get_payments(view));
    trip_unions_text_vector texts = trip_unions_order_get_texts(view);
    assert_int_equal(texts.length, 1);
    assert_text(trip_unions_text_as_text(trip_unions_text_at(texts, 0)), "one");
    assert_int_equal(trip_unions_order_get_shorts(view).length, 0);
    assert_int_equal(trip_unions_order_get_count(view), 3);
}

static void full(void **state)
{
    trip_unions_payment payments[8];
    trip_unions_text text = {TRIP_UNIONS_TEXT_TEXT, {catga_str("one")}};
    trip_unions_order plain = TRIP_UNIONS_ORDER_INIT;

    (void)state;
    plain.payments.length = make_payments(payments);
    plain.payments.data = payments;
    plain.payment = payments[2];
    plain.short_.type = TRIP_UNIONS_SHORT_TINY;
    plain.short_.tiny = &tiny;
    plain.text.type = TRIP_UNIONS_TEXT_TEXT;
    plain.text.text = catga_str("text");
    plain.texts.data = &text;
    plain.texts.length = 1;
    plain.shorts.data = &plain.short_;
    plain.count = 3;
    roundtrip(&trip_unions_order_descriptor, &plain, check_full);
}

static void check_numbered(const uint8_t *table)
{
    trip_unions_numbered_view view = {table};
    trip_unions_payment_view payment = trip_unions_numbered_get_payment(view);

    assert_text(trip_unions_payment_as_words(payment), "in words: gr\xc3\xbc\xc3\x9f");
    check_payments(trip_unions_numbered_get_payments(view));
    assert_int_equal(trip_unions_numbered_get_first(view), 200);
}

static void numbered(void **state)
{
    trip_unions_payment payments[8];
    trip_unions_numbered plain = TRIP_UNIONS_NUMBERED_INIT;

    (void)state;
    plain.payments.length = make_payments(payments);
    plain.payments.data = payments;
    plain.payment = payments[1];
    plain.first = 200;
    roundtrip(&trip_unions_numbered_descriptor, &plain, check_numbered);
}

static void check_sparse(const uint8_t *table)
{
    trip_unions_sparse_view view = {table};
    trip_unions_payment_view payment = trip_unions_sparse_get_payment(view);

    assert_int_equal(trip_base_amount_get_value(trip_unions_payment_as_amount(payment)), 199);
    check_payments(trip_unions_sparse_get_payments(view));
    assert_int_equal(trip_unions_sparse_get_short(view).type, TRIP_UNIONS_SHORT_NONE);
    assert_int_equal(trip_unions_sparse_get_h(view), 0);
}

static void sparse(void **state)
{
    trip_unions_payment payments[8];
    trip_unions_sparse plain = TRIP_UNIONS_SPARSE_INIT;

    (void)state;
    plain.payments.length = make_payments(payments);
    plain.payments.data = payments;
    plain.payment = payments[6];
    roundtrip(&trip_unions_sparse_descriptor, &plain, check_sparse);
}

static void assert_refused(const catga_table *type, const void *plain, const char *reason)
{
    uint8_t bytes[1024];
    size_t length;
    catga_problem problem;

    assert_int_equal(catga_encode(type, plain, bytes, sizeof bytes, &length, &problem),
                     CATGA_INVALID_MESSAGE);
    assert_string_equal(problem.text, reason);
}

static void refused(void **state)
{
    trip_unions_payment payments[8];
    trip_unions_numbered plain = TRIP_UNIONS_NUMBERED_INIT;
    trip_unions_order order = TRIP_UNIONS_ORDER_INIT;
    const catga_table *type = &trip_unions_numbered_descriptor;

    (void)state;
    make_payments(payments);
    plain.payments.data = payments;
    assert_refused(type, &plain, "payment: required, but absent");
    plain.payment = payments[0];
    plain.payments.data = NULL;
    assert_refused(type, &plain, "payments: required, but absent");
    plain.payments.data = payments;
    plain.payments.length = 1;
    plain.payment.type = 7;
    assert_refused(type, &plain, "payment: a type that the union does not have");
    plain.payment = payments[1];
    plain.payment.words = catga_str("\xff");
    assert_refused(type, &plain, "payment: not UTF-8");
    plain.payment = payments[2];
    payments[0].card = NULL;
    assert_refused(type, &plain, "payments[0]: a type without a value");
    order.payments.data = payments;
    order.payments.length = 11;
    assert_refused(&trip_unions_order_descriptor, &order, "payments: more elements than 10");
}

/* A reader that knows only the first alternative reads the others as absent. */
static void unknown(void **state)
{
    trip_unions_payment payments[8];
    trip_unions_numbered plain = TRIP_UNIONS_NUMBERED_INIT;
    uint8_t bytes[1024];
    char text[1024];
    size_t length;

    (void)state;
    plain.payments.length = make_payments(payments);
    plain.payments.data = payments;
    plain.payment = payments[1];
    assert_int_equal(trip_unions_numbered_encode(&plain, bytes, sizeof bytes, &length, NULL),
                     CATGA_OK);
    memcpy(bytes + 4, trip_unions_older_descriptor.identifier, 4);
    trip_unions_older_view view;
    assert_int_equal(trip_unions_older_open(bytes, length, &view, NULL), CATGA_OK);
    assert_int_equal(trip_unions_older_get_payment(view).type, TRIP_UNIONS_BEFORE_NONE);
    trip_unions_before_vector vector = trip_unions_older_get_payments(view);
    assert_int_equal(vector.length, 8);
    assert_text(
        trip_unions_card_get_number(trip_unions_before_as_card(trip_unions_before_at(vector, 0))),
        "1234");
    assert_int_equal(trip_unions_before_at(vector, 1).type, TRIP_UNIONS_BEFORE_NONE);
    trip_unions_older_print(view, text, sizeof text);
    assert_string_equal(text,
                        "{\"first\":0,\"payments_type\":[\"Card\",\"NONE\",\"NONE\",\"NONE\","
                        "\"NONE\",\"NONE\",\"NONE\",\"NONE\"],\"payments\":[{\"number\":\"1234\","
                        "\"points\":9},null,null,null,null,null,null,null]}");
    trip_unions_older copy;
    uint64_t memory[256];
    catga_arena arena = {memory, sizeof memory, 0};
    assert_int_equal(trip_unions_older_unpack(view, &copy, &arena), CATGA_OK);
    assert_int_equal(copy.payment.type, TRIP_UNIONS_BEFORE_NONE);
    assert_int_equal(copy.payments.length, 8);
    assert_int_equal(copy.payments.data[0].type, TRIP_UNIONS_BEFORE_CARD);
    assert_int_equal(copy.payments.data[7].type, TRIP_UNIONS_BEFORE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full),    cmocka_unit_test(numbered), cmocka_unit_test(sparse),
        cmocka_unit_test(refused), cmocka_unit_test(unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
