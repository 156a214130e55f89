/* Checks of subjects and header values for a server, and ids. */
#include "bus/subject.h"

#include "bus/envelope.h"
#include "bus/message_id.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static catga_string repeated(char *buffer, char c, size_t count)
{
    memset(buffer, c, count);
    return (catga_string){buffer, count};
}

static void tokens(void **state)
{
    char buffer[300];

    (void)state;
    assert_true(catga_is_token(CATGA_STR("Order-Service_2")));
    assert_true(catga_is_token(repeated(buffer, 'a', 64)));
    assert_false(catga_is_token(repeated(buffer, 'a', 65)));
    assert_false(catga_is_token(CATGA_STR("")));
    assert_false(catga_is_token((catga_string){NULL, 0}));
    for (int c = 0; c < 256; c++) {
        bool allowed = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                       c == '_' || c == '-';
        assert_int_equal(catga_is_token(repeated(buffer, (char)c, 1)), allowed);
    }
}

static void subjects(void **state)
{
    char buffer[300];

    (void)state;
    assert_true(catga_is_subject(CATGA_STR("catga.events.shop.v1.OrderCreated")));
    assert_true(catga_is_subject(CATGA_STR("catga")));
    assert_false(catga_is_subject(CATGA_STR("")));
    assert_false(catga_is_subject((catga_string){NULL, 0}));
    assert_false(catga_is_subject(CATGA_STR(".catga")));
    assert_false(catga_is_subject(CATGA_STR("catga.")));
    assert_false(catga_is_subject(CATGA_STR("a..b")));
    assert_false(catga_is_subject(CATGA_STR("a.*")));
    assert_false(catga_is_subject(CATGA_STR("a.>")));
    assert_false(catga_is_subject(CATGA_STR("a b")));
    assert_false(catga_is_subject(CATGA_STR("a\r\nPUB x 0\r\n")));
    assert_false(catga_is_subject(CATGA_STR("a\0b")));
    catga_string longest = repeated(buffer, 'a', 255);
    for (size_t i = 50; i < 255; i += 51)
        buffer[i] = '.';
    buffer[254] = 'z';
    assert_true(catga_is_subject(longest));
    assert_false(catga_is_subject(repeated(buffer, 'a', 256)));
}

static void header_values(void **state)
{
    char buffer[600];

    (void)state;
    assert_true(catga_is_header_value(CATGA_STR("")));
    assert_true(catga_is_header_value(CATGA_STR("无 order: 5")));
    assert_false(catga_is_header_value(CATGA_STR("a\nb")));
    assert_false(catga_is_header_value(CATGA_STR("a\0b")));
    assert_true(catga_is_header_value(repeated(buffer, 'x', 512)));
    assert_false(catga_is_header_value(repeated(buffer, 'x', 513)));
}

static void envelopes(void **state)
{
    catga_envelope envelope;
    catga_message_ids identity;
    char name[300];

    (void)state;
    assert_true(catga_envelope_begin(&envelope, CATGA_STR("test.one"), "catga.events.a.v1.B"));
    assert_string_equal(envelope.outgoing.subject, "test.one.events.a.v1.B");
    assert_int_equal(envelope.outgoing.header_count, 0);
    catga_envelope_add_correlation(&envelope, (catga_string){NULL, 0});
    catga_envelope_add_correlation(&envelope, CATGA_STR("a\r\nb"));
    assert_int_equal(envelope.outgoing.header_count, 0);
    catga_envelope_add_correlation(&envelope, CATGA_STR("id-1"));
    catga_message_ids_begin(&identity);
    catga_envelope_add_id(&envelope, &identity);
    catga_envelope_set_timeout(&envelope, 100);
    catga_envelope_set_timeout(&envelope, 50);
    assert_int_equal(envelope.outgoing.header_count, 3);
    assert_string_equal(envelope.headers[0].value, "id-1");
    assert_int_equal(strlen(envelope.headers[1].value), 22);
    assert_string_equal(envelope.headers[2].value, "50");

    catga_envelope_add_trace(&envelope);
    assert_int_equal(envelope.outgoing.header_count, 3);
    assert_true(catga_trace_headers_copy(
        &envelope.span.headers,
        CATGA_STR("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), CATGA_STR("a=1,b")));
    catga_envelope_add_trace(&envelope);
    assert_int_equal(envelope.outgoing.header_count, 4);

    memset(name, 'a', sizeof name);
    memcpy(name, "catga.", 6);
    name[256] = '\0';
    assert_true(catga_envelope_begin(&envelope, CATGA_STR("1234"), name));
    assert_false(catga_envelope_begin(&envelope, CATGA_STR("12345"), name));
}

/* ---- Ids ---- */

enum { THREADS = 4, IDS = 20000 };

typedef struct id_text {
    char text[CATGA_MESSAGE_ID_SIZE];
} id_text;

typedef struct id_maker {
    catga_message_ids *identity;
    id_text *ids;
} id_maker;

static void *make_ids(void *argument)
{
    id_maker *maker = argument;

    for (size_t i = 0; i < IDS; i++)
        catga_message_id_next(maker->identity, maker->ids[i].text);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const id_text *)a)->text, ((const id_text *)b)->text);
}

static void ids_are_tokens_and_unique(void **state)
{
    catga_message_ids identity;
    pthread_t threads[THREADS];
    id_maker makers[THREADS];
    id_text *ids = calloc(THREADS * IDS, sizeof *ids);

    (void)state;
    assert_non_null(ids);
    catga_message_ids_begin(&identity);
    for (size_t i = 0; i < THREADS; i++) {
        makers[i] = (id_maker){&identity, ids + i * IDS};
        assert_int_equal(pthread_create(&threads[i], NULL, make_ids, &makers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    qsort(ids, THREADS * IDS, sizeof *ids, compare);
    for (size_t i = 0; i < THREADS * IDS; i++) {
        assert_true(catga_is_token(catga_str(ids[i].text)));
        assert_int_equal(strlen(ids[i].text), CATGA_MESSAGE_ID_SIZE - 1);
        assert_true(i == 0 || strcmp(ids[i - 1].text, ids[i].text) != 0);
    }
    free(ids);
}

/* The result of the reference implementation for the key 00..0f and the input 00..07. */
static void ids_are_siphash(void **state)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    catga_message_ids identity = {
        .key = {UINT64_C(0x0706050403020100), UINT64_C(0x0f0e0d0c0b0a0908)}};
    char text[CATGA_MESSAGE_ID_SIZE];
    uint64_t halves[2] = {0, 0};

    (void)state;
    atomic_init(&identity.count, UINT64_C(0x0706050403020100));
    catga_message_id_next(&identity, text);
    for (unsigned i = 0; i < 22; i++)
        halves[i / 11] |= (uint64_t)(strchr(alphabet, text[i]) - alphabet) << (6 * (i % 11));
    assert_true(halves[0] == UINT64_C(0x61f55862baa9623b)); /* 3b 62 a9 ba 62 58 f5 61 */
    assert_true(halves[1] == UINT64_C(0xb49714f364e2830f)); /* 0f 83 e2 64 f3 14 97 b4 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens),
        cmocka_unit_test(subjects),
        cmocka_unit_test(header_values),
        cmocka_unit_test(envelopes),
        cmocka_unit_test(ids_are_tokens_and_unique),
        cmocka_unit_test(ids_are_siphash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
