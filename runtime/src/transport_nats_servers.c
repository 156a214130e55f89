/* The list of addresses: "nats://one:4222,nats://user:secret@two" in, an array out. */
#include "transport_nats.h"

#include <stdlib.h>

static int count_commas(const char *text)
{
    int count = 0;
    for (; *text != '\0'; text++)
        count += *text == ',';
    return count;
}

catga_status catga_nats_servers_set(catga_nats_servers *servers, const char *list)
{
    servers->text = strdup(list);
    servers->addresses = calloc((size_t)count_commas(list) + 1, sizeof(*servers->addresses));
    if (servers->text == NULL || servers->addresses == NULL)
        return CATGA_NO_MEMORY;

    char *rest = servers->text;
    for (char *address; (address = strsep(&rest, ",")) != NULL;) {
        address += strspn(address, " ");
        address[strcspn(address, " ")] = '\0';
        if (*address == '\0')
            return CATGA_INVALID_ARGUMENT;
        servers->addresses[servers->count++] = address;
    }
    return CATGA_OK;
}

void catga_nats_servers_clear(catga_nats_servers *servers)
{
    free(servers->addresses);
    free(servers->text);
    *servers = (catga_nats_servers){0};
}

const char *catga_nats_address_shown(const char *address)
{
    const char *scheme = strstr(address, "://");
    const char *authority = scheme == NULL ? address : scheme + 3;
    const char *credentials = strrchr(authority, '@');
    return credentials == NULL ? authority : credentials + 1;
}
