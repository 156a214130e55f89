/* json.h: any bytes become a valid JSON string; objects and arrays nest. */
#include "base/json.h"

#include "compile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void any_bytes_become_a_string(void **state)
{
    (void)state;
    compilation c;
    compilation_open(&c);
    buffer out = buffer_in(&c.memory);
    json_append_string(&out, SLICE(""));
    json_append_string(&out, SLICE("a \"b\" \\ \n\x1b\x7f \xC3\xA9 \xFF\xC3"));
    assert_string_equal(out.data, "\"\"\"a \\\"b\\\" \\\\ \\n\\u001b\\u007f \xC3\xA9 "
                                  "\xEF\xBF\xBD\xEF\xBF\xBD\"");
    compilation_close(&c);
}

static void put_members(json_writer *w)
{
    json_open(w, NULL, '{');
    json_open(w, "list", '[');
    json_put_number(w, NULL, UINT64_MAX);
    json_put_plain(w, NULL, SLICE("-1.5"));
    json_close(w, ']');
    json_open(w, "empty", '{');
    json_close(w, '}');
    json_put_flag(w, "yes", true);
    json_put_text(w, "text", SLICE("a\"b"));
    json_close(w, '}');
}

static void objects_and_arrays_nest(void **state)
{
    (void)state;
    compilation c;
    compilation_open(&c);
    buffer out = buffer_in(&c.memory);
    json_writer w = {.out = &out};
    put_members(&w);
    assert_string_equal(out.data, "{\n"
                                  "  \"list\": [\n"
                                  "    18446744073709551615,\n"
                                  "    -1.5\n"
                                  "  ],\n"
                                  "  \"empty\": {},\n"
                                  "  \"yes\": true,\n"
                                  "  \"text\": \"a\\\"b\"\n"
                                  "}");
    compilation_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_bytes_become_a_string),
        cmocka_unit_test(objects_and_arrays_nest),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
