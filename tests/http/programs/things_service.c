/* The service behind the gateway of the tests. */
#include "span_lines.h"
#include "things_handlers.h"

/* Denies requests by the word in their header Authorization. */
static catga_status guard(catga_context *context, catga_next *next, void *user)
{
    catga_string login = catga_context_header(context, "Authorization");

    (void)user;
    if (is(login, "Bearer stranger"))
        return catga_deny(context, CATGA_NOT_PERMITTED, "\"stranger\" may not do this");
    if (is(login, "Bearer busy"))
        return catga_deny(context, CATGA_OVERLOADED, "the bucket is empty");
    return catga_run_next(next);
}

int main(void)
{
    static const catga_middleware middleware = {guard, NULL};
    static const test_http_thing_service service = TEST_HTTP_THING_SERVICE(my);
    catga_options options = {.workers = 64, .middleware = &middleware, .middleware_count = 1};
    catga_bus *bus;
    catga_status status = catga_open(&bus, &options);

    if (status == CATGA_OK)
        status = span_lines_open(bus);
    if (status == CATGA_OK)
        status = test_http_thing_service_serve(bus, &service, NULL);
    if (status == CATGA_OK)
        status = catga_run(bus);
    catga_close(bus);
    return status == CATGA_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
