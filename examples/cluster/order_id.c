/* Makes ids with the hash FNV-1a. Ids of commands are random, or hashes of a client's key. */
#include "order_id.h"

#include <inttypes.h>
#include <stdio.h>

void order_id_of(catga_string command_id, char id[ORDER_ID_SIZE])
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < command_id.length; i++)
        hash = (hash ^ (unsigned char)command_id.data[i]) * UINT64_C(0x100000001b3);
    snprintf(id, ORDER_ID_SIZE, "%016" PRIx64, hash);
}
