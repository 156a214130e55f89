#include "transport/local/publish.h"

#include "transport/local/answer.h"
#include "transport/local/routes.h"
#include "transport/local/send.h"
#include "transport/local/store.h"
#include "transport/local/streams.h"

/* Returns whether a stream has the subject. Without a lock. */
static bool is_stored(catga_local *broker, const char *name)
{
    const catga_local_subject *subject = catga_local_match(broker, name, NULL);

    while (subject != NULL && !atomic_load_explicit(&subject->is_stored, memory_order_relaxed))
        subject = catga_local_match(broker, name, subject);
    return subject != NULL;
}

/* Delivers an event to subscribers, and to a stream that has its subject. */
static catga_status deliver(catga_local_transport *transport, const catga_outgoing *message)
{
    bool taken;
    catga_status status = catga_local_broadcast(transport, message, 0, NULL, &taken);

    if (status == CATGA_OK && is_stored(transport->broker, message->subject))
        catga_local_stream_keep(transport->broker, message);
    return status;
}

catga_status catga_local_publish(catga_transport *transport, const catga_outgoing *message)
{
    catga_local_transport *sender = catga_local_of(transport);
    catga_status status = catga_local_may_send(sender, message);

    if (status == CATGA_OK && !catga_local_fails(sender->broker, CATGA_LOCAL_LOSE_EVENT))
        status = deliver(sender, message);
    if (status == CATGA_OK && !message->uncounted)
        atomic_fetch_add_explicit(&sender->published, 1, memory_order_relaxed);
    return status;
}
