/* catga_json_read: the JSON that it accepts and rejects, by the rules of JSON and of each type. */
#include "codec.h"
#include "codec/json_values.h"

#include <math.h>

static const catga_table *const kinds = &test_codec_kinds_descriptor;
static const catga_table *const order = &test_codec_order_descriptor;
static const catga_table *const node = &test_codec_node_descriptor;

static uint64_t memory[1 << 14];

/* Parses from memory that ends with the text. */
static catga_status parse_exact(const catga_table *type, const char *text, size_t length,
                                catga_unknown unknown, void *plain, catga_problem *problem)
{
    catga_arena arena = {memory, sizeof memory, 0};
    char *exact = malloc(length == 0 ? 1 : length);

    assert_non_null(exact);
    memcpy(exact, text, length);
    catga_status status = catga_json_read(type, exact, length, unknown, plain, &arena, problem);
    free(exact);
    return status;
}

static test_codec_kinds accept(const char *text)
{
    test_codec_kinds plain;
    catga_problem problem;

    if (parse_exact(kinds, text, strlen(text), CATGA_REFUSE_UNKNOWN, &plain, &problem) != CATGA_OK)
        fail_msg("%s: %s", text, problem.text);
    assert_string_equal(problem.text, "");
    return plain;
}

static void refuse_length(const char *text, size_t length)
{
    test_codec_kinds plain;
    catga_problem problem = {""};

    if (parse_exact(kinds, text, length, CATGA_REFUSE_UNKNOWN, &plain, &problem) !=
        CATGA_BAD_MESSAGE)
        fail_msg("%.*s was accepted", (int)length, text);
    assert_non_null(strstr(problem.text, "(line "));
    assert_int_equal(parse_exact(kinds, text, length, CATGA_REFUSE_UNKNOWN, &plain, NULL),
                     CATGA_BAD_MESSAGE);
}

static void refuse(const char *text)
{
    refuse_length(text, strlen(text));
}

/* Checks that a value of one member is rejected, with and without further members. */
static void refuse_value(const char *name, const char *value)
{
    char text[512];

    snprintf(text, sizeof text, "{\"%s\":%s}", name, value);
    refuse(text);
    snprintf(text, sizeof text, "{\"%s\":%s,\"flag\":true}", name, value);
    refuse(text);
    snprintf(text, sizeof text, "{\"%s\":%s", name, value);
    refuse(text);
}

static test_codec_kinds accept_value(const char *name, const char *value)
{
    char text[512];

    snprintf(text, sizeof text, " { \"%s\" :\t%s\r\n}\n", name, value);
    return accept(text);
}

static void explain(const catga_table *type, const char *text, const char *wanted)
{
    static uint64_t plain[64];
    catga_problem problem;

    assert_true(type->native_size <= sizeof plain);
    assert_int_equal(parse_exact(type, text, strlen(text), CATGA_REFUSE_UNKNOWN, plain, &problem),
                     CATGA_BAD_MESSAGE);
    assert_string_equal(problem.text, wanted);
}

/* ---- Grammar ---- */

static void structure(void **state)
{
    static const char *const wrong[] = {
        "",
        " ",
        "{",
        "}",
        "[]",
        "null",
        "true",
        "1",
        "\"\"",
        "{,}",
        "{\"flag\"}",
        "{\"flag\":}",
        "{\"flag\":true,}",
        "{}{}",
        "{} x",
        "{}]",
        "{},",
        "{flag:true}",
        "{'flag':true}",
        "{\"flag\"true}",
        "{\"flag\":true \"signed_8\":1}",
        "{\"flag\":true;}",
        "{\"flag\":true,,\"signed_8\":1}",
        "{\"flag\"::true}",
        "{\"flag\":true}//",
        "{\"flag\":true/**/}",
        "{:true}",
        "{1:true}",
        "{null:true}",
        "{\"flag\":tru",
        "\xef\xbb\xbf{}",
        "{\f}",
        "{\v}",
        "{\xc2\xa0}",
        "{\"flag\":true",
    };

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++)
        refuse(wrong[i]);
    refuse_length("{}\0", 3);
    refuse_length("{\0}", 3);
    accept("{}");
    accept(" \t\r\n{ \t\r\n} \t\r\n");
    accept("{\"flag\":true,\"signed_8\":1}");
    accept("{\"signed_8\":1,\"flag\":true}");
}

