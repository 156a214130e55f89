/*
 * Every allocation of the gateway fails once, and every thread. A run of a gateway with its service
 * is repeated with the first, the second, the third ... failing, until a run completes without a
 * failure. A request gets its response, an error, or a closed connection; the next one works.
 * Nothing leaks (under AddressSanitizer), and nothing hangs.
 */
#include "failing_allocations.h"
#include "programs/things_handlers.h"
#include "things.routes.h"

#include <catga/http.h>

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { CLOSED = 0, RESPONSE = 65536 };

static void log_nothing(void *user, catga_log_level level, const char *text)
{
    (void)user;
    (void)level;
    (void)text;
}

/* ---- A client, which allocates nothing ---- */

static int connect_to(uint16_t port)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const struct timeval deadline = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline), 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void send_request(int fd, const char *line, const char *body)
{
    const char *type = *body == '\0' ? "\r\n" : "Content-Type: application/json\r\n";
    char text[1024];

    int length = snprintf(text, sizeof text,
                          "%s\r\nHost: x\r\nCatga-Timeout: 500\r\n"
                          "Idempotency-Key: \"1\"\r\nConnection: close\r\n%s%s",
                          line, type, body);
    assert_true(length > 0 && (size_t)length < sizeof text);
    assert_int_equal(send(fd, text, (size_t)length, MSG_NOSIGNAL), length);
}

/* Reads until the connection ends, or a text has arrived. */
static void receive(int fd, const char *text, char response[RESPONSE])
{
    size_t length = 0;
    ssize_t got;

    response[0] = '\0';
    while ((text == NULL || strstr(response, text) == NULL) &&
           (got = recv(fd, response + length, RESPONSE - 1 - length, 0)) > 0) {
        length += (size_t)got;
        response[length] = '\0';
    }
    assert_false(errno == EAGAIN && got < 0); /* the deadline */
}

static int status_of(const char *response)
{
    int status = CLOSED;

    if (*response != '\0')
        assert_int_equal(sscanf(response, "HTTP/1.1 %d ", &status), 1);
    return status;
}

/* Makes a request, and returns the status; CLOSED for a closed connection. */
static int request(uint16_t port, const char *line, const char *body)
{
    static char response[RESPONSE];
    int fd = connect_to(port);

    errno = 0;
    send_request(fd, line, body);
    receive(fd, NULL, response);
    close(fd);
    return status_of(response);
}

/* ---- The run ---- */

static void assert_explained(int status, int expected)
{
    if (status != expected && status != CLOSED && status != 500 && status != 503)
        assert_int_equal(status, 504);
}

/* Makes a request; after a failure it works when it is repeated. */
static void check(uint16_t port, const char *line, const char *body, int expected)
{
    int status = request(port, line, body);

    assert_explained(status, expected);
    if (status != expected)
        assert_true(atomic_load(&failed));
}

#define BODY(text, length) "Content-Length: " #length "\r\n\r\n" text

static void make_requests(uint16_t port)
{
    check(port, "GET /things/x HTTP/1.1", "", 200);
    check(port, "GET /search?tagNames=a&ids=1&color=Green HTTP/1.1", "", 200);
    check(port, "GET /things/x HTTP/1.1\r\nAccept: application/octet-stream", "", 200);
    check(port, "PATCH /things/x HTTP/1.1", BODY("{\"price\":1.25}", 14), 200);
    check(port, "POST /things HTTP/1.1", BODY("{\"thingId\":\"x\"}", 15), 201);
    check(port, "POST /things HTTP/1.1", BODY("{\"thingId\":1 }", 14), 400);
    check(port, "GET /things/absent HTTP/1.1", "", 404);
    check(port, "DELETE /nothing HTTP/1.1", "", 404);
    check(port, "OPTIONS /things/x HTTP/1.1", "", 204);
    check(port, "GET /health HTTP/1.1", "", 200);
    check(port, "GET /openapi.json HTTP/1.1", "", 200);
}

/* Receives an event, unless a failed allocation ends the stream or loses the event. */
static void receive_event(uint16_t port)
{
    static char response[RESPONSE];
    const struct timeval deadline = {.tv_usec = 300000};
    int fd = connect_to(port);

    errno = 0;
    send_request(fd, "GET /announcements HTTP/1.1", "");
    receive(fd, "\r\n\r\n", response);
    int status = status_of(response);
    assert_explained(status, 200);
    if (status == 200) {
        check(port, "POST /announcements HTTP/1.1", BODY("{\"textLine\":\"x\"}", 16), 200);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof deadline);
        ssize_t got = recv(fd, response, RESPONSE, 0);
        assert_true(got > 0 || atomic_load(&failed));
    }
    close(fd);
}

static void use(catga_bus *bus)
{
    static const test_http_thing_service service = TEST_HTTP_THING_SERVICE(my);
    static const catga_routes *const routes[] = {&test_http_routes};
    const catga_http_options options = {.port = -1, .cors_origin = "*"};
    catga_http *http;

    catga_status status = test_http_thing_service_serve(bus, &service, NULL);
    if (status == CATGA_OK)
        status = catga_http_open(&http, bus, routes, 1, &options);
    if (status != CATGA_OK) {
        assert_int_equal(status, CATGA_NO_MEMORY);
        return;
    }
    make_requests(catga_http_port(http));
    receive_event(catga_http_port(http));
    if (atomic_load(&failed))
        assert_int_equal(request(catga_http_port(http), "GET /things/x HTTP/1.1", ""), 200);
    catga_http_close(http);
}

static void run(void)
{
    catga_options options = {.log = log_nothing, .workers = 2};
    catga_bus *bus = NULL;

    if (catga_local_open(&options.local) == CATGA_OK)
        catga_ignore(catga_open(&bus, &options));
    if (bus != NULL)
        use(bus);
    catga_close(bus);
    catga_local_close(options.local);
}

static void every_allocation_fails_once(void **state)
{
    (void)state;
    int count = fail_each_allocation(run);
    print_message("%d allocations\n", count);
    assert_in_range(count + 1, 100, 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_fails_once)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
