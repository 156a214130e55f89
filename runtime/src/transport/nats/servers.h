/* The list of server addresses. */
#ifndef CATGA_NATS_SERVERS_H
#define CATGA_NATS_SERVERS_H

#include <catga/catga.h>

typedef struct catga_nats_servers {
    char *text; /* the addresses, each terminated */
    const char **addresses;
    int count;
    bool secure; /* an address has the scheme tls:// */
} catga_nats_servers;

/* Splits a list at its commas. CATGA_INVALID_ARGUMENT for a wrong address: *problem shows it
 * without its login, and the accepted form. Clear `servers` whatever the status. */
catga_status catga_nats_servers_set(catga_nats_servers *servers, const char *list,
                                    catga_problem *problem);
void catga_nats_servers_clear(catga_nats_servers *servers);

/* Returns the part of an address after scheme and credentials. */
const char *catga_nats_address_shown(const char *address);

/* Writes all addresses without schemes and credentials, separated by commas; truncates the text. */
void catga_nats_servers_show(const catga_nats_servers *servers, char *text, size_t size);

#endif