/* Eleven tags, where ten are allowed: memory for them is not taken. */
static void too_many_elements(void **state)
{
    static const char text[] =
        "{\"tags\":[\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\",\"\"]}";
    test_codec_order plain;
    catga_problem problem;
    catga_arena arena = {memory, 0, 0};

    (void)state;
    assert_int_equal(catga_json_read(order, text, sizeof text - 1, CATGA_REFUSE_UNKNOWN, &plain,
                                     &arena, &problem),
                     CATGA_BAD_MESSAGE);
    assert_string_equal(problem.text, "tags: too many elements (line 1, column 9)");
    assert_int_equal(arena.used, 0);
}

static void arrays(void **state)
{
    static const char *const wrong[] = {
        "[", "]",    "[1,]", "[,1]",   "[1 2]",  "[1,,2]", "[1",   "[1,",     "[1}",   "{}",
        "1", "[[]]", "[{}]", "[null]", "[\"\"]", "[1]]",   "[-1]", "[65536]", "[1;2]", "[1,2",
    };

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++)
        refuse_value("numbers", wrong[i]);
    test_codec_kinds plain = accept_value("numbers", "[ 1 , 2,65535 ]");
    assert_int_equal(plain.numbers.length, 3);
    assert_int_equal(plain.numbers.data[2], 65535);
    plain = accept_value("numbers", "[]");
    assert_int_equal(plain.numbers.length, 0);
    assert_non_null(plain.numbers.data);
    assert_null(accept_value("numbers", "null").numbers.data);
}

static void words(void **state)
{
    static const char *const wrong[] = {"True", "TRUE",     "tru", "truee", "nul",  "nulll", "0",
                                        "1",    "\"true\"", "[]",  "{}",    "fals", "True",  "yes"};

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++)
        refuse_value("flag", wrong[i]);
    assert_true(accept_value("flag", "true").flag);
    assert_false(accept_value("flag", "false").flag);
    assert_false(accept_value("flag", "null").flag);
}

static void number_grammar(void **state)
{
    static const char *const wrong[] = {
        "01",    "-01", "+1",  ".5",    "5.",   "-",     "-.5",   "1.e1",     "1e",
        "1e+",   "1e-", "0x1", "1_0",   "--1",  "1e1.5", "NaN",   "Infinity", "-Infinity",
        "nan",   "inf", "1 0", "1,5",   "0e",   "1E+-1", "1f",    "\xd9\xa1", "1e5e",
        "1.2.3", "1-",  "1+1", "\"1\"", "true", "[]",    "1e309", "-1e309",
    };
    static const char *const right[] = {"0",         "-0",      "0.0",    "1e1",
                                        "1E1",       "1e+1",    "1e-1",   "-0e-0",
                                        "123456789", "1.5e300", "1e-400", "0e999999999999"};

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++)
        refuse_value("twice", wrong[i]);
    for (size_t i = 0; i < CODEC_COUNT(right); i++)
        accept_value("twice", right[i]);
    assert_true(isnan(accept_value("twice", "\"NaN\"").twice));
    assert_true(accept_value("twice", "\"-Infinity\"").twice < 0);
    assert_true(accept_value("single", "3.4028235e38").single > 3e38f);
    refuse_value("single", "3.5e38");
}

static void duplicates(void **state)
{
    (void)state;
    explain(kinds, "{\"flag\":true,\"flag\":true}", "flag: twice (line 1, column 21)");
    refuse("{\"flag\":true,\"fl\\u0061g\":true}");
    refuse("{\"flag\":null,\"flag\":true}");
    refuse("{\"inner\":{\"text\":\"a\",\"text\":\"a\"}}");
    accept("{\"flag\":true,\"inner\":{\"flag\":true}}");
    assert_true(accept("{\"fl\\u0061g\":true}").flag);
}

