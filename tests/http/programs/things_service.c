/* The service behind the gateway of the tests. */
#include "span_lines.h"
#include "things_handlers.h"

int main(void)
{
    static const test_http_thing_service service = TEST_HTTP_THING_SERVICE(my);
    catga_options options = {.workers = 64};
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
