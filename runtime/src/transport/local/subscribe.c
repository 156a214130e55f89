#include "transport/local/subscribe.h"

#include "base/clock.h"
#include "transport/local/consume.h"
#include "transport/local/limits.h"
#include "transport/local/routes.h"
#include "transport/local/store.h"

#include <errno.h>

catga_status catga_local_subscribe(catga_transport *transport,
                                   const catga_subscription_options *options,
                                   catga_subscription **subscription)
{
    catga_local *broker = catga_local_of(transport)->broker;

    *subscription = NULL;
    if (catga_local_refuses(catga_local_of(transport), "%s", options->subject))
        return CATGA_NOT_PERMITTED;
    pthread_mutex_lock(&broker->changing);
    *subscription = catga_local_member_new(catga_local_of(transport), options);
    if (*subscription != NULL)
        catga_local_member_open(*subscription);
    pthread_mutex_unlock(&broker->changing);
    return *subscription != NULL ? CATGA_OK : CATGA_NO_MEMORY;
}

/* Refusals are reported when subscribing. */
catga_status catga_local_confirmed(catga_transport *transport, catga_subscription *member)
{
    (void)transport;
    (void)member;
    return CATGA_OK;
}

catga_status catga_local_drain(catga_transport *transport, catga_subscription *member,
                               int timeout_ms)
{
    struct timespec end = catga_clock_timespec(catga_clock_now() + timeout_ms * CATGA_MILLISECOND);

    (void)transport;
    atomic_store(&member->stage, CATGA_LOCAL_CLOSING);
    if (member->consumes)
        catga_local_hand_back(member);
    while (atomic_load(&member->waiting) != 0 || (member->queue != NULL && !member->beside &&
                                                  !catga_admission_queue_is_empty(member->queue))) {
        if (sem_clockwait(&member->idle, CLOCK_MONOTONIC, &end) != 0 && errno == ETIMEDOUT)
            return CATGA_TIMEOUT;
    }
    return CATGA_OK;
}

void catga_local_unsubscribe(catga_transport *transport, catga_subscription *member)
{
    catga_local *broker = catga_local_of(transport)->broker;

    pthread_mutex_lock(&broker->changing);
    catga_local_member_close(member);
    pthread_mutex_unlock(&broker->changing);
    catga_local_store_wake(broker); /* may have been the last member of a consumer */
}