static void unknown_members(void **state)
{
    static const char *const skipped[] = {
        "{\"new\":1,\"flag\":true}",
        "{\"new\":{\"a\":[1,{\"b\":null}],\"a\":2},\"flag\":true}",
        "{\"flag\":true,\"new\":\"\\ud83d\\ude00\",\"new\":[]}",
        "{\"inner\":{\"new\":[[],[{}]]},\"flag\":true}",
    };
    static const char *const wrong[] = {
        "{\"new\":}",           "{\"new\":[1,]}", "{\"new\":01}",       "{\"new\":\"\\ud83d\"}",
        "{\"new\":{\"a\":1,}}", "{\"new\":nil}",  "{\"new\":\"\xff\"}", "{\"new\":{a:1}}"};
    test_codec_kinds plain;

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(skipped); i++) {
        refuse(skipped[i]);
        assert_int_equal(
            parse_exact(kinds, skipped[i], strlen(skipped[i]), CATGA_SKIP_UNKNOWN, &plain, NULL),
            CATGA_OK);
        assert_true(plain.flag);
    }
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++)
        assert_int_equal(
            parse_exact(kinds, wrong[i], strlen(wrong[i]), CATGA_SKIP_UNKNOWN, &plain, NULL),
            CATGA_BAD_MESSAGE);
    explain(kinds, "{\n \"new\":1}", "new: unknown member (line 2, column 8)");
}

static void paths(void **state)
{
    (void)state;
    explain(order, "{\"lines\":[{},{\"quantity\":-1}]}",
            "lines[1].quantity: not an integer of its type (line 1, column 28)");
    explain(order, "{\"point\":{\"x\":1,\"y\":[]}}",
            "point.y: expected a number (line 1, column 21)");
    explain(order, "{} x", "text behind the end (line 1, column 4)");
    explain(order, "[]", "expected an object (line 1, column 1)");
}

/* Nested arrays and objects, known and unknown, up to the depth limit that protects the stack. */
static void depth(void **state)
{
    static char text[300000];
    static const char *const parts[] = {"{\"next\":", "{\"children\":[", "{\"new\":", "["};
    static const char *const begins[] = {"", "", "", "{\"new\":"};
    test_codec_node plain;

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(parts); i++) {
        size_t length = strlen(strcpy(text, begins[i]));
        while (length + 20 < sizeof text)
            length += strlen(strcpy(text + length, parts[i]));
        assert_int_equal(parse_exact(node, text, length, CATGA_SKIP_UNKNOWN, &plain, NULL),
                         CATGA_BAD_MESSAGE);
    }
    size_t length = 0;
    for (size_t i = 0; i < 63; i++)
        length += strlen(strcpy(text + length, "{\"children\":["));
    length += strlen(strcpy(text + length, "{}"));
    for (size_t i = 0; i < 63; i++)
        length += strlen(strcpy(text + length, "]}"));
    assert_int_equal(parse_exact(node, text, length, CATGA_REFUSE_UNKNOWN, &plain, NULL), CATGA_OK);
}

/* ---- Strings ---- */

static void expect_text(const char *json, const char *text, size_t length)
{
    test_codec_kinds plain = accept_value("text", json);

    assert_int_equal(plain.text.length, length);
    assert_memory_equal(plain.text.data, text, length);
    assert_int_equal(plain.text.data[length], 0);
}

