#include "transport/nats/message.h"

#include "transport/admission_queue.h"

#include <stdlib.h>

/* The server's own answer for an absent responder has no body, the status 503, and nothing else. A
 * peer may send a header called Status, but not this message: it would have to act as the server
 * on our private inbox. */
static bool is_no_responders(natsMsg *message)
{
    if (natsMsg_GetDataLength(message) != 0 || !natsMsg_IsNoResponders(message))
        return false;
    const char **keys = NULL;
    int count = 0;
    if (natsMsgHeader_Keys(message, &keys, &count) == NATS_OK)
        free((void *)keys);
    return count == 1;
}

catga_incoming catga_nats_incoming(natsMsg *message)
{
    return (catga_incoming){
        .subject = catga_str(natsMsg_GetSubject(message)),
        .reply = natsMsg_GetReply(message),
        .data = (const uint8_t *)natsMsg_GetData(message),
        .length = (size_t)natsMsg_GetDataLength(message),
        .no_responders = is_no_responders(message),
        .native = message,
    };
}

const char *catga_nats_header(const catga_incoming *message, const char *name)
{
    const char *value = NULL;

    return natsMsgHeader_Get(message->native, name, &value) == NATS_OK ? value : NULL;
}

void catga_nats_release(catga_incoming *message)
{
    catga_admission_slot *slot = message->slot;
    natsMsg *native = message->native;

    if (slot != NULL)
        catga_admission_slot_settle(slot);
    natsMsg_Destroy(native);
    if (slot != NULL)
        catga_admission_slot_release(slot);
}
