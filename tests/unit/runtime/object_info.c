/* The info of an object as JSON: of other clients, of hostile ones, and back. */
#include "objects/digest.h"
#include "objects/info_json.h"
#include "objects/object_names.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define DIGEST "SHA-256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU="

static catga_status read_text(const char *json, catga_object_info *info, catga_problem *problem)
{
    problem->text[0] = '\0';
    return catga_object_info_read((catga_bytes){(const uint8_t *)json, strlen(json)}, info,
                                  problem);
}

static void assert_text(catga_string text, const char *expected)
{
    assert_int_equal(text.length, strlen(expected));
    assert_memory_equal(text.data, expected, text.length);
}

/* As npm's @nats-io/obj stores it, and with members of later clients. */
static void infos_of_other_clients_are_read(void **state)
{
    catga_object_info info;
    catga_problem problem;

    (void)state;
    assert_int_equal(
        read_text("{\"bucket\":\"b\",\"nuid\":\"AAAA\",\"size\":300000,\"chunks\":3,"
                  "\"name\":\"caf\\u00e9\",\"description\":\"\","
                  "\"options\":{\"max_chunk_size\":131072,\"later\":[1,{\"a\":null}]},"
                  "\"metadata\":{\"k\":\"v\"},\"headers\":{\"A\":[\"1\",\"2\"],\"B\":[]},"
                  "\"mtime\":\"2026-01-01T00:00:00.000Z\",\"digest\":\"" DIGEST
                  "\",\"deleted\":false,\"revision\":7}",
                  &info, &problem),
        CATGA_OK);
    assert_text(info.name, "caf\xc3\xa9");
    assert_text(info.store, "b");
    assert_text(info.upload, "AAAA");
    assert_text(info.digest, DIGEST);
    assert_int_equal(info.size, 300000);
    assert_int_equal(info.chunks, 3);
    assert_int_equal(info.chunk_bytes, 131072);
    assert_false(info.deleted);
    assert_int_equal(info.header_count, 2);
    assert_text(info.headers[1].name, "A");
    assert_text(info.headers[1].value, "2");
    assert_int_equal(info.metadata_count, 1);
    assert_text(info.metadata[0].value, "v");
    assert_null(info.link_store.data);
    catga_object_info_free(&info);
    catga_object_info_free(&info);
    catga_object_info_free(NULL);
}

/* A link of another client has neither upload nor digest. */
static void links_are_read(void **state)
{
    catga_object_info info;
    catga_problem problem;

    (void)state;
    assert_int_equal(read_text("{\"name\":\"l\",\"bucket\":\"b\",\"options\":{\"link\":"
                               "{\"bucket\":\"other\",\"name\":\"target\"}}}",
                               &info, &problem),
                     CATGA_OK);
    assert_text(info.link_store, "other");
    assert_text(info.link_name, "target");
    catga_object_info_free(&info);
    assert_int_equal(read_text("{\"name\":\"l\",\"options\":{\"link\":{\"bucket\":\"other\"}}}",
                               &info, &problem),
                     CATGA_OK);
    assert_null(info.link_name.data);
    catga_object_info_free(&info);
}