static void strings(void **state)
{
    static const char *const wrong[] = {
        "\"",
        "\"a",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u\"",
        "\"\\u12\"",
        "\"\\u123\"",
        "\"\\u12g4\"",
        "\"\\U0041\"",
        "\"\\ud800\"",
        "\"\\udc00\"",
        "\"\\ud800\\ud800\"",
        "\"\\ud800a\"",
        "\"\\ud800\\n\"",
        "\"\\udc00\\ud800\"",
        "\"\\ud800\\u0041\"",
        "\"\\'\"",
        "\"\\a\"",
        "\"\\0\"",
        "\"\n\"",
        "\"\t\"",
        "\"\x1f\"",
        "\"\x01\"",
        "'a'",
        "a",
        "\"\xff\"",
        "\"\xc3\"",
        "\"\xed\xa0\x80\"",
        "\"\xc0\x80\"",
        "\"\xf4\x90\x80\x80\"",
        "\"aaaaaaaaaaaaaaaa\xff\"",
        "\"aaaaaaaaaaaaaaaa\n\"",
        "\"a\"b\"",
        "1",
        "[]",
    };

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++)
        refuse_value("text", wrong[i]);
    refuse_length("{\"text\":\"\0\"}", 12);
    refuse_length("{\"text\":\"aaaaaaaaaaaa\0aa\"}", 26);
    expect_text("\"\"", "", 0);
    expect_text("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8);
    expect_text("\"\\u0000\"", "\0", 1);
    expect_text("\"\\u00e4\\u00E4\\u20ac\"", "\xc3\xa4\xc3\xa4\xe2\x82\xac", 7);
    expect_text("\"\\ud83d\\ude00\\uDBFF\\uDFFF\"", "\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf", 8);
    expect_text("\"\\u007f\\u0080\\u07ff\\u0800\\uffff\"",
                "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", 11);
    expect_text("\"\x7f\xf0\x9f\x98\x80\"", "\x7f\xf0\x9f\x98\x80", 5);
}

/* A truncated text is not read past its end. */
static void truncated(void **state)
{
    static const char text[] =
        "{\"flag\":true,\"signed_8\":-12,\"twice\":1.5e-3,\"color\":\"Blue\",\"price\":1.05,"
        "\"at\":\"2024-02-29T12:00:00.5+01:00\",\"took\":\"1.5s\",\"text\":"
        "\"a\\u00e4\\ud83d\\ude00\\n\","
        "\"data\":\"Zm9vYg==\",\"maybe\":1,\"mixed\":{\"on\":true,\"color\":\"Red\",\"at\":{\"x\":"
        "1,\"y\":2},"
        "\"price\":1},\"numbers\":[1,2],\"texts\":[\"a\",\"b\"],\"inners\":[{},{\"flag\":false}]}";

    (void)state;
    accept(text);
    for (size_t length = 0; length < sizeof text - 1; length++)
        refuse_length(text, length);
}

/* A text with one changed byte is rejected, or the result can be encoded or is rejected then. */
static void neighbours(void **state)
{
    char text[] =
        "{\"signed_8\":-12,\"twice\":1.5e-3,\"color\":\"Blue\",\"text\":\"a\\u00e4\\ud83d\\ude00\","
        "\"data\":\"Zm9vYg==\",\"at\":\"2024-02-29T12:00:00.5+01:00\",\"texts\":[\"a\"]}";
    static uint8_t buffer[2048];
    test_codec_kinds plain;
    size_t length;

    (void)state;
    for (size_t at = 0; at < sizeof text - 1; at++)
        for (int change = 1; change < 256; change++) {
            catga_arena arena = {memory, sizeof memory, 0};
            text[at] = (char)(text[at] ^ change);
            if (catga_json_read(kinds, text, sizeof text - 1, CATGA_SKIP_UNKNOWN, &plain, &arena,
                                NULL) == CATGA_OK)
                assert_int_equal(catga_encode(kinds, &plain, buffer, sizeof buffer, &length, NULL),
                                 CATGA_OK);
            text[at] = (char)(text[at] ^ change);
        }
}

/* ---- Values ---- */

