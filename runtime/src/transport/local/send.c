#include "transport/local/send.h"

#include "base/clock.h"
#include "base/running.h"
#include "transport/local/answer.h"
#include "transport/local/delivery.h"
#include "transport/local/store.h"

catga_status catga_local_broadcast(catga_local_transport *transport, const catga_outgoing *outgoing,
                                   uint64_t token, catga_local_transport *requester, bool *taken)
{
    catga_local *broker = transport->broker;
    catga_local_subject *subject = catga_local_match(broker, outgoing->subject, NULL);

    *taken = false;
    if (subject == NULL)
        return CATGA_OK;
    catga_local_message *message = catga_local_message_make(broker, outgoing, requester, token);
    if (message == NULL)
        return CATGA_NO_MEMORY;
    for (; subject != NULL; subject = catga_local_match(broker, outgoing->subject, subject))
        for (catga_local_group *group = atomic_load(&subject->groups); group != NULL;
             group = group->next)
            *taken |= catga_local_enqueue_group(broker, group, message);
    catga_local_message_release(message);
    return CATGA_OK;
}

/* ---- Requests ---- */

/* Returns the group whose member can handle a request in its sender's thread: the only
 * subscriber. */
static catga_local_group *only_group(catga_local *broker, const char *name)
{
    catga_local_subject *subject = catga_local_match(broker, name, NULL);

    catga_local_group *group =
        subject != NULL ? atomic_load_explicit(&subject->groups, memory_order_acquire) : NULL;

    if (group == NULL || group->next != NULL || group->name == NULL)
        return NULL;
    return catga_local_match(broker, name, subject) == NULL ? group : NULL;
}

/* Returns true if all workers of the member wait for this thread. */
static bool is_own(const catga_subscription *member)
{
    unsigned workers = member->queue != NULL ? member->queue->options.workers : 1;

    return catga_running_handlers(member->user) >= workers;
}

/* Enters a member of the group that this thread does not already run, since it would wait for
 * itself. Returns NULL if there is none; sets *deadlock if this thread runs all available
 * members. */
static catga_subscription *enter_another(catga_local_group *group, bool *deadlock)
{
    *deadlock = false;
    for (catga_subscription *member = atomic_load(&group->members); member != NULL;
         member = member->next) {
        if (!catga_local_enter(member))
            continue;
        if (!is_own(member))
            return member;
        catga_local_leave(member);
        *deadlock = true;
    }
    return NULL;
}

/* Enters the member that handles a request in its sender's thread; see enter_another. */
static catga_subscription *enter_direct(catga_local_group *group, bool *deadlock)
{
    catga_subscription *member = catga_local_enter_next(group);

    *deadlock = false;
    if (member == NULL || !is_own(member))
        return member;
    catga_local_leave(member);
    return enter_another(group, deadlock);
}

/* Returns true if a message to the subject reaches an active member. */
static bool has_members(catga_local *broker, const char *name)
{
    catga_local_subject *subject = NULL;

    while ((subject = catga_local_match(broker, name, subject)) != NULL)
        for (catga_local_group *group = atomic_load(&subject->groups); group != NULL;
             group = group->next)
            if (catga_local_count_members(group) != 0)
                return true;
    return false;
}

catga_status catga_local_request(catga_transport *transport, const catga_outgoing *message,
                                 uint64_t token)
{
    catga_local_transport *requester = catga_local_of(transport);
    catga_status status = catga_local_may_send(requester, message);
    bool taken = false;

    if (status != CATGA_OK || catga_local_fails(requester->broker, CATGA_LOCAL_LOSE_REQUEST))
        return status;
    catga_local_group *group =
        message->sender_waits ? only_group(requester->broker, message->subject) : NULL;
    /* The broker's thread delivers queued messages, so it must not wait for their answers. */
    bool deadlock = message->sender_waits && group == NULL &&
                    has_members(requester->broker, message->subject) &&
                    pthread_equal(pthread_self(), requester->broker->thread);
    catga_subscription *member = group != NULL ? enter_direct(group, &deadlock) : NULL;
    if (deadlock)
        return CATGA_WOULD_DEADLOCK;
    if (member != NULL) {
        catga_local_message direct;
        catga_local_message_borrow(&direct, message, requester, token);
        catga_local_deliver_here(member, &direct);
        return CATGA_OK;
    }
    status = catga_local_broadcast(requester, message, token, requester, &taken);
    if (status == CATGA_OK && !taken)
        catga_local_reply(requester, token, &(catga_incoming){.no_responders = true});
    return status;
}

/* ---- Answers ---- */

/* Returns true if the sender of a request that its own thread handles has given up. The coarse
 * clock is a few milliseconds behind, and ten times faster. */
static bool is_too_late(const catga_local_message *request)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return request->deadline_ns != 0 && catga_clock_of(&now) > request->deadline_ns;
}

catga_status catga_local_respond(catga_transport *transport, const catga_incoming *to,
                                 const catga_outgoing *message)
{
    catga_local *broker = catga_local_of(transport)->broker;
    const catga_local_message *request = to->native;
    catga_status status = catga_local_may_send(catga_local_of(transport), message);

    if (status != CATGA_OK || request->requester == NULL ||
        catga_local_fails(broker, CATGA_LOCAL_LOSE_REPLY))
        return status;
    if (request->borrowed && is_too_late(request))
        return CATGA_OK; /* nobody waits: dropped, as by a server */
    catga_local_message *answer = catga_local_message_make(broker, message, NULL, 0);
    if (answer == NULL)
        return CATGA_NO_MEMORY;
    catga_incoming incoming = {.data = answer->data, .length = answer->length, .native = answer};
    if (request->borrowed) /* its sender is inside the call, so its bus exists */
        request->requester->listener.on_reply(request->requester->listener.user, request->token,
                                              &incoming);
    else
        catga_local_reply(request->requester, request->token, &incoming);
    return CATGA_OK;
}
