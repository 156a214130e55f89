#include "transport/local/local_transport.h"

#include <stdlib.h>

void catga_local_transport_release(catga_local_transport *transport)
{
    if (atomic_fetch_sub(&transport->references, 1) == 1)
        free(transport);
}