static void integers(void **state)
{
    static const struct {
        const char *name;
        const char *lowest;
        const char *below;
        const char *highest;
        const char *above;
    } types[] = {
        {"signed_8", "-128", "-129", "127", "128"},
        {"signed_16", "-32768", "-32769", "32767", "32768"},
        {"signed_32", "-2147483648", "-2147483649", "2147483647", "2147483648"},
        {"signed_64", "-9223372036854775808", "-9223372036854775809", "9223372036854775807",
         "9223372036854775808"},
        {"unsigned_8", "0", "-1", "255", "256"},
        {"unsigned_16", "0", "-1", "65535", "65536"},
        {"unsigned_32", "0", "-1", "4294967295", "4294967296"},
        {"unsigned_64", "0", "-1", "18446744073709551615", "18446744073709551616"},
        {"color", "0", "-1", "255", "256"},
        {"huge", "0", "-1", "18446744073709551615", "18446744073709551616"},
        {"maybe", "0", "-1", "4294967295", "4294967296"},
    };
    static const char *const wrong[] = {"1.5",
                                        "1e-1",
                                        "1e100",
                                        "\"\"",
                                        "\" 1\"",
                                        "\"1 \"",
                                        "\"0x1\"",
                                        "\"+1\"",
                                        "true",
                                        "[]",
                                        "{}",
                                        "1e99999999999",
                                        "0.00000000000000000001"};
    char text[64];

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(types); i++) {
        accept_value(types[i].name, types[i].lowest);
        accept_value(types[i].name, types[i].highest);
        refuse_value(types[i].name, types[i].below);
        refuse_value(types[i].name, types[i].above);
        for (size_t k = 0; k < CODEC_COUNT(wrong); k++)
            refuse_value(types[i].name, wrong[k]);
    }
    for (size_t i = 0; i < 8; i++) {
        snprintf(text, sizeof text, "\"%s\"", types[i].highest);
        accept_value(types[i].name, text);
        snprintf(text, sizeof text, "\"%s\"", types[i].above);
        refuse_value(types[i].name, text);
    }
    assert_int_equal(accept_value("signed_64", "-9223372036854775808").signed_64, INT64_MIN);
    assert_true(accept_value("unsigned_64", "18446744073709551615").unsigned_64 == UINT64_MAX);
    assert_int_equal(accept_value("signed_8", "1.2e1").signed_8, 12);
    assert_int_equal(accept_value("signed_8", "120e-1").signed_8, 12);
    assert_int_equal(accept_value("signed_8", "-0").signed_8, 0);
}

static void enums(void **state)
{
    (void)state;
    assert_int_equal(accept_value("color", "\"Green\"").color, 4);
    assert_int_equal(accept_value("color", "77").color, 77);
    assert_true(accept_value("huge", "\"All\"").huge == UINT64_MAX);
    refuse_value("color", "\"green\"");
    refuse_value("color", "\"Gre\"");
    refuse_value("color", "\"Greener\"");
    assert_int_equal(accept_value("color", "\"Gr\\u0065en\"").color, 4);
    refuse_value("color", "\"Gr\\u0066en\"");
}

static void decimals(void **state)
{
    static const struct {
        const char *text;
        int64_t value;
    } right[] = {
        {"0", 0},
        {"1", 100},
        {"1.5", 150},
        {"1.05", 105},
        {"-1.05", -105},
        {"\"5999.99\"", 599999},
        {"1.0500000", 105},
        {"0.05e2", 500},
        {"105e-2", 105},
        {"1e15", INT64_C(100000000000000000)},
        {"92233720368547758.07", INT64_MAX},
        {"-92233720368547758.08", INT64_MIN},
        {"1.00000000000000000000000000000000000", 100},
    };
    static const char *const wrong[] = {"0.001",
                                        "1.005",
                                        "92233720368547758.08",
                                        "-92233720368547758.09",
                                        "1e17",
                                        "\"\"",
                                        "\"1,5\"",
                                        "\"1.5 \"",
                                        "\"NaN\"",
                                        "1e-3",
                                        "true",
                                        "1.000000000000000000000000000000001",
                                        "\"1.\"",
                                        "\".5\""};

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(right); i++)
        assert_int_equal(accept_value("price", right[i].text).price, right[i].value);
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++)
        refuse_value("price", wrong[i]);
}

