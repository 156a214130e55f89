/* Spans with the longest possible parts fit into a slot of the queue, in both encodings. */
#include "span.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { LONG = 5000 };

/* Writes a span whose texts consist of one piece, repeatedly. */
static void write_of(const otlp_writer *writer, const char *piece)
{
    static char text[LONG];
    static char memory[OTLP_SPAN];
    catga_span_attribute attributes[100];

    for (size_t i = 0; i < sizeof text - 1; i++)
        text[i] = piece[i % strlen(piece)];
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
        attributes[i] = (catga_span_attribute){"n", {text, i}, INT64_MIN};
    for (size_t length = 0; length < LONG; length += 61) {
        const char *tail = text + sizeof text - 1 - length;
        const catga_span span = {.parent_id = {1},
                                 .flags = 255,
                                 .has_remote_parent = true,
                                 .links_parent = true,
                                 .tracestate = tail,
                                 .kind = CATGA_SPAN_CONSUMER,
                                 .operation = text,
                                 .target = text,
                                 .start_ns = INT64_MIN,
                                 .end_ns = INT64_MIN,
                                 .failed = true,
                                 .status_text = text,
                                 .attributes = attributes,
                                 .attribute_count = sizeof attributes / sizeof attributes[0]};
        otlp_buffer buffer = {.data = memory, .capacity = sizeof memory};
        otlp_span_write(writer, &buffer, &span);
        assert_false(buffer.is_full);
        assert_true(buffer.length <= sizeof memory);
        if (writer == &otlp_json)
            assert_int_equal(memory[buffer.length - 1], '}');
    }
}

static void every_span_fits(void **state)
{
    static const char *const pieces[] = {
        "x", "\"", "\x01", "\xff", "\xc3\xa4", "a\"", "\xf0\x9f\x9a\x80", "x\xe2\x82\xac"};

    (void)state;
    for (size_t i = 0; i < sizeof pieces / sizeof pieces[0]; i++) {
        write_of(&otlp_json, pieces[i]);
        write_of(&otlp_protobuf, pieces[i]);
    }
}

/* Returns whether a span has its trace state of this length. */
static bool has_trace_state(const otlp_writer *writer, size_t length)
{
    static char memory[OTLP_SPAN];
    char text[LONG] = "";
    otlp_buffer buffer = {.data = memory, .capacity = sizeof memory};

    memset(text, 's', length);
    const catga_span span = {
        .tracestate = text, .operation = "work", .target = "", .status_text = ""};
    otlp_span_write(writer, &buffer, &span);
    return memmem(memory, buffer.length, text, length) != NULL;
}

static void long_trace_states_are_left_out(void **state)
{
    (void)state;
    assert_true(has_trace_state(&otlp_json, 512));
    assert_true(has_trace_state(&otlp_protobuf, 512));
    assert_false(has_trace_state(&otlp_json, 513));
    assert_false(has_trace_state(&otlp_protobuf, 513));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_span_fits),
                                       cmocka_unit_test(long_trace_states_are_left_out)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
