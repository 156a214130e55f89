/* Prints the routes of a schema. */
#include "tides.routes.h"

#include <stdio.h>

int main(void)
{
    for (size_t i = 0; i < demo_tides_routes.route_count; i++)
        printf("%s %s\n", demo_tides_routes.routes[i].method, demo_tides_routes.routes[i].path);
    return 0;
}