static void timestamps(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
        int64_t nanoseconds;
    } right[] = {
        {"\"1970-01-01T00:00:00Z\"", 0, 0},
        {"\"1970-01-01t00:00:00z\"", 0, 0},
        {"\"1969-12-31T23:59:59Z\"", -1, 0},
        {"\"1969-12-31T23:59:59.999999999Z\"", 0, -1},
        {"\"2024-02-29T00:00:00Z\"", 1709164800, 0},
        {"\"2000-02-29T00:00:00Z\"", 951782400, 0},
        {"\"2024-02-29T12:00:00.5+01:00\"", 1709204400, 500000000},
        {"\"1970-01-01T00:00:00+23:59\"", -86340, 0},
        {"\"1969-12-31T18:30:00.000000001-05:30\"", 0, 1},
        {"\"2025-10-10T10:00:00.123456789Z\"", 1760090400, 123456789},
        {"\"1900-03-01T00:00:00-00:00\"", -2203891200, 0},
        {"\"2025-10-10T10:00:00.1234567890Z\"", 1760090400, 123456789},
        {"\"2025-10-10T10:00:00.5000000000000000000000+00:00\"", 1760090400, 500000000},
        {"\"1969-12-31T23:59:59.9999999990000Z\"", 0, -1},
    };
    static const char *const wrong[] = {
        "\"\"",
        "\"1970-01-01\"",
        "\"1970-01-01T00:00:00\"",
        "\"1970-01-01 00:00:00Z\"",
        "\"2023-02-29T00:00:00Z\"",
        "\"1900-02-29T00:00:00Z\"",
        "\"2024-02-30T00:00:00Z\"",
        "\"2024-13-01T00:00:00Z\"",
        "\"2024-00-01T00:00:00Z\"",
        "\"2024-04-31T00:00:00Z\"",
        "\"2024-01-00T00:00:00Z\"",
        "\"2024-01-01T24:00:00Z\"",
        "\"2024-01-01T00:60:00Z\"",
        "\"2024-01-01T00:00:60Z\"",
        "\"2024-01-01T00:00:00.Z\"",
        "\"2024-01-01T00:00:00.1234567891Z\"",
        "\"2024-01-01T00:00:00.00000000000001Z\"",
        "\"2024-01-01T00:00:00+24:00\"",
        "\"2024-01-01T00:00:00+00:60\"",
        "\"2024-01-01T00:00:00+0000\"",
        "\"2024-01-01T00:00:00Zx\"",
        "\"2024-1-1T0:0:0Z\"",
        "\"+2024-01-01T00:00:00Z\"",
        "\"2262-04-11T23:47:16.854775808Z\"",
        "\"1677-09-21T00:12:43.145224191Z\"",
        "\"9999-12-31T23:59:59Z\"",
        "\"0000-01-01T00:00:00Z\"",
        "1",
        "true",
    };

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(right); i++)
        assert_int_equal(accept_value("at", right[i].text).at,
                         right[i].seconds * 1000000000 + right[i].nanoseconds);
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++)
        refuse_value("at", wrong[i]);
    assert_int_equal(accept_value("at", "\"2262-04-11T23:47:16.854775807Z\"").at, INT64_MAX);
    assert_int_equal(accept_value("at", "\"1677-09-21T00:12:43.145224192Z\"").at, INT64_MIN);
}

static void durations(void **state)
{
    static const char *const wrong[] = {"\"\"",
                                        "\"s\"",
                                        "\"1\"",
                                        "\"1.5\"",
                                        "1",
                                        "\"1ms\"",
                                        "\"1 s\"",
                                        "\"0.0000000001s\"",
                                        "\"9223372036.854775808s\"",
                                        "\"1.s\"",
                                        "\".5s\"",
                                        "\"-s\"",
                                        "\"+1s\"",
                                        "\"1S\""};

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++)
        refuse_value("took", wrong[i]);
    assert_int_equal(accept_value("took", "\"1.5s\"").took, 1500000000);
    assert_int_equal(accept_value("took", "\"-0.000000001s\"").took, -1);
    assert_int_equal(accept_value("took", "\"9223372036.854775807s\"").took, INT64_MAX);
    assert_int_equal(accept_value("took", "\"-9223372036.854775808s\"").took, INT64_MIN);
}

