/* Media types of bodies and responses. */
#include "media.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void bodies(void **state)
{
    http_media media;

    (void)state;
    assert_true(http_media_of_body("application/json", &media));
    assert_int_equal(media, HTTP_MEDIA_JSON);
    assert_true(http_media_of_body("Application/JSON ; charset=UTF-8", &media));
    assert_true(http_media_of_body("application/json;charset=\"utf-8\";x=y", &media));
    assert_true(http_media_of_body("application/octet-stream", &media));
    assert_int_equal(media, HTTP_MEDIA_FLATBUFFERS);
    assert_false(http_media_of_body(NULL, &media));
    assert_false(http_media_of_body("", &media));
    assert_false(http_media_of_body("application/jsonx", &media));
    assert_false(http_media_of_body("text/plain", &media));
    assert_false(http_media_of_body("application/json; charset=latin1", &media));
}

static void responses(void **state)
{
    static const struct {
        const char *accept;
        bool found;
        http_media media;
    } cases[] = {
        {NULL, true, HTTP_MEDIA_JSON},
        {"", true, HTTP_MEDIA_JSON},
        {"*/*", true, HTTP_MEDIA_JSON},
        {"application/*", true, HTTP_MEDIA_JSON},
        {"application/octet-stream", true, HTTP_MEDIA_FLATBUFFERS},
        {"application/json;q=0.5, application/octet-stream", true, HTTP_MEDIA_FLATBUFFERS},
        {"application/octet-stream;q=0.1, */*;q=0.2", true, HTTP_MEDIA_JSON},
        {"application/json;q=0, */*", true, HTTP_MEDIA_FLATBUFFERS},
        {"application/json ; x=y ; q=0.001", true, HTTP_MEDIA_JSON},
        {"*/*;q=0", false, HTTP_MEDIA_JSON},
        {"text/html, image/*", false, HTTP_MEDIA_JSON},
        {"application/json;q=x", false, HTTP_MEDIA_JSON},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        http_media media;
        assert_int_equal(http_media_of_response(cases[i].accept, &media), cases[i].found);
        if (cases[i].found)
            assert_int_equal(media, cases[i].media);
    }
}

static void events(void **state)
{
    (void)state;
    assert_true(http_media_accepts(NULL, HTTP_MEDIA_EVENTS));
    assert_true(http_media_accepts("text/event-stream", HTTP_MEDIA_EVENTS));
    assert_true(http_media_accepts("text/*;q=0.1", HTTP_MEDIA_EVENTS));
    assert_false(http_media_accepts("application/json", HTTP_MEDIA_EVENTS));
}

static void preferences(void **state)
{
    static const char prometheus[] =
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;"
        "q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

    (void)state;
    assert_true(http_media_prefers(prometheus, HTTP_MEDIA_OPENMETRICS, HTTP_MEDIA_TEXT));
    assert_true(http_media_accepts(prometheus, HTTP_MEDIA_TEXT));
    assert_false(http_media_prefers(NULL, HTTP_MEDIA_OPENMETRICS, HTTP_MEDIA_TEXT));
    assert_false(http_media_prefers("*/*", HTTP_MEDIA_OPENMETRICS, HTTP_MEDIA_TEXT));
    assert_false(http_media_prefers("text/plain", HTTP_MEDIA_OPENMETRICS, HTTP_MEDIA_TEXT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies),
        cmocka_unit_test(responses),
        cmocka_unit_test(events),
        cmocka_unit_test(preferences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
