/* json.h: any bytes become a valid JSON string. */
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
    assert_string_equal(out.data, "\"\"\"a \\\"b\\\" \\\\ \\u000a\\u001b\\u007f \xC3\xA9 "
                                  "\xEF\xBF\xBD\xEF\xBF\xBD\"");
    compilation_close(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_bytes_become_a_string)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
