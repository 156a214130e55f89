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

/* ---- Releasing ---- */

/* Released messages that a thread may keep, and their bytes. */
enum { RELEASED_MAX = 256, RELEASED_BYTES = 64 * 1024 };

/* The released messages of a thread. */
static _Thread_local struct {
    unsigned keeping; /* begins without their ends; 0: it keeps none */
    unsigned count;
    size_t bytes;
    natsMsg *messages[RELEASED_MAX];
} released;

static void destroy_all(void)
{
    for (unsigned i = 0; i < released.count; i++)
        natsMsg_Destroy(released.messages[i]);
    released.count = 0;
    released.bytes = 0;
}

void catga_nats_keep_begin(void)
{
    released.keeping++;
}

void catga_nats_keep_end(void)
{
    released.keeping -= released.keeping > 0;
    if (released.keeping == 0)
        destroy_all();
}

void catga_nats_destroy(natsMsg *message)
{
    if (message == NULL || released.keeping == 0) {
        natsMsg_Destroy(message);
        return;
    }
    released.messages[released.count++] = message;
    released.bytes += (size_t)natsMsg_GetDataLength(message);
    if (released.count == RELEASED_MAX || released.bytes > RELEASED_BYTES)
        destroy_all();
}

/* ---- Discarding ---- */

/* Larger messages do not wait for others. */
enum { DISCARDED_BYTES = 4096 };

void catga_nats_discard(catga_nats_discarded *all, natsMsg *message)
{
    natsMsg *none = NULL;

    if (message == NULL || released.keeping != 0 ||
        natsMsg_GetDataLength(message) > DISCARDED_BYTES) {
        catga_nats_destroy(message);
        return;
    }
    unsigned number = atomic_fetch_add_explicit(&all->count, 1, memory_order_relaxed);
    if (atomic_compare_exchange_strong(&all->slots[number % CATGA_NATS_DISCARDED], &none, message))
        return;
    catga_nats_destroy_discarded(all);
    natsMsg_Destroy(message);
}

void catga_nats_destroy_discarded(catga_nats_discarded *all)
{
    for (size_t i = 0; i < CATGA_NATS_DISCARDED; i++)
        natsMsg_Destroy(atomic_exchange(&all->slots[i], (natsMsg *)NULL));
}

/* ---- Releasing a received message ---- */

void catga_nats_release(catga_incoming *message)
{
    catga_admission_slot *slot = message->slot;
    natsMsg *native = message->native;

    if (slot != NULL)
        catga_admission_slot_settle(slot);
    catga_nats_destroy(native);
    if (slot != NULL)
        catga_admission_slot_release(slot);
}
