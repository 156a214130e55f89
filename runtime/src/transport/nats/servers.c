/* A list is, for example, "nats://one:4222,nats://user:secret@two". Addresses that nats.c would
 * misread are errors here. nats.c takes an empty host for the local one, and accepts any port. It
 * ignores tls:// before 3.13. */
#include "transport/nats/servers.h"

#include <stdio.h>
#include <stdlib.h>

static int count_commas(const char *text)
{
    int count = 0;

    for (; *text != '\0'; text++)
        count += *text == ',';
    return count;
}

static bool has_scheme(const char *address, const char *scheme)
{
    return strncmp(address, scheme, strlen(scheme)) == 0;
}

static bool port_valid(const char *port)
{
    const char *problem;

    strtonum(port, 1, UINT16_MAX, &problem);
    return problem == NULL;
}

/* Accepts HOST, HOST:PORT, [IPv6] or [IPv6]:PORT, after an optional scheme and credentials. */
static bool address_valid(const char *address)
{
    if (strstr(address, "://") != NULL && !has_scheme(address, "nats://") &&
        !has_scheme(address, "tls://"))
        return false;
    const char *host = catga_nats_address_shown(address);
    size_t length = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":/");
    if (length == 0 || length > strlen(host))
        return false;
    const char *rest = host + length;
    return *rest == '\0' || (*rest == ':' && port_valid(rest + 1));
}

/* Describes a wrong address. A comma in a password splits an address, so a part without "@" may be
 * a login: it is not shown. */
static void explain(catga_problem *problem, const char *address, int number, bool has_login)
{
    bool shown = !has_login || strchr(address, '@') != NULL;

    snprintf(
        problem->text, sizeof problem->text,
        "address %d is \"%.60s\": accepted is: [nats://|tls://][LOGIN@]HOST[:PORT], PORT from 1 to "
        "65535",
        number, shown ? catga_nats_address_shown(address) : "...");
}

catga_status catga_nats_servers_set(catga_nats_servers *servers, const char *list,
                                    catga_problem *problem)
{
    servers->text = strdup(list);
    servers->addresses = calloc((size_t)count_commas(list) + 1, sizeof *servers->addresses);
    if (servers->text == NULL || servers->addresses == NULL)
        return CATGA_NO_MEMORY;

    char *rest = servers->text;
    for (char *address; (address = strsep(&rest, ",")) != NULL;) {
        address += strspn(address, " ");
        address[strcspn(address, " ")] = '\0';
        if (!address_valid(address)) {
            explain(problem, address, servers->count + 1, strchr(list, '@') != NULL);
            return CATGA_INVALID_ARGUMENT;
        }
        servers->secure = servers->secure || has_scheme(address, "tls://");
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

void catga_nats_servers_show(const catga_nats_servers *servers, char *text, size_t size)
{
    text[0] = '\0';
    for (int i = 0; i < servers->count; i++) {
        strlcat(text, i == 0 ? "" : ",", size);
        strlcat(text, catga_nats_address_shown(servers->addresses[i]), size);
    }
}