static void base64(void **state)
{
    static const char *const wrong[] = {
        "\"A\"",    "\"AA=\"",    "\"AAAA=\"",   "\"AAAAA\"",      "\"A===\"", "\"====\"",
        "\"==\"",   "\"=\"",      "\"AB==\"",    "\"AAB=\"",       "\"AA=A\"", "\"AA==AAAA\"",
        "\"A A=\"", "\"AB\"",     "\"AAB\"",     "\"AA.=\"",       "[1]",      "\"AA\\u003d=\"",
        "\"A=\"",   "\"AAAA==\"", "\"AAAAAA=\"", "\"AA\xc3\xa4\"", "1"};

    static const struct {
        const char *text;
        size_t length;
        const char *bytes;
    } right[] = {
        {"\"Zm9vYg==\"", 4, "foob"},     {"\"Zm9vYg\"", 4, "foob"},
        {"\"Zm9vYmE=\"", 5, "fooba"},    {"\"Zm9vYmE\"", 5, "fooba"},
        {"\"+/+/\"", 3, "\xfb\xff\xbf"}, {"\"-_-_\"", 3, "\xfb\xff\xbf"},
        {"\"-_8=\"", 2, "\xfb\xff"},     {"\"-_8\"", 2, "\xfb\xff"},
        {"\"_w\"", 1, "\xff"},
    };
    test_codec_kinds plain;
    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++)
        refuse_value("data", wrong[i]);
    for (size_t i = 0; i < CODEC_COUNT(right); i++) {
        plain = accept_value("data", right[i].text);
        assert_int_equal(plain.data.length, right[i].length);
        assert_memory_equal(plain.data.data, right[i].bytes, right[i].length);
    }
    plain = accept_value("data", "\"\"");
    assert_int_equal(plain.data.length, 0);
    assert_non_null(plain.data.data);
}

static void structs(void **state)
{
    static const char *const wrong[] = {"{}",
                                        "{\"x\":1}",
                                        "{\"y\":1}",
                                        "{\"x\":1,\"y\":1,\"z\":1}",
                                        "{\"x\":1,\"x\":1}",
                                        "{\"x\":1,\"y\":1,\"x\":1}",
                                        "{\"y\":1,\"x\":1,\"\\u0079\":1}",
                                        "{\"x\":null,\"y\":1}",
                                        "[]",
                                        "1",
                                        "{\"x\":1,\"y\":1,}"};

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++)
        refuse_value("point", wrong[i]);
    assert_true(accept_value("point", "{\"x\":1,\"y\":2}").point->y == 2);
    assert_true(accept_value("point", "{\"y\":1,\"x\":2}").point->y == 1);
    assert_true(accept_value("point", "{\"\\u0079\":1,\"x\":2}").point->x == 2);
    assert_true(accept_value("mixed", "{\"price\":1.05,\"at\":{\"y\":1,\"x\":2},\"color\":\"Blue\","
                                      "\"on\":true}")
                    .mixed->at.x == 2);
    assert_null(accept_value("point", "null").point);
    assert_int_equal(
        accept_value("mixed",
                     "{\"on\":true,\"color\":\"Blue\",\"at\":{\"x\":1,\"y\":2},\"price\":1.05}")
            .mixed->price,
        105);
}

static void absent_is_default(void **state)
{
    test_codec_line line;
    catga_problem problem;

    (void)state;
    assert_int_equal(
        parse_exact(&test_codec_line_descriptor, "{}", 2, CATGA_REFUSE_UNKNOWN, &line, &problem),
        CATGA_OK);
    assert_int_equal(line.quantity, 1);
    assert_null(line.product_id.data);
    assert_false(accept("{}").maybe.present);
    assert_true(accept_value("maybe", "0").maybe.present);
    assert_false(accept_value("maybe", "null").maybe.present);
    assert_true(accept_value("maybe_on", "false").maybe_on.present);
}

/* ---- The arena ---- */

