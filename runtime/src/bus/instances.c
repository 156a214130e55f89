/* One replica for each instance name; see instances.h. */
#include "bus/instances.h"

#include "base/clock.h"
#include "bus/ask.h"
#include "bus/claim_upkeep.h"
#include "bus/core.h"

#include <stdio.h>
#include <string.h>

/* The time that a live replica has for an answer. */
#define ANSWER_WAIT (250 * CATGA_MILLISECOND)

/* Between two announcements. */
#define INTERVAL (3 * CATGA_SECOND)

void catga_instances_init(catga_instances *instances)
{
    pthread_mutex_init(&instances->lock, NULL);
}

void catga_instances_end(catga_instances *instances)
{
    pthread_mutex_destroy(&instances->lock);
}

static bool is_serving(const catga_instance_claim *instance)
{
    return atomic_load(&instance->state) == CATGA_INSTANCE_SERVING;
}

/* ---- Answering ---- */

static bool is_smaller(catga_string other, const char *own)
{
    size_t length = strlen(own);
    return memcmp(other.data, own, other.length < length ? other.length : length) < 0;
}

/* Of two replicas that start, the one whose bus has the smaller name goes on. */
static bool keeps_name(catga_instance_claim *instance, catga_string other)
{
    int starting = CATGA_INSTANCE_STARTING;

    if (is_smaller(other, instance->core->owner.name))
        (void)atomic_compare_exchange_strong(&instance->state, &starting, CATGA_INSTANCE_YIELDED);
    return atomic_load(&instance->state) != CATGA_INSTANCE_YIELDED;
}

static void report_shared(catga_instance_claim *instance, catga_string other)
{
    const catga_core *core = instance->core;

    catga_log_limited(&core->settings.logger, &instance->shared, CATGA_LOG_ERROR,
                      "instances: share the broadcasts of %s with another replica, which gets some "
                      "of the events instead of this one: give each replica a name of its own "
                      "with CATGA_INSTANCE or NODE_ID (instance=%s other=%.*s)",
                      instance->service, core->settings.instance, CATGA_PRINT(other));
}

static void answer(const catga_instance_claim *instance, const catga_incoming *question)
{
    catga_core *core = instance->core;
    const catga_outgoing taken = {.data = (const uint8_t *)core->owner.name,
                                  .length = strlen(core->owner.name)};

    (void)core->operations->respond(core->transport, question, &taken);
}

/* A question or an announcement of another replica; also its own come back. */
static void on_message(void *user, catga_incoming *message)
{
    catga_instance_claim *instance = user;
    catga_core *core = instance->core;
    const catga_string other = {(const char *)message->data, message->length};

    if (catga_is_token(other) && !catga_string_equal(other, catga_str(core->owner.name))) {
        if (message->reply == NULL && is_serving(instance))
            report_shared(instance, other);
        else if (message->reply != NULL && keeps_name(instance, other))
            answer(instance, message);
    }
    core->operations->release(message);
}

/* ---- Asking ---- */

static catga_outgoing own_name(const catga_instance_claim *instance)
{
    const char *name = instance->core->owner.name;
    return (catga_outgoing){.subject = instance->subject,
                            .data = (const uint8_t *)name,
                            .length = strlen(name)};
}

static catga_status send_question(catga_core *core, const void *question, uint64_t token)
{
    catga_outgoing name = own_name(question);

    name.deadline_ns = catga_clock_now() + ANSWER_WAIT;
    name.sender_waits = true;
    return core->operations->request(core->transport, &name, token);
}

/* A replica that does not answer in time is dead, or has yielded. */
static catga_status ask_others(catga_instance_claim *instance)
{
    catga_core *core = instance->core;
    catga_incoming reply;
    catga_status status =
        catga_ask(core, send_question, instance, catga_clock_now() + ANSWER_WAIT, &reply);

    if (status == CATGA_TIMEOUT)
        return CATGA_OK;
    if (status != CATGA_OK)
        return status;
    if (!reply.no_responders)
        status = CATGA_INVALID_ARGUMENT;
    core->operations->release(&reply);
    return status;
}

/* ---- Taking ---- */

