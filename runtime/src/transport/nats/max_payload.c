#include "transport/nats/max_payload.h"

#include <limits.h>

/* The server may announce any number; nats.c takes an int. */
void catga_nats_note_max_payload(catga_nats *nats, natsConnection *connection)
{
    int64_t announced = natsConnection_GetMaxPayload(connection);
    int64_t most = announced < 0 ? 0 : announced > INT_MAX ? INT_MAX : announced;

    atomic_store(&nats->max_payload, (size_t)most);
}

size_t catga_nats_max_payload(catga_nats *nats)
{
    catga_nats_use use = catga_nats_link_enter(&nats->link);

    if (use.connection != NULL) {
        catga_nats_note_max_payload(nats, use.connection);
        catga_nats_link_leave(use, 0);
    }
    return atomic_load(&nats->max_payload);
}
