#include "greeting.catga.h"

static catga_status my_greet(catga_context *context, greeting_greet_view request)
{
    catga_string name = greeting_greet_get_name(request);

    if (name.length == 0)
        return greeting_greet_error_nameless(context, "whom?");
    return greeting_greet_reply(context, &GREETING_GREETING(.text = name));
}

int main(void)
{
    static const greeting_greeter service = GREETING_GREETER(my);
    catga_bus *bus;
    catga_status status = catga_open(&bus, NULL); /* NATS_URL, or nats://127.0.0.1:4222 */

    if (status == CATGA_OK)
        status = greeting_greeter_serve(bus, &service, NULL);
    if (status == CATGA_OK)
        status = catga_run(bus); /* until SIGTERM; then it drains */
    catga_close(bus);
    return status == CATGA_OK ? 0 : 1;
}
