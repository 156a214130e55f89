/* The authorities that libcurl trusts. The linker puts a function of this file before
 * curl_easy_setopt. */
#include "curl/client.h"

#include <curl/curl.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *file;
static const char *folder;

/* All of the options that a client sets have the size of a pointer. */
CURLcode __real_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...);
CURLcode __wrap_curl_easy_setopt(CURL *easy, CURLoption option, ...)
{
    va_list arguments;

    va_start(arguments, option);
    void *value = va_arg(arguments, void *);
    va_end(arguments);
    if (option == CURLOPT_CAINFO)
        file = value;
    if (option == CURLOPT_CAPATH)
        folder = value;
    return __real_curl_easy_setopt(easy, option, value);
}

static void open_with(const char *authorities)
{
    char url[] = "https://127.0.0.1:1";
    const otlp_settings settings = {.url = url, .writer = &otlp_json, .authorities = authorities};
    atomic_int_fast64_t deadline = INT64_MAX;

    file = "file of the system";
    folder = "folder of the system";
    otlp_client *client = otlp_client_new(&settings, &deadline);
    assert_non_null(client);
    otlp_client_free(client);
}

static void a_certificate_replaces_those_of_the_system(void **state)
{
    (void)state;
    open_with("own.pem");
    assert_string_equal(file, "own.pem");
    assert_null(folder);
}

static void without_one_those_of_the_system_are_trusted(void **state)
{
    (void)state;
    open_with(NULL);
    assert_string_equal(file, "file of the system");
    assert_string_equal(folder, "folder of the system");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_replaces_those_of_the_system),
        cmocka_unit_test(without_one_those_of_the_system_are_trusted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