static void hostile_infos_are_refused(void **state)
{
    static const struct {
        const char *json;
        const char *problem;
    } hostile[] = {
        {"", "the info of the object: expected an object"},
        {"[]", "the info of the object: expected an object"},
        {"{}", "the info of the object: name: not 1 to 384 bytes of UTF-8"},
        {"{\"name\":\"\"}", "the info of the object: name: not 1 to 384 bytes of UTF-8"},
        {"{\"name\":7}", "the info of the object: name: expected a string"},
        {"{\"name\":\"a\"} {}", "the info of the object: the end: characters after the object"},
        {"{\"name\":\"a\",\"nuid\":\"*\"}",
         "the info of the object: nuid: not a token of a subject"},
        {"{\"name\":\"a\",\"nuid\":\"a.b\"}",
         "the info of the object: nuid: not a token of a subject"},
        {"{\"name\":\"a\",\"nuid\":\"n\",\"size\":-1}",
         "the info of the object: size: expected a whole number from 0 to 9223372036854775807"},
        {"{\"name\":\"a\",\"nuid\":\"n\",\"size\":0.5}",
         "the info of the object: size: expected a whole number from 0 to 9223372036854775807"},
        {"{\"name\":\"a\",\"nuid\":\"n\",\"size\":9223372036854775808}",
         "the info of the object: size: expected a whole number from 0 to 9223372036854775807"},
        {"{\"name\":\"a\",\"nuid\":\"n\",\"size\":5,\"chunks\":0}",
         "the info of the object: chunks: do not agree with size"},
        {"{\"name\":\"a\",\"nuid\":\"n\",\"size\":5,\"chunks\":6}",
         "the info of the object: chunks: do not agree with size"},
        {"{\"name\":\"a\",\"deleted\":1}",
         "the info of the object: deleted: expected true or false"},
        {"{\"name\":\"a\",\"headers\":{\"k\":7}}",
         "the info of the object: headers: expected a string"},
        {"{\"name\":\"a\",\"headers\":{\"k\":[\"v\",7]}}",
         "the info of the object: headers: expected a string"},
        {"{\"name\":\"a\",\"metadata\":[]}",
         "the info of the object: metadata: expected an object"},
        {"{\"name\":\"a\",\"options\":{\"link\":{\"bucket\":\"a b\"}}}",
         "the info of the object: options.link.bucket: not a name of an object store"},
        {"{\"name\":\"a\",\"options\":{\"link\":{\"bucket\":\"b\",\"name\":\"\xff\"}}}",
         "the info of the object: name: not UTF-8"},
        {"{\"name\":\"a\"", "the info of the object: name: expected ',' or '}'"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        catga_object_info info;
        catga_problem problem;
        assert_int_equal(read_text(hostile[i].json, &info, &problem), CATGA_BAD_MESSAGE);
        assert_string_equal(problem.text, hostile[i].problem);
        assert_null(info.memory);
    }
}

static void written_infos_are_read_back(void **state)
{
    const catga_object_pair headers[] = {{CATGA_STR("A"), CATGA_STR("1")},
                                         {CATGA_STR("A"), CATGA_STR("2\n")},
                                         {CATGA_STR("\"B\""), CATGA_STR("")}};
    const catga_object_pair metadata[] = {{CATGA_STR("k"), CATGA_STR("v")},
                                          {CATGA_STR("l"), CATGA_STR("\xe2\x82\xac")}};
    const catga_object_info written = {.name = CATGA_STR("a/b c"),
                                       .description = CATGA_STR("text\0with NUL"),
                                       .store = CATGA_STR("store"),
                                       .upload = CATGA_STR("upload"),
                                       .digest = CATGA_STR(DIGEST),
                                       .size = INT64_MAX,
                                       .chunks = 7,
                                       .chunk_bytes = 1,
                                       .headers = headers,
                                       .header_count = 3,
                                       .metadata = metadata,
                                       .metadata_count = 2};
    catga_object_info info;
    catga_problem problem;
    size_t length;
    char *json = catga_object_info_write(&written, &length);

    (void)state;
    assert_int_equal(
        catga_object_info_read((catga_bytes){(const uint8_t *)json, length}, &info, &problem),
        CATGA_OK);
    free(json);
    assert_true(catga_string_equal(info.name, written.name));
    assert_true(catga_string_equal(info.description, written.description));
    assert_true(catga_string_equal(info.store, written.store));
    assert_true(catga_string_equal(info.upload, written.upload));
    assert_true(catga_string_equal(info.digest, written.digest));
    assert_int_equal(info.size, written.size);
    assert_int_equal(info.chunks, written.chunks);
    assert_int_equal(info.header_count, 3);
    assert_int_equal(info.metadata_count, 2);
    for (size_t i = 0; i < 3; i++) {
        assert_true(catga_string_equal(info.headers[i].name, headers[i].name));
        assert_true(catga_string_equal(info.headers[i].value, headers[i].value));
    }
    assert_true(catga_string_equal(info.metadata[1].value, metadata[1].value));
    catga_object_info_free(&info);
}

static void digests_are_read_in_both_alphabets(void **state)
{
    static const char *const invalid[] = {"",
                                          "SHA-256=",
                                          "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
                                          "SHA-512=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
                                          "SHA-256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hS",
                                          "SHA-256=47DEQpj8HBSa-_TImW.5JCeuQeRkm5NMpJWZG3hSuFU="};
    uint8_t digest[CATGA_SHA256_SIZE];
    uint8_t same[CATGA_SHA256_SIZE];
    char text[CATGA_DIGEST_TEXT];

    (void)state;
    assert_true(catga_digest_read(CATGA_STR(DIGEST), digest));
    catga_digest_write(digest, text);
    assert_string_equal(text, DIGEST);
    assert_true(
        catga_digest_read(CATGA_STR("SHA-256=47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="), same));
    assert_memory_equal(digest, same, sizeof digest);
    assert_true(
        catga_digest_read(CATGA_STR("SHA-256=47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"), same));
    assert_memory_equal(digest, same, sizeof digest);
    for (size_t i = 0; i < sizeof invalid / sizeof *invalid; i++)
        assert_false(catga_digest_read(catga_str(invalid[i]), digest));
}

static void names_have_padding(void **state)
{
    char subject[CATGA_OBJECT_SUBJECT];
    char longest[CATGA_OBJECT_NAME_MAX + 1];
    char store[CATGA_OBJECT_STORE_NAME];

    (void)state;
    catga_object_info_subject("s", CATGA_STR("a"), subject);
    assert_string_equal(subject, "$O.s.M.YQ==");
    catga_object_info_subject("s", CATGA_STR("ab"), subject);
    assert_string_equal(subject, "$O.s.M.YWI=");
    catga_object_info_subject("s", CATGA_STR("abc"), subject);
    assert_string_equal(subject, "$O.s.M.YWJj");
    catga_object_info_subject("s", CATGA_STR("\xff\xfe\xfb"), subject);
    assert_string_equal(subject, "$O.s.M.__77");
    memset(longest, 'x', sizeof longest);
    memset(store, 's', sizeof store);
    store[sizeof store - 1] = '\0';
    catga_object_info_subject(store, (catga_string){longest, CATGA_OBJECT_NAME_MAX}, subject);
    assert_int_equal(strlen(subject), sizeof subject - 1);
    assert_true(catga_is_object_name((catga_string){longest, CATGA_OBJECT_NAME_MAX}));
    assert_false(catga_is_object_name((catga_string){longest, CATGA_OBJECT_NAME_MAX + 1}));
    assert_false(catga_is_object_name(CATGA_STR("")));
    assert_false(catga_is_object_name(CATGA_STR("\xff")));
    assert_true(catga_is_object_store(CATGA_STR("aZ09_-")));
    assert_false(catga_is_object_store(CATGA_STR("a.b")));
    assert_false(catga_is_object_store(CATGA_STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(infos_of_other_clients_are_read),
        cmocka_unit_test(links_are_read),
        cmocka_unit_test(hostile_infos_are_refused),
        cmocka_unit_test(written_infos_are_read_back),
        cmocka_unit_test(digests_are_read_in_both_alphabets),
        cmocka_unit_test(names_have_padding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
