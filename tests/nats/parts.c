/* Parts of the NATS transport: checks of outgoing subjects, addresses, and statuses of nats.c. */
#include "transport/nats/reachability.h"
#include "transport/nats/servers.h"
#include "transport/nats/status.h"
#include "transport/nats/validate.h"
#include "transport/validate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void subjects(void **state)
{
    (void)state;
    assert_true(catga_subject_valid("a"));
    assert_true(catga_subject_valid("catga.commands.shop.orders.v1.CreateOrder"));
    assert_true(catga_subject_valid("$JS.API.x-y_z.\xE7\xAC\x94"));
    static const char *const wrong[] = {"",    ".",   "a.",   ".a", "a..b", "a b", "a\r",
                                        "a\n", "a\t", "\x7f", "*",  "a.*",  ">",   "a>"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(catga_subject_valid(wrong[i]));
    assert_false(catga_subject_valid(NULL));
}

/* At any position: subjects are checked in blocks. */
static void one_wrong_byte_is_enough(void **state)
{
    (void)state;
    for (size_t length = 1; length <= 50; length++)
        for (size_t at = 0; at < length; at++)
            for (unsigned byte = 1; byte < 256; byte++) {
                char subject[64] = "";
                memset(subject, 'a', length);
                subject[at] = (char)byte;
                bool edge = at == 0 || at == length - 1;
                bool wrong = byte <= ' ' || byte == 127 || byte == '*' || byte == '>' ||
                             (byte == '.' && edge);
                assert_int_equal(catga_subject_valid(subject), !wrong);
            }
    for (size_t at = 1; at < 40; at++) {
        char subject[64] = "";
        memset(subject, 'a', 42);
        subject[at] = subject[at + 1] = '.';
        assert_false(catga_subject_valid(subject));
    }
}

static void a_subject_has_an_end(void **state)
{
    (void)state;
    char subject[1026];
    memset(subject, 'a', sizeof subject);
    subject[1024] = '\0';
    assert_true(catga_subject_valid(subject));
    subject[1024] = 'a';
    subject[1025] = '\0';
    assert_false(catga_subject_valid(subject));
}

static void patterns(void **state)
{
    (void)state;
    static const char *const good[] = {"a", "*", ">", "a.*", "*.a", "a.*.b", "a.>", "*.*.>"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(catga_pattern_valid(good[i]));
    static const char *const wrong[] = {"",      "a*",   "*a",   "**",  ">>",  ">.a",
                                        "a.>.b", "a.>b", "a..*", "a. ", "a.*."};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(catga_pattern_valid(wrong[i]));
}

static void replies(void **state)
{
    (void)state;
    assert_true(catga_nats_reply_valid("_INBOX.abc.1"));
    assert_true(catga_nats_reply_valid("_R_.abc"));
    static const char *const wrong[] = {
        "", "INBOX.a", "$JS.ACK.s.c.1.1.1.1.1", "catga.commands.a", "_INBOX.>", "_INBOX. "};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(catga_nats_reply_valid(wrong[i]));
    assert_false(catga_nats_reply_valid(NULL));
}

static void addresses(void **state)
{
    (void)state;
    assert_string_equal(catga_nats_address_shown("nats://host:4222"), "host:4222");
    assert_string_equal(catga_nats_address_shown("nats://user:pass@host:4222"), "host:4222");
    assert_string_equal(catga_nats_address_shown("user:p@ss@host"), "host");
    assert_string_equal(catga_nats_address_shown(""), "");

    catga_nats_servers servers = {0};
    catga_problem problem;
    char text[64];
    assert_int_equal(
        catga_nats_servers_set(&servers, "host, tls://[::1]:4223 ,nats://token@c:1", &problem),
        CATGA_OK);
    assert_int_equal(servers.count, 3);
    assert_string_equal(servers.addresses[0], "host");
    assert_string_equal(servers.addresses[1], "tls://[::1]:4223");
    assert_string_equal(servers.addresses[2], "nats://token@c:1");
    assert_true(servers.secure);
    catga_nats_servers_show(&servers, text, sizeof text);
    assert_string_equal(text, "host,[::1]:4223,c:1");
    catga_nats_servers_clear(&servers);
}

static void an_unreachable_address_is_explained(void **state)
{
    char text[256];

    (void)state;
    catga_nats_explain_unreachable("127.0.0.1:1,[::1]:1", text, sizeof text);
    assert_non_null(strstr(text, "127.0.0.1:1: Connection refused; [::1]:1: "));
    catga_nats_explain_unreachable("no.such.host.invalid:1", text, sizeof text);
    assert_int_equal(strncmp(text, "no.such.host.invalid:1: ", 24), 0);
}

/* Only NATS_OK is success, and every status of nats.c has a meaning. */
static void statuses(void **state)
{
    (void)state;
    assert_int_equal(catga_nats_status(NATS_OK), CATGA_OK);
    for (int status = 1; status < 1000; status++) {
        assert_int_not_equal(catga_nats_status((natsStatus)status), CATGA_OK);
        assert_true(catga_nats_status((natsStatus)status) < CATGA_STATUS_COUNT);
    }
    assert_int_equal(catga_nats_status((natsStatus)-1), CATGA_TRANSPORT_FAILED);
    assert_int_equal(catga_nats_status(NATS_MAX_PAYLOAD), CATGA_TOO_LARGE);
    assert_int_equal(catga_nats_status(NATS_CONNECTION_CLOSED), CATGA_DISCONNECTED);
    assert_int_equal(catga_nats_status(NATS_NO_RESPONDERS), CATGA_NO_RESPONDERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(subjects), cmocka_unit_test(one_wrong_byte_is_enough),
        cmocka_unit_test(patterns), cmocka_unit_test(a_subject_has_an_end),
        cmocka_unit_test(replies),  cmocka_unit_test(addresses),
        cmocka_unit_test(statuses), cmocka_unit_test(an_unreachable_address_is_explained),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
