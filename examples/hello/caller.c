#include "greeting.catga.h"

#include <stdio.h>

int main(int count, char **arguments)
{
    const greeting_greet query =
        GREETING_GREET(.name = catga_str(count > 1 ? arguments[1] : "world"));
    greeting_greeting_reply reply;
    catga_bus *bus;

    if (catga_open(&bus, NULL) != CATGA_OK)
        return 1;
    catga_status status = greeting_greet_call(bus, &query, &reply);
    if (status == CATGA_OK)
        printf("%.*s\n", CATGA_PRINT(greeting_greeting_get_text(reply.view)));
    else
        printf("%u %.*s\n", reply.error.code, CATGA_PRINT(reply.error.text));
    greeting_greeting_reply_free(&reply);
    catga_close(bus);
    return status == CATGA_OK ? 0 : 1;
}
