/* Addresses of servers. */
#include "address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static catga_redis_addresses addresses;
static catga_problem problem;

static const catga_redis_address *read_one(const char *text)
{
    catga_redis_addresses_clear(&addresses);
    assert_int_equal(catga_redis_addresses_read(&addresses, text, &problem), CATGA_OK);
    assert_int_equal(addresses.count, 1);
    return &addresses.list[0];
}

static void assert_address(const char *text, catga_redis_address expected)
{
    const catga_redis_address *address = read_one(text);

    assert_int_equal(address->kind, expected.kind);
    assert_string_equal(address->user, expected.user == NULL ? "" : expected.user);
    assert_string_equal(address->password, expected.password == NULL ? "" : expected.password);
    assert_string_equal(address->host, expected.host);
    assert_string_equal(address->master, expected.master == NULL ? "" : expected.master);
    assert_int_equal(address->database, expected.database);
    if (expected.kind != CATGA_REDIS_UNIX)
        assert_int_equal(address->port, expected.port);
}

static void servers(void **state)
{
    (void)state;
    assert_address("redis://one", (catga_redis_address){.host = "one", .port = 6379});
    assert_address("one:7000", (catga_redis_address){.host = "one", .port = 7000});
    assert_address("redis://[::1]:7000/3",
                   (catga_redis_address){.host = "::1", .port = 7000, .database = 3});
    assert_address(
        "redis://ann:s%40c%2Cret%25@one:1/",
        (catga_redis_address){.user = "ann", .password = "s@c,ret%", .host = "one", .port = 1});
    assert_address("redis://:secret@one",
                   (catga_redis_address){.password = "secret", .host = "one", .port = 6379});
}

static void sockets(void **state)
{
    (void)state;
    assert_address(
        "unix:///run/redis/redis.sock",
        (catga_redis_address){.kind = CATGA_REDIS_UNIX, .host = "/run/redis/redis.sock"});
    assert_address("unix://:secret@/run/a%20b?db=2", (catga_redis_address){.kind = CATGA_REDIS_UNIX,
                                                                           .password = "secret",
                                                                           .host = "/run/a b",
                                                                           .database = 2});
}

static void sentinels(void **state)
{
    (void)state;
    assert_address("sentinel://one/shop", (catga_redis_address){.kind = CATGA_REDIS_SENTINEL,
                                                                .host = "one",
                                                                .port = 26379,
                                                                .master = "shop"});
    assert_address("sentinel://ann:secret@one:5000/shop/4",
                   (catga_redis_address){.kind = CATGA_REDIS_SENTINEL,
                                         .user = "ann",
                                         .password = "secret",
                                         .host = "one",
                                         .port = 5000,
                                         .master = "shop",
                                         .database = 4});
}

static void lists(void **state)
{
    (void)state;
    catga_redis_addresses_clear(&addresses);
    assert_int_equal(catga_redis_addresses_read(
                         &addresses, "redis://one,unix:///two,sentinel://three/x", &problem),
                     CATGA_OK);
    assert_int_equal(addresses.count, 3);
    assert_string_equal(addresses.list[1].host, "/two");
    assert_string_equal(addresses.list[2].master, "x");
}

static void wrong_addresses_are_refused(void **state)
{
    static const char *const wrong[] = {
        "",
        "redis://",
        "redis://one:",
        "redis://one:0",
        "redis://one:65536",
        "redis://one:12x",
        "redis://one/x",
        "redis://one/-1",
        "redis://[::1",
        "redis://[::1]x",
        "http://one",
        "nats://one",
        "unix://one",
        "unix:///one?database=1",
        "unix:///one?db=x",
        "unix:///%zz",
        "unix:///%00",
        "sentinel://one",
        "sentinel://one/",
        "sentinel:///shop",
        "redis://user@one",
        "redis://user:@one",
        "redis://user:%@one",
        "redis://one,,redis://two",
        "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        catga_redis_addresses_clear(&addresses);
        if (catga_redis_addresses_read(&addresses, wrong[i], &problem) != CATGA_INVALID_ARGUMENT)
            fail_msg("%s is accepted", wrong[i]);
        assert_null(addresses.text);
        assert_non_null(strstr(problem.text, "accepted are"));
    }
}

static void tls_is_refused_with_the_reason(void **state)
{
    (void)state;
    catga_redis_addresses_clear(&addresses);
    assert_int_equal(
        catga_redis_addresses_read(&addresses, "redis://a,rediss://:secret@b", &problem),
        CATGA_INVALID_ARGUMENT);
    assert_non_null(strstr(problem.text, "address 2 begins with rediss://"));
    assert_non_null(strstr(problem.text, "no TLS"));
    assert_null(strstr(problem.text, "secret"));
}

static void passwords_are_not_shown(void **state)
{
    static const char *const wrong[] = {"redis://ann:secret@one:x", "redis://ann:s,ecret@one",
                                        "unix://ann:secret@one"};

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        catga_redis_addresses_clear(&addresses);
        assert_int_equal(catga_redis_addresses_read(&addresses, wrong[i], &problem),
                         CATGA_INVALID_ARGUMENT);
        assert_null(strstr(problem.text, "ecret"));
    }
}

static int clear(void **state)
{
    (void)state;
    catga_redis_addresses_clear(&addresses);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers),
        cmocka_unit_test(sockets),
        cmocka_unit_test(sentinels),
        cmocka_unit_test(lists),
        cmocka_unit_test(wrong_addresses_are_refused),
        cmocka_unit_test(tls_is_refused_with_the_reason),
        cmocka_unit_test(passwords_are_not_shown),
    };

    return cmocka_run_group_tests(tests, NULL, clear);
}
