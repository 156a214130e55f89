#include "transport/local/answer.h"

#include "transport/local/limits.h"
#include "transport/local/message.h"

catga_status catga_local_may_send(const catga_local_transport *transport,
                                  const catga_outgoing *message)
{
    if (!atomic_load_explicit(&transport->broker->connected, memory_order_relaxed))
        return CATGA_DISCONNECTED;
    if (message->header_count >= CATGA_LOCAL_HEADERS ||
        catga_local_size(message) >
            atomic_load_explicit(&transport->broker->limits.max_payload, memory_order_relaxed))
        return CATGA_TOO_LARGE;
    if (message->subject != NULL && catga_local_refuses(transport, "%s", message->subject))
        return CATGA_NOT_PERMITTED;
    return CATGA_OK;
}

void catga_local_reply(catga_local_transport *requester, uint64_t token, catga_incoming *answer)
{
    atomic_fetch_add(&requester->inside, 1);
    if (!atomic_load(&requester->closed))
        requester->listener.on_reply(requester->listener.user, token, answer);
    else if (answer->native != NULL)
        catga_local_message_release(answer->native);
    atomic_fetch_sub(&requester->inside, 1);
}
