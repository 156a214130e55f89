/*
 * The program test_client: runs the parts that its arguments name, against services that run
 * elsewhere.
 *
 *   test_client PART...     parts: orders twice failures burst shipping gone outage silence
 *
 * Exits with 0 when every step had the expected result, with 1 when one did not, and with 2 for
 * wrong arguments. In "outage", stop the server when the client says so, and start it again when it
 * says so.
 */
#include "client.h"
#include "shop_transport.h"

#include <stdio.h>
#include <time.h>

enum { OUTAGE_WAIT_MS = 30000, LOOK_EVERY_MS = 10 };

/* Waits until the bus is connected, or disconnected. */
static bool wait_until(const catga_bus *bus, bool connected)
{
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};

    for (int waited = 0; waited < OUTAGE_WAIT_MS; waited += LOOK_EVERY_MS) {
        if (catga_connected(bus) == connected)
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

static bool wait_for_loss(void *user, catga_bus *bus)
{
    (void)user;
    return wait_until(bus, false);
}

static bool wait_for_return(void *user, catga_bus *bus)
{
    (void)user;
    return wait_until(bus, true);
}

static void show_outage(shop_client *self)
{
    static const shop_outage by_hand = {.begin = wait_for_loss, .end = wait_for_return};

    client_shows_outage(self, &by_hand);
}

typedef struct part {
    const char *name;
    void (*show)(shop_client *self);
} part;

static const part parts[] = {
    {"orders", client_shows_orders},
    {"twice", client_shows_twice},
    {"failures", client_shows_failures},
    {"burst", client_shows_burst},
    {"shipping", client_shows_shipping},
    {"gone", client_shows_gone},
    {"outage", show_outage},
    {"silence", client_shows_silence},
};

static const part *find_part(const char *name)
{
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (strcmp(parts[i].name, name) == 0)
            return &parts[i];
    return NULL;
}

static int usage(void)
{
    fprintf(stderr, "usage: test_client PART...   "
                    "parts: orders twice failures burst shipping gone outage silence\n");
    return 2;
}

int main(int count, char **arguments)
{
    const catga_options options = {.name = "test-client", .transport = SHOP_TRANSPORT};
    shop_client client;

    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < count; i++)
        if (find_part(arguments[i]) == NULL)
            return usage();
    if (count < 2)
        return usage();
    catga_status status = client_open(&client, &options);
    if (status != CATGA_OK) {
        fprintf(stderr, "test_client: %s\n", catga_status_text(status));
        return 1;
    }
    for (int i = 1; i < count; i++)
        find_part(arguments[i])->show(&client);
    client_close(&client);
    return client.checks.failures == 0 ? 0 : 1;
}