static catga_status listen(catga_instance_claim *instance)
{
    catga_core *core = instance->core;
    const catga_subscription_options options = {.subject = instance->subject,
                                                .queue_group = core->owner.name,
                                                .pending = (unsigned)core->settings.pending,
                                                .receive = on_message,
                                                .user = instance};
    catga_status status = CATGA_OK;

    if (instance->subscription == NULL)
        status = core->operations->subscribe(core->transport, &options, &instance->subscription);
    return status == CATGA_OK
               ? core->operations->confirmed(core->transport, instance->subscription)
               : status;
}

static catga_status begin_serving(catga_instance_claim *instance)
{
    catga_instances *instances = &instance->core->instances;
    int starting = CATGA_INSTANCE_STARTING;

    if (!atomic_compare_exchange_strong(&instance->state, &starting, CATGA_INSTANCE_SERVING))
        return CATGA_INVALID_ARGUMENT;
    pthread_mutex_lock(&instances->lock);
    instance->announced = true;
    instance->next = instances->first;
    instances->first = instance;
    pthread_mutex_unlock(&instances->lock);
    return catga_upkeep_start(instance->core) ? CATGA_OK : CATGA_NO_MEMORY;
}

static bool put_subject(catga_instance_claim *instance)
{
    const catga_core *core = instance->core;
    int length = snprintf(instance->subject, sizeof instance->subject, "%.*s.instances.%s.%s",
                          CATGA_PRINT(core->prefix), instance->service, core->settings.instance);
    return length > 0 && (size_t)length < sizeof instance->subject;
}

/* Asks before it listens, because a server then knows at once that nobody does; and again, when
 * others that start hear it. */
static catga_status take(catga_instance_claim *instance)
{
    catga_status status = CATGA_OK;

    if (instance->subscription == NULL)
        status = ask_others(instance);
    if (status == CATGA_OK)
        status = listen(instance);
    if (status == CATGA_OK)
        status = ask_others(instance);
    return status == CATGA_OK ? begin_serving(instance) : status;
}

catga_status catga_instance_take(catga_instance_claim *instance, catga_core *core, const char *service)
{
    if (is_serving(instance))
        return CATGA_OK;
    instance->core = core;
    instance->service = service;
    catga_status status = put_subject(instance) ? take(instance) : CATGA_TOO_LARGE;
    if (status == CATGA_INVALID_ARGUMENT)
        catga_log(&core->settings.logger, CATGA_LOG_ERROR,
                  "instances: refuse to serve %s: a live replica has the same instance name, and "
                  "would share its broadcasts: give each replica a name of its own with "
                  "CATGA_INSTANCE or NODE_ID (instance=%s)",
                  service, core->settings.instance);
    return status;
}

/* ---- Giving up ---- */

static void stop_announcing(catga_instance_claim *instance)
{
    catga_instances *instances = &instance->core->instances;
    catga_instance_claim **at = &instances->first;

    pthread_mutex_lock(&instances->lock);
    while (*at != NULL && *at != instance)
        at = &(*at)->next;
    if (*at != NULL)
        *at = instance->next;
    instance->announced = false;
    pthread_mutex_unlock(&instances->lock);
}

bool catga_instance_give_up(catga_instance_claim *instance, int wait_ms)
{
    catga_core *core = instance->core;

    if (core == NULL)
        return true;
    if (instance->announced)
        stop_announcing(instance);
    if (instance->subscription == NULL)
        return true;
    if (core->operations->drain(core->transport, instance->subscription, wait_ms) != CATGA_OK)
        return false;
    core->operations->unsubscribe(core->transport, instance->subscription);
    instance->subscription = NULL;
    return true;
}

/* ---- Announcing ---- */

int64_t catga_instances_announce(catga_core *core, int64_t now)
{
    catga_instances *instances = &core->instances;

    if (now < instances->due)
        return instances->due;
    instances->due = catga_clock_after(now, INTERVAL);
    pthread_mutex_lock(&instances->lock);
    for (const catga_instance_claim *at = instances->first; at != NULL; at = at->next) {
        const catga_outgoing name = own_name(at);
        (void)core->operations->publish(core->transport, &name);
    }
    pthread_mutex_unlock(&instances->lock);
    return instances->due;
}
