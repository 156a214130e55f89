/* Messages as bytes, ids of entries, subjects and positions. */
#include "entry_id.h"
#include "held.h"
#include "memory_policy.h"
#include "message.h"
#include "send.h"
#include "streams.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static catga_redis_transport redis;

static int begin(void **state)
{
    (void)state;
    catga_pool_begin(&redis.small, CATGA_REDIS_SMALL);
    catga_pool_begin(&redis.medium, CATGA_REDIS_MEDIUM);
    return 0;
}

static int end(void **state)
{
    (void)state;
    catga_pool_end(&redis.small);
    catga_pool_end(&redis.medium);
    return 0;
}

/* Writes a message as a command, and returns where its bytes begin. */
static const char *write_message(const catga_outgoing *message, const catga_redis_address_line *to,
                                 catga_redis_command **command, size_t *length)
{
    *command = catga_redis_command_new(catga_redis_pools_of(&redis), 1,
                                       catga_redis_message_size(message, to));
    assert_non_null(*command);
    catga_redis_message_append(*command, message, to);
    *length = strtoull((*command)->bytes + 5, NULL, 10);
    const char *bytes = strstr((*command)->bytes + 5, "\r\n") + 2;
    assert_int_equal(bytes + *length + 2 - (*command)->bytes, (*command)->length);
    return bytes;
}

static void a_message_is_read_as_it_was_written(void **state)
{
    const catga_header headers[] = {{"Nats-Msg-Id", "abc"}, {"Empty", ""}, {"Colon", "a: b"}};
    const catga_redis_address_line to = {.subject = "a.b", .reply = "c", .deadline_ms = 1234};

    (void)state;
    for (size_t length = 0; length < 200000; length = length * 7 + 1) {
        uint8_t *data = calloc(1, length + 1);
        const catga_outgoing message = {
            .data = data, .length = length, .headers = headers, .header_count = 3};
        catga_redis_command *command;
        catga_incoming incoming;
        size_t size;
        const char *bytes = write_message(&message, &to, &command, &size);
        assert_int_equal(catga_redis_message_read(&redis, bytes, size, &incoming), CATGA_OK);
        assert_string_equal(incoming.subject.data, "a.b");
        assert_string_equal(incoming.reply, "c");
        assert_int_equal(((catga_redis_message *)incoming.native)->deadline_ms, 1234);
        assert_string_equal(catga_redis_header(&incoming, "Nats-Msg-Id"), "abc");
        assert_string_equal(catga_redis_header(&incoming, "Empty"), "");
        assert_string_equal(catga_redis_header(&incoming, "Colon"), "a: b");
        assert_null(catga_redis_header(&incoming, "Other"));
        assert_int_equal(incoming.length, length);
        assert_memory_equal(incoming.data, data, length);
        catga_redis_release(&incoming);
        catga_redis_command_free(command);
        free(data);
    }
}

static void other_bytes_are_refused(void **state)
{
    static const char good[] = "a.b - -\r\nName: value\r\n\r\npayload";
    static const char *const wrong[] = {"",
                                        "a",
                                        "a b",
                                        "a b c",
                                        "a b c\r\n",
                                        "a b c\r\nName\r\n\r\n",
                                        "a b c\r\nName:value\r\n\r\n",
                                        "a b c\r\nName: value\r\n"};
    catga_incoming incoming;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(catga_redis_message_read(&redis, wrong[i], strlen(wrong[i]), &incoming),
                         CATGA_BAD_MESSAGE);
    assert_int_equal(catga_redis_message_read(&redis, "a\0 - -\r\n\r\n", 10, &incoming),
                     CATGA_BAD_MESSAGE);
    for (size_t length = 0; length < sizeof good - 1 - 7; length++)
        assert_int_equal(catga_redis_message_read(&redis, good, length, &incoming),
                         CATGA_BAD_MESSAGE);
    assert_int_equal(catga_redis_message_read(&redis, good, sizeof good - 1, &incoming), CATGA_OK);
    assert_null(incoming.reply);
    catga_redis_release(&incoming);
}

static void headers_beyond_the_limit_are_ignored(void **state)
{
    char bytes[4096] = "a - -\r\n";
    catga_incoming incoming;

    (void)state;
    for (int i = 0; i < 100; i++)
        strcat(bytes, "Name: value\r\n");
    strcat(bytes, "\r\n");
    assert_int_equal(catga_redis_message_read(&redis, bytes, strlen(bytes), &incoming), CATGA_OK);
    assert_int_equal(((catga_redis_message *)incoming.native)->header_count, CATGA_REDIS_HEADERS);
    catga_redis_release(&incoming);
}

static void ids_are_numbers(void **state)
{
    static const char *const wrong[] = {"", "1", "0-0", "1-1", "1-0x", "x-0", "1-00", "-0"};
    char text[CATGA_REDIS_ID_SIZE];
    uint64_t number;

    (void)state;
    catga_redis_id_write(text, 12345);
    assert_string_equal(text, "12345-0");
    assert_true(catga_redis_id_read(text, &number));
    assert_int_equal(number, 12345);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        if (catga_redis_id_read(wrong[i], &number))
            fail_msg("%s is accepted", wrong[i]);
}

