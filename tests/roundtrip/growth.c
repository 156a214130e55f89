/*
 * Older and newer programs read each other's messages after all compatible changes at once. Fields
 * of every kind are appended, one is deprecated, one is renamed, and all are listed in another
 * order. An enum value, a flag and alternatives of a union are added, limits are widened, and a
 * table grows beyond one word of fields. Messages are given and expected as text.
 */
#include "growth_after.catga.h"
#include "growth_before.catga.h"

#include <stdio.h>

#include <roundtrip.h>

static const catga_table *const before = &trip_before_grown_descriptor;
static const catga_table *const after = &trip_after_grown_descriptor;

/* The expected text of the table. */
static const catga_table *read_type;
static const char *wanted;

static void check_text(const uint8_t *table)
{
    char text[4096];

    assert_true(catga_json_write(read_type, table, text, sizeof text) < sizeof text);
    assert_string_equal(text, wanted);
}

static size_t encode(const catga_table *type, const char *text, uint8_t *bytes)
{
    static uint64_t memory[ROUNDTRIP_SIZE];
    static uint64_t plain[1024];
    catga_arena arena = {memory, sizeof memory, 0};
    catga_problem problem;

    assert_true(type->native_size <= sizeof plain);
    if (catga_json_read(type, text, strlen(text), CATGA_REFUSE_UNKNOWN, plain, &arena, &problem) !=
        CATGA_OK)
        fail_msg("%s in %s", problem.text, text);
    return roundtrip_encode(type, plain, bytes);
}

/* Encodes with one type and reads with the other, at eight addresses. All that the reader knows
 * survives being sent on. */
static void across(const catga_table *from, const char *given, const catga_table *to,
                   const char *expected)
{
    static uint8_t bytes[ROUNDTRIP_SIZE];
    static uint8_t again[ROUNDTRIP_SIZE];
    static uint64_t memory[ROUNDTRIP_SIZE];
    static uint64_t plain[1024];
    catga_arena arena = {memory, sizeof memory, 0};
    const uint8_t *root;
    size_t length = encode(from, given, bytes);

    memcpy(bytes + 4, to->identifier, sizeof to->identifier);
    read_type = to;
    wanted = expected;
    roundtrip_read(to, bytes, length, check_text);
    assert_int_equal(catga_verify(to, bytes, length, &root, NULL), CATGA_OK);
    assert_int_equal(catga_unpack(to, root, plain, &arena), CATGA_OK);
    length = roundtrip_encode(to, plain, again);
    roundtrip_read(to, again, length, check_text);
}

static void refused(const catga_table *from, const char *given, const catga_table *to,
                    const char *expected)
{
    static uint8_t bytes[ROUNDTRIP_SIZE];
    const uint8_t *root;
    catga_problem problem;
    size_t length = encode(from, given, bytes);

    memcpy(bytes + 4, to->identifier, sizeof to->identifier);
    assert_int_equal(catga_verify(to, bytes, length, &root, &problem), CATGA_BAD_MESSAGE);
    assert_string_equal(problem.text, expected);
}

/* For fields that the older sender lacks, a newer reader finds the defaults of its own schema. */
#define STANDARD                                                                                   \
    "\"one_0\":false,\"one_1\":0,\"one_2\":0,\"one_3\":-3,\"one_4\":0,\"one_5\":0,\"one_6\":0,"    \
    "\"one_7\":0,"                                                                                 \
    "\"one_8\":0,\"one_9\":0,\"one_10\":0.5,\"one_11\":1.25,\"one_12\":\"1970-01-01T00:00:00Z\","  \
    "\"one_13\":\"2s\",\"part_0\":\"Small\",\"part_1\":0}"

