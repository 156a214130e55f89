#include "settle.h"

#include "consumer_state.h"

/* Acknowledgements that wait together share an XACK. */
static catga_status send_ack(catga_redis_consumer *consumer, const char *id)
{
    static const catga_redis_batch_kind ack = {.script = CATGA_REDIS_SCRIPTS, .parts = 1};
    catga_redis_command *item = catga_redis_command_parts(catga_redis_pools_of(consumer->owner),
                                                          catga_redis_part_size(strlen(id)));

    if (item != NULL)
        catga_redis_command_text(item, id);
    return catga_redis_batch_send(consumer->acks, &ack, item);
}

/* Claims the message once more. */
catga_status catga_redis_keep(catga_redis_consumer *consumer, const char *id)
{
    catga_redis_transport *redis = consumer->owner;

    size_t size =
        strlen(consumer->key) + strlen(consumer->group) + strlen(redis->name) + strlen(id);
    catga_redis_command *command = catga_redis_command_new(catga_redis_pools_of(redis), 7,
                                                           size + 7 * catga_redis_part_size(8));

    if (command == NULL)
        return CATGA_NO_MEMORY;
    catga_redis_command_text(command, "XCLAIM");
    catga_redis_command_text(command, consumer->key);
    catga_redis_command_text(command, consumer->group);
    catga_redis_command_text(command, redis->name);
    catga_redis_command_text(command, "0");
    catga_redis_command_text(command, id);
    catga_redis_command_text(command, "JUSTID");
    return catga_redis_pipeline_send(&redis->pipeline, command);
}

static catga_status send_retry(catga_redis_consumer *consumer, const char *id, int64_t delay_ns)
{
    catga_redis_transport *redis = consumer->owner;
    size_t size = strlen(consumer->key) + strlen(consumer->later) + strlen(consumer->group) +
                  strlen(redis->name) + strlen(id);
    catga_redis_command *command = catga_redis_pipeline_script(
        &redis->pipeline, catga_redis_pools_of(redis), CATGA_REDIS_RETRY, 2, 4,
        size + 6 * catga_redis_part_size(CATGA_REDIS_NUMBER));

    if (command == NULL)
        return CATGA_NO_MEMORY;
    catga_redis_command_text(command, consumer->key);
    catga_redis_command_text(command, consumer->later);
    catga_redis_command_text(command, consumer->group);
    catga_redis_command_text(command, redis->name);
    catga_redis_command_text(command, id);
    catga_redis_command_number(command, delay_ns / CATGA_MILLISECOND);
    return catga_redis_pipeline_send(&redis->pipeline, command);
}

void catga_redis_take_by(catga_redis_consumer *consumer, int64_t time)
{
    int64_t next = atomic_load(&consumer->next_take_ns);

    while (time < next && !atomic_compare_exchange_weak(&consumer->next_take_ns, &next, time))
        continue;
}

/* Counts a pending message less. TAKE corrects the number. */
static void uncount(catga_redis_consumer *consumer)
{
    uint64_t pending = atomic_load(&consumer->pending);

    while (pending > 0 && !atomic_compare_exchange_weak(&consumer->pending, &pending, pending - 1))
        continue;
}

catga_status catga_redis_settle(catga_transport *transport, const catga_incoming *message,
                                catga_settlement settlement, int64_t delay_ns)
{
    const catga_redis_message *native = message->native;
    catga_redis_consumer *consumer = native->consumer;
    catga_status status;

    (void)transport;
    if (settlement != CATGA_SETTLE_PROGRESS && message->slot != NULL)
        catga_admission_slot_settle(message->slot);
    switch (settlement) {
    case CATGA_SETTLE_PROGRESS:
        return catga_redis_keep(consumer, native->id);
    case CATGA_SETTLE_RETRY:
        status = send_retry(consumer, native->id, delay_ns);
        catga_redis_take_by(consumer, catga_clock_after(catga_clock_now(), delay_ns));
        return status;
    case CATGA_SETTLE_DONE:
    case CATGA_SETTLE_GIVE_UP:
        break;
    }
    uncount(consumer); /* before the server may count it: too many is safer than too few */
    status = send_ack(consumer, native->id);
    if (status == CATGA_OK)
        catga_redis_held_remove(&consumer->held, message->sequence);
    else
        atomic_fetch_add(&consumer->pending, 1);
    return status;
}

void catga_redis_settle_entry(catga_redis_consumer *consumer, const char *id)
{
    uncount(consumer);
    (void)send_ack(consumer, id);
}

void catga_redis_hand_back(void *user, catga_incoming *message)
{
    const catga_redis_consumer *consumer = user;

    (void)catga_redis_settle(&consumer->owner->transport, message, CATGA_SETTLE_RETRY, 0);
    catga_redis_release(message);
}
