/* Takes and announces instance names; see instances.h. */
#include "server/instances.h"

#include "base/clock.h"
#include "base/text.h"
#include "bus/bus_state.h"
#include "bus/round_trip.h"

/* time limit of a live replica for an answer */
#define ANSWER_WAIT (250 * CATGA_MILLISECOND)

/* time between two announcements */
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

/*
 * Decides between two starting replicas: the smaller bus name wins. Returns whether this bus did
 * not yield.
 */
static bool keeps_name(catga_instance_claim *instance, catga_string other)
{
    int starting = CATGA_INSTANCE_STARTING;

    if (is_smaller(other, instance->bus_state->owner.name))
        (void)atomic_compare_exchange_strong(&instance->state, &starting, CATGA_INSTANCE_YIELDED);
    return atomic_load(&instance->state) != CATGA_INSTANCE_YIELDED;
}

static void report_shared(catga_instance_claim *instance, catga_string other)
{
    const catga_bus_state *state = instance->bus_state;

    catga_log_limited(&state->settings.logger, &instance->shared, CATGA_LOG_ERROR,
                      "instances: share the broadcasts of %s with another replica, which gets some "
                      "of the events instead of this one: give each replica a name of its own "
                      "with CATGA_INSTANCE or NODE_ID (instance=%s other=%.*s)",
                      instance->service, state->settings.instance, CATGA_PRINT(other));
}

static void answer(const catga_instance_claim *instance, const catga_incoming *question)
{
    catga_bus_state *state = instance->bus_state;
    const catga_outgoing taken = {.data = (const uint8_t *)state->owner.name,
                                  .length = strlen(state->owner.name)};

    (void)state->operations->respond(state->transport, question, &taken);
}

/* Receives questions and announcements of other replicas, and its own. */
static void on_message(void *user, catga_incoming *message)
{
    catga_instance_claim *instance = user;
    catga_bus_state *state = instance->bus_state;
    const catga_string other = {(const char *)message->data, message->length};

    if (catga_is_token(other) && !catga_string_equal(other, catga_str(state->owner.name))) {
        if (message->reply == NULL && is_serving(instance))
            report_shared(instance, other);
        else if (message->reply != NULL && keeps_name(instance, other))
            answer(instance, message);
    }
    state->operations->release(message);
}

/* ---- Asking ---- */

static catga_outgoing own_name(const catga_instance_claim *instance)
{
    const char *name = instance->bus_state->owner.name;

    return (catga_outgoing){
        .subject = instance->subject, .data = (const uint8_t *)name, .length = strlen(name)};
}

static catga_status send_question(catga_bus_state *state, const void *question, uint64_t token)
{
    catga_outgoing name = own_name(question);

    name.deadline_ns = catga_clock_now() + ANSWER_WAIT;
    name.sender_waits = true;
    return state->operations->request(state->transport, &name, token);
}

/* Asks whether another replica serves. One that does not answer in time is dead, or has yielded. */
static catga_status ask_others(catga_instance_claim *instance)
{
    catga_bus_state *state = instance->bus_state;
    catga_incoming reply;

    catga_status status =
        catga_round_trip(state, send_question, instance, catga_clock_now() + ANSWER_WAIT, &reply);

    if (status == CATGA_TIMEOUT)
        return CATGA_OK;
    if (status != CATGA_OK)
        return status;
    if (!reply.no_responders)
        status = CATGA_INVALID_ARGUMENT;
    state->operations->release(&reply);
    return status;
}

/* ---- Taking ---- */

static catga_status listen(catga_instance_claim *instance)
{
    catga_bus_state *state = instance->bus_state;
    const catga_subscription_options options = {.subject = instance->subject,
                                                .queue_group = state->owner.name,
                                                .pending = (unsigned)state->settings.pending,
                                                .receive = on_message,
                                                .user = instance};
    catga_status status = CATGA_OK;

    if (instance->subscription == NULL)
        status = state->operations->subscribe(state->transport, &options, &instance->subscription);
    return status == CATGA_OK
               ? state->operations->confirmed(state->transport, instance->subscription)
               : status;
}

static catga_status begin_serving(catga_instance_claim *instance)
{
    catga_instances *instances = &instance->bus_state->instances;
    int starting = CATGA_INSTANCE_STARTING;

    if (!atomic_compare_exchange_strong(&instance->state, &starting, CATGA_INSTANCE_SERVING))
        return CATGA_INVALID_ARGUMENT;
    pthread_mutex_lock(&instances->lock);
    instance->announced = true;
    instance->next = instances->first;
    instances->first = instance;
    pthread_mutex_unlock(&instances->lock);
    return CATGA_OK;
}

static bool put_subject(catga_instance_claim *instance)
{
    const catga_bus_state *state = instance->bus_state;

    return catga_text_format(instance->subject, sizeof instance->subject, "%.*s.instances.%s.%s",
                             CATGA_PRINT(state->prefix), instance->service,
                             state->settings.instance);
}

/*
 * Takes the name. The first question comes before the subscription, so that the server can say at
 * once that nobody listens. The second one reaches replicas that start at the same time.
 */
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

catga_status catga_instance_take(catga_instance_claim *instance, catga_bus_state *state,
                                 const char *service)
{
    if (is_serving(instance))
        return CATGA_OK;
    instance->bus_state = state;
    instance->service = service;
    catga_status status = put_subject(instance) ? take(instance) : CATGA_TOO_LARGE;
    if (status == CATGA_INVALID_ARGUMENT)
        catga_log(&state->settings.logger, CATGA_LOG_ERROR,
                  "instances: refuse to serve %s: a live replica has the same instance name, and "
                  "would share its broadcasts: give each replica a name of its own with "
                  "CATGA_INSTANCE or NODE_ID (instance=%s)",
                  service, state->settings.instance);
    return status;
}

/* ---- Giving up ---- */

static void stop_announcing(catga_instance_claim *instance)
{
    catga_instances *instances = &instance->bus_state->instances;
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
    catga_bus_state *state = instance->bus_state;

    if (state == NULL)
        return true;
    if (instance->announced)
        stop_announcing(instance);
    if (instance->subscription == NULL)
        return true;
    if (state->operations->drain(state->transport, instance->subscription, wait_ms) != CATGA_OK)
        return false;
    state->operations->unsubscribe(state->transport, instance->subscription);
    instance->subscription = NULL;
    return true;
}

/* ---- Announcing ---- */

int64_t catga_instances_announce(catga_bus_state *state, int64_t now)
{
    catga_instances *instances = &state->instances;

    if (now < instances->due)
        return instances->due;
    instances->due = catga_clock_after(now, INTERVAL);
    pthread_mutex_lock(&instances->lock);
    for (const catga_instance_claim *at = instances->first; at != NULL; at = at->next) {
        catga_outgoing name = own_name(at);
        name.uncounted = true;
        (void)state->operations->publish(state->transport, &name);
    }
    pthread_mutex_unlock(&instances->lock);
    return instances->due;
}