static void old_read_by_newer(void **state)
{
    (void)state;
    across(
        before,
        "{\"id\":\"i\",\"kind\":\"Large\",\"rights\":\"Read "
        "Write\",\"pair\":{\"x\":1,\"y\":2},\"choice_type\":\"Card\","
        "\"choice\":{\"number\":\"12\"},\"choices_type\":[\"note\",\"NONE\",\"Card\"],\"choices\":["
        "\"n\",null,{}],"
        "\"kinds\":[\"Large\",\"Small\"],\"size\":10,\"text\":\"four\",\"gone\":9,\"name\":"
        "\"called\"}",
        after,
        "{\"id\":\"i\",\"kind\":\"Large\",\"rights\":\"Read "
        "Write\",\"pair\":{\"x\":1,\"y\":2},\"choice_type\":\"Card\","
        "\"choice\":{\"number\":\"12\",\"points\":7},\"choices_type\":[\"note\",\"NONE\",\"Card\"],"
        "\"choices\":[\"n\",null,{\"points\":7}],\"kinds\":[\"Large\",\"Small\"],\"size\":10,"
        "\"text\":\"four\","
        "\"renamed\":\"called\"," STANDARD);
    across(before, "{\"id\":\"\"}", after,
           "{\"id\":\"\",\"kind\":\"Small\",\"rights\":\"Read\",\"size\":1," STANDARD);
}

#define SENT_ID "\"00000000-0000-0000-0000-000000000001\""

/* All new fields, which an older reader must skip. */
#define APPENDED                                                                                   \
    "\"one_0\":true,\"one_1\":1,\"one_2\":2,\"one_3\":3,\"one_4\":4,\"one_5\":5,\"one_6\":6,"      \
    "\"one_7\":7,"                                                                                 \
    "\"one_8\":8,\"one_9\":9,\"one_10\":10,\"one_11\":11,\"one_12\":\"1970-01-01T00:00:12Z\","     \
    "\"one_13\":\"13s\","                                                                          \
    "\"maybe_0\":true,\"maybe_1\":1,\"maybe_2\":2,\"maybe_3\":3,\"maybe_4\":4,\"maybe_5\":5,"      \
    "\"maybe_6\":6,"                                                                               \
    "\"maybe_7\":7,\"maybe_8\":8,\"maybe_9\":9,\"maybe_10\":10,\"maybe_11\":11,"                   \
    "\"maybe_12\":\"1970-01-01T00:00:12Z\",\"maybe_13\":\"13s\",\"many_0\":[true],\"many_1\":[1]," \
    "\"many_2\":[2],"                                                                              \
    "\"many_3\":[3],\"many_4\":[4],\"many_5\":[5],\"many_6\":[6],\"many_7\":[7],\"many_8\":[8],"   \
    "\"many_9\":[9],"                                                                              \
    "\"many_10\":[10],\"many_11\":[11],\"many_12\":[\"1970-01-01T00:00:12Z\"],\"many_13\":["       \
    "\"13s\"],"                                                                                    \
    "\"many_14\":[\"Huge\"],\"many_15\":[\"Own\"],\"many_16\":[" SENT_ID                           \
    "],\"many_17\":[{\"x\":1,\"y\":2}],"                                                           \
    "\"many_18\":[\"s\"],\"many_19\":[{\"holder\":\"h\"}],\"many_20_type\":[\"Place\"],"           \
    "\"many_20\":[{\"at\":{\"x\":1,\"y\":2},\"id\":" SENT_ID                                       \
    ",\"parts\":[1,2]}],\"part_0\":\"Huge\","                                                      \
    "\"part_1\":\"Own\",\"part_2\":" SENT_ID                                                       \
    ",\"part_3\":{\"at\":{\"x\":1,\"y\":2},\"id\":" SENT_ID                                        \
    ",\"parts\":[1,2]},\"part_4\":\"s\",\"part_5\":\"AAE=\",\"part_6\":{\"points\":1},"            \
    "\"part_7\":{\"id\":\"inner\"},\"part_8_type\":\"more\",\"part_8\":\"m\"}"

