#include "transport/nats/server_version.h"

/* libnats has no public function for the version in the server's INFO. This one is exported by all
 * versions from 3.3 on; a library without it leaves NULL here. */
bool natsConn_srvVersionAtLeast(natsConnection *connection, int major, int minor, int patch)
    __attribute__((weak));

bool catga_nats_server_is_at_least(catga_nats *nats, int major, int minor, int patch)
{
    catga_nats_use use = catga_nats_link_enter(&nats->link);

    if (use.connection == NULL)
        return false;
    bool is = natsConn_srvVersionAtLeast != NULL &&
              natsConn_srvVersionAtLeast(use.connection, major, minor, patch);
    catga_nats_link_leave(use, 0);
    return is;
}