static void only_inboxes_are_answered(void **state)
{
    uint64_t token;
    char reply[64];

    (void)state;
    catga_redis_inbox_name(redis.inbox);
    snprintf(reply, sizeof reply, "%s.00000000000000ff", redis.inbox);
    assert_true(catga_redis_inbox_token(&redis, catga_str(reply), &token));
    assert_int_equal(token, 255);
    reply[strlen(reply) - 1] = 'g';
    assert_false(catga_redis_inbox_token(&redis, catga_str(reply), &token));
    reply[20] ^= 1;
    assert_false(catga_redis_inbox_token(&redis, catga_str(reply), &token));
    static const char *const others[] = {
        "catga:stream:SHOP", "catga:inbox:", "catga:inbox:aaaaaaaaaaaaaaaaaaaa:b.0000000000000000",
        "catga:inbox:aaaaaaaaaaaaaaaaaaaaaa-0000000000000000"};
    const catga_outgoing answer = {.length = 0};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_int_equal(
            catga_redis_respond(&redis.transport, &(catga_incoming){.reply = others[i]}, &answer),
            CATGA_INVALID_ARGUMENT);
}

static void subjects_match_patterns(void **state)
{
    (void)state;
    assert_true(catga_redis_subject_matches("a.b", catga_str("a.b")));
    assert_true(catga_redis_subject_matches("a.*", catga_str("a.b")));
    assert_true(catga_redis_subject_matches("*.b", catga_str("a.b")));
    assert_true(catga_redis_subject_matches("a.>", catga_str("a.b.c")));
    assert_false(catga_redis_subject_matches("a.*", catga_str("a.b.c")));
    assert_false(catga_redis_subject_matches("a.b", catga_str("a.bc")));
    assert_false(catga_redis_subject_matches("a.b.c", catga_str("a.b")));
    assert_false(catga_redis_subject_matches("a", catga_str("a.b")));
}

static void a_lost_group_begins_before_what_is_held(void **state)
{
    catga_redis_held held;

    (void)state;
    assert_true(catga_redis_held_begin(&held, 4));
    assert_int_equal(catga_redis_held_position(&held), 0);
    for (uint64_t i = 1; i <= 3; i++)
        catga_redis_held_add(&held, i);
    assert_int_equal(catga_redis_held_position(&held), 0);
    catga_redis_held_remove(&held, 1);
    catga_redis_held_remove(&held, 3);
    catga_redis_held_add(&held, 2); /* it was delivered again */
    assert_int_equal(catga_redis_held_position(&held), 1);
    catga_redis_held_remove(&held, 2);
    assert_int_equal(catga_redis_held_position(&held), 3);
    catga_redis_held_reset(&held);
    assert_int_equal(catga_redis_held_position(&held), 0);
    catga_redis_held_end(&held);
}

static void full_memory_is_noticed(void **state)
{
    (void)state;
    assert_true(catga_redis_memory_nearly_full("# Memory\r\nused_memory:90\r\nmaxmemory:100\r\n"));
    assert_false(catga_redis_memory_nearly_full("used_memory:89\r\nmaxmemory:100\r\n"));
    assert_false(catga_redis_memory_nearly_full("used_memory:90\r\nmaxmemory:0\r\n"));
    assert_false(catga_redis_memory_nearly_full("nonsense"));
}

static void errors_say_whether_to_try_again(void **state)
{
    (void)state;
    assert_int_equal(catga_redis_status_of("OOM command not allowed"), CATGA_OVERLOADED);
    assert_int_equal(catga_redis_status_of("ERR Error running script: -OOM command not allowed"),
                     CATGA_OVERLOADED);
    assert_int_equal(catga_redis_status_of("READONLY You can't write"), CATGA_OVERLOADED);
    assert_int_equal(catga_redis_status_of("NOREPLICAS Not enough good replicas"),
                     CATGA_OVERLOADED);
    assert_int_equal(catga_redis_status_of("NOPERM this user"), CATGA_NOT_PERMITTED);
    assert_int_equal(catga_redis_status_of("WRONGTYPE Operation"), CATGA_REFUSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_read_as_it_was_written),
        cmocka_unit_test(other_bytes_are_refused),
        cmocka_unit_test(headers_beyond_the_limit_are_ignored),
        cmocka_unit_test(ids_are_numbers),
        cmocka_unit_test(only_inboxes_are_answered),
        cmocka_unit_test(subjects_match_patterns),
        cmocka_unit_test(a_lost_group_begins_before_what_is_held),
        cmocka_unit_test(full_memory_is_noticed),
        cmocka_unit_test(errors_say_whether_to_try_again),
    };

    return cmocka_run_group_tests(tests, begin, end);
}
