#include "transport/nats/inbox.h"

#include "transport/nats/answer_source.h"
#include "transport/nats/message.h"
#include "transport/nats/subscription.h"

/* Passes an answer from an accepted source to the bus. */
static void on_answer(void *user, catga_incoming *message)
{
    catga_nats *nats = user;
    uint64_t token;
    catga_nats_source source;

    if (catga_nats_inbox_token(message->subject, &token) &&
        catga_nats_source_read(&source, message->subject.data + CATGA_NATS_REPLY) &&
        catga_nats_source_is(source, message))
        nats->listener.on_reply(nats->listener.user, token, message);
    else
        catga_nats_release(message);
}

catga_status catga_nats_inbox_open(catga_nats *nats)
{
    char pattern[CATGA_NATS_INBOX + sizeof ".*"];

    catga_nats_inbox_name(nats->inbox);
    catga_nats_inbox_pattern(pattern, nats->inbox);
    const catga_subscription_options options = {
        .subject = pattern, .receive = on_answer, .user = nats};
    return catga_nats_subscribe_inbox(nats, &options, &nats->replies);
}