static void new_read_by_older(void **state)
{
    (void)state;
    across(after,
           "{\"id\":\"i\",\"kind\":\"Large\",\"rights\":\"Read\",\"pair\":{\"x\":1,\"y\":2},"
           "\"choice_type\":\"note\","
           "\"choice\":\"n\",\"choices_type\":[\"Card\"],\"choices\":[{\"number\":\"1\",\"holder\":"
           "\"h\",\"points\":5}],"
           "\"kinds\":[\"Large\"],\"size\":10,\"text\":\"four\",\"renamed\":\"called\"," APPENDED,
           before,
           "{\"id\":\"i\",\"kind\":\"Large\",\"rights\":\"Read\",\"pair\":{\"x\":1,\"y\":2},"
           "\"choice_type\":\"note\","
           "\"choice\":\"n\",\"choices_type\":[\"Card\"],\"choices\":[{\"number\":\"1\"}],"
           "\"kinds\":[\"Large\"],"
           "\"size\":10,\"text\":\"four\",\"gone\":0,\"name\":\"called\"}");
}

/* A value without a name stays as it is, a flag without one stays set, and an unknown alternative
 * reads as absent. */
static void values_of_newer(void **state)
{
    static const char *const types[] = {
        "\"Pair\",\"choice\":{\"x\":1,\"y\":2}",
        "\"Place\",\"choice\":{\"at\":{\"x\":1,\"y\":2},\"id\":" SENT_ID ",\"parts\":[1,2]}",
        "\"again\",\"choice\":{}",
        "\"more\",\"choice\":\"m\"",
    };

    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        char given[512];
        snprintf(given, sizeof given,
                 "{\"id\":\"i\",\"kind\":\"Huge\",\"rights\":\"Read Own\",\"choice_type\":%s}",
                 types[i]);
        across(after, given, before,
               "{\"id\":\"i\",\"kind\":500,\"rights\":129,\"size\":1,\"gone\":0}");
    }
    across(after,
           "{\"id\":\"i\",\"kinds\":[\"Huge\",\"Large\"],\"choices_type\":[\"Pair\",\"note\","
           "\"more\"],"
           "\"choices\":[{\"x\":1,\"y\":2},\"n\",\"m\"]}",
           before,
           "{\"id\":\"i\",\"kind\":\"Small\",\"rights\":\"Read\",\"choices_type\":[\"NONE\","
           "\"note\",\"NONE\"],"
           "\"choices\":[null,\"n\",null],\"kinds\":[500,\"Large\"],\"size\":1,\"gone\":0}");
}

/* Readers widen limits first. Until all have, messages within the old limits reach everyone. */
static void wider_limits(void **state)
{
    (void)state;
    across(after, "{\"id\":\"i\",\"size\":10,\"text\":\"four\"}", before,
           "{\"id\":\"i\",\"kind\":\"Small\",\"rights\":\"Read\",\"size\":10,\"text\":\"four\","
           "\"gone\":0}");
    refused(after, "{\"id\":\"i\",\"size\":11}", before, "size: out of range");
    refused(after, "{\"id\":\"i\",\"text\":\"fiver\"}", before, "text: longer than 4");
    refused(after, "{}", before, "id: required, but absent");
    across(before, "{\"id\":\"\"}", after,
           "{\"id\":\"\",\"kind\":\"Small\",\"rights\":\"Read\",\"size\":1," STANDARD);
}

static void wide(void **state)
{
    char old_text[1024];
    char new_text[1024];
    size_t length = 0;

    (void)state;
    for (unsigned i = 0; i < 64; i++)
        length += (size_t)snprintf(old_text + length, sizeof old_text - length, "%c\"f%u\":%u",
                                   i == 0 ? '{' : ',', i, i);
    memcpy(new_text, old_text, length);
    snprintf(old_text + length, sizeof old_text - length, "}");
    snprintf(new_text + length, sizeof new_text - length,
             ",\"f64\":0,\"f65\":0,\"f66\":0,\"f67\":0,\"f68\":0,\"f69\":0}");
    across(&trip_before_wide_descriptor, old_text, &trip_after_wide_descriptor, new_text);
    snprintf(new_text + length, sizeof new_text - length, ",\"f64\":1,\"f69\":1}");
    across(&trip_after_wide_descriptor, new_text, &trip_before_wide_descriptor, old_text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(old_read_by_newer),
        cmocka_unit_test(new_read_by_older),
        cmocka_unit_test(values_of_newer),
        cmocka_unit_test(wider_limits),
        cmocka_unit_test(wide),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