static void every_arena(void **state)
{
    static const char text[] =
        "{\"order_id\":\"a\\n\",\"lines\":[{\"product_id\":\"b\",\"weights\":[1,2]},{}],"
        "\"tags\":[\"x\",\"\"],\"point\":{\"x\":1,\"y\":2},\"data\":\"AAEC\",\"best\":{}}";
    test_codec_order plain;
    catga_arena whole = {memory, sizeof memory, 0};

    (void)state;
    assert_int_equal(
        catga_json_read(order, text, sizeof text - 1, CATGA_REFUSE_UNKNOWN, &plain, &whole, NULL),
        CATGA_OK);
    for (size_t capacity = 0; capacity <= whole.used; capacity++) {
        catga_arena arena = {malloc(capacity == 0 ? 1 : capacity), capacity, 0};
        assert_non_null(arena.data);
        catga_status status = catga_json_read(order, text, sizeof text - 1, CATGA_REFUSE_UNKNOWN,
                                              &plain, &arena, NULL);
        assert_int_equal(status, capacity < whole.used ? CATGA_TOO_LARGE : CATGA_OK);
        free(arena.data);
    }
}

/* ---- values.h by itself ---- */

static void uuids(void **state)
{
    static const char *const wrong[] = {"",
                                        "6ba7b810-9dad-11d1-80b4-00c04fd430c",
                                        "6ba7b810-9dad-11d1-80b4-00c04fd430c88",
                                        "6ba7b8109-dad-11d1-80b4-00c04fd430c8",
                                        "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
                                        "6ba7b810-9dad-11d1-80b4-00c04fd430g8",
                                        "6ba7b810-9dad-11d1-80b4-00c04fd430!8",
                                        "6ba7b810-9dad-11d1-80b4-00c04fd4308!",
                                        "6ba7b810-9dad-11d1-80b4_00c04fd430c8"};
    char text[CATGA_UUID_TEXT];
    catga_uuid uuid;

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(wrong); i++)
        assert_false(catga_uuid_parse(catga_str(wrong[i]), &uuid));
    assert_true(catga_uuid_parse(catga_str("6BA7B810-9dad-11d1-80b4-00c04fd430c8"), &uuid));
    assert_string_equal(catga_uuid_text(uuid, text), "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
}

/* Long digits are read as exactly as short ones. */
static void floating(void **state)
{
    static const char *const texts[] = {
        "0.1000000000000000055511151231257827",
        "9007199254740993",
        "9007199254740993.0000000000000001",
        "5e-324",
        "2.2250738585072011e-308",
        "1.7976931348623157e308",
        "123456789012345678901234567890",
        "1e23",
        "8.5e-22",
        "0.000000000000000000000000000000000000000000000000000000000000000000000000000000000001",
        "-0.0",
    };
    double value;

    (void)state;
    for (size_t i = 0; i < CODEC_COUNT(texts); i++) {
        double wanted = strtod(texts[i], NULL);
        assert_true(value_floating(catga_str(texts[i]), &value));
        assert_memory_equal(&value, &wanted, sizeof value);
    }
    assert_false(value_floating(catga_str("1e309"), &value));
    assert_false(value_floating(catga_str(""), &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(structure),
        cmocka_unit_test(arrays),
        cmocka_unit_test(too_many_elements),
        cmocka_unit_test(words),
        cmocka_unit_test(number_grammar),
        cmocka_unit_test(duplicates),
        cmocka_unit_test(unknown_members),
        cmocka_unit_test(paths),
        cmocka_unit_test(depth),
        cmocka_unit_test(strings),
        cmocka_unit_test(truncated),
        cmocka_unit_test(neighbours),
        cmocka_unit_test(integers),
        cmocka_unit_test(enums),
        cmocka_unit_test(decimals),
        cmocka_unit_test(timestamps),
        cmocka_unit_test(durations),
        cmocka_unit_test(base64),
        cmocka_unit_test(structs),
        cmocka_unit_test(absent_is_default),
        cmocka_unit_test(every_arena),
        cmocka_unit_test(uuids),
        cmocka_unit_test(floating),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
