/* services.c -- breaking changes of handlers, publishers and subscriptions. */
#include "breaking/comparison.h"

/* ---- Handlers -------------------------------------------------------------------------------- */

static const model_message *message_after(const comparison *c, const model_message *before)
{
    const declared key = {DECLARED_MESSAGE, &before->origin, .message = before};
    const declared *found = find_after(c, &key);

    return found == NULL ? NULL : found->message;
}

/* A removed message was reported already. */
static void compare_handler(comparison *c, const model_handler *before, const model_service *after)
{
    const model_message *message = message_after(c, before->message);

    if (message == NULL || message->kind == MESSAGE_EVENT || message->handled_by == after)
        return;
    if (message->handled_by == NULL)
        report(c, RULE_HANDLER_GONE, after->origin.place, before->place,
               "'%.*s' does not handle '%.*s' any more", SLICE_PRINT(after->origin.name),
               SLICE_PRINT(message->origin.name));
    else
        report(c, RULE_HANDLER_MOVED, message->handled_by->origin.place, before->place,
               "'%.*s' handles '%.*s' now", SLICE_PRINT(message->handled_by->origin.name),
               SLICE_PRINT(message->origin.name));
}

/* ---- Publishers ------------------------------------------------------------------------------ */

static slice message_key(const model_message *const *message)
{
    return (slice){(const char *)message, sizeof *message};
}

void keep_publications(comparison *c, const model_module *module)
{
    for (size_t i = 0; i < module->service_count; i++) {
        const model_service *service = &module->services[i];
        for (size_t j = 0; j < service->publication_count; j++) {
            const model_publication *line = &service->publications[j];
            text_table_insert(&c->published, message_key(&line->message), (void *)(uintptr_t)line);
        }
    }
}

static void compare_publication(comparison *c, const model_publication *before,
                                const model_service *after)
{
    const model_message *message = message_after(c, before->message);

    if (message != NULL && message->kind == MESSAGE_EVENT &&
        text_table_find(&c->published, message_key(&message)) == NULL)
        report(c, RULE_PUBLICATION_GONE, after->origin.place, before->place,
               "'%.*s' does not publish '%.*s' any more", SLICE_PRINT(after->origin.name),
               SLICE_PRINT(message->origin.name));
}

/* ---- Subscriptions --------------------------------------------------------------------------- */

/* The subscriptions of a service: by event and name, and the unpaired ones by event and sharing. */
typedef struct subscribed {
    const model_service *by;
    text_table names, fresh;
} subscribed;

static slice name_key(const comparison *c, const model_subscription *line)
{
    buffer key = buffer_in(c->memory);
    const model_origin *event = &line->message->origin;

    buffer_printf(&key, "%.*s %.*s %.*s", SLICE_PRINT(event->module->namespace),
                  SLICE_PRINT(event->name), SLICE_PRINT(line->name));
    return buffer_slice(&key);
}

static slice way_key(const comparison *c, const model_subscription *line)
{
    buffer key = buffer_in(c->memory);
    const model_origin *event = &line->message->origin;

    buffer_printf(&key, "%.*s %.*s %d", SLICE_PRINT(event->module->namespace),
                  SLICE_PRINT(event->name), (int)line->delivery);
    return buffer_slice(&key);
}

static subscribed subscribed_by(const comparison *c, const model_service *service)
{
    subscribed made = {service, text_table_in(c->memory), text_table_in(c->memory)};

    for (size_t i = 0; i < service->subscription_count; i++)
        text_table_insert(&made.names, name_key(c, &service->subscriptions[i]),
                          (void *)(uintptr_t)&service->subscriptions[i]);
    return made;
}

static void find_fresh(const comparison *c, const subscribed *before, subscribed *after)
{
    for (size_t i = 0; i < after->by->subscription_count; i++) {
        const model_subscription *line = &after->by->subscriptions[i];
        if (text_table_find(&before->names, name_key(c, line)) == NULL)
            text_table_insert(&after->fresh, way_key(c, line), (void *)(uintptr_t)line);
    }
}

/* A subscription to the same event with a new name is the old one, renamed. */
static void report_without_name(comparison *c, const subscribed *after,
                                const model_subscription *old)
{
    bool has_durable = model_is_stored(old->message);
    const model_subscription *now = text_table_find(&after->fresh, way_key(c, old));
    bool keeps_group = now != NULL && old->group.length > 0 && slice_equal(now->group, old->group);

    if (keeps_group)
        return; /* the name is in neither the durable nor the queue group */
    if (now != NULL)
        report(c, has_durable ? RULE_SUBSCRIPTION_RENAMED : RULE_HANDLER_RENAMED, now->place,
               old->place, "'%.*s' was '%.*s'", SLICE_PRINT(now->name), SLICE_PRINT(old->name));
    else if (has_durable)
        report(c, RULE_SUBSCRIPTION_GONE, after->by->origin.place, old->place,
               "'%.*s' no longer subscribes to '%.*s' as '%.*s'",
               SLICE_PRINT(after->by->origin.name), SLICE_PRINT(old->message->origin.name),
               SLICE_PRINT(old->name));
}

static const char *group_word(const model_subscription *line)
{
    return line->group.length > 0 ? "the group " : "its own group";
}

static void compare_subscription(comparison *c, const subscribed *after,
                                 const model_subscription *old)
{
    const model_subscription *now = text_table_find(&after->names, name_key(c, old));

    if (now == NULL)
        report_without_name(c, after, old);
    else if (now->delivery != old->delivery)
        report(c, RULE_SUBSCRIPTION_CHANGED, now->place, old->place, "'%.*s' is a %s now",
               SLICE_PRINT(now->name), now->delivery == DELIVERY_GROUP ? "group" : "broadcast");
    else if (!slice_equal(now->group, old->group))
        report(c, RULE_GROUP_CHANGED, now->place, old->place,
               "'%.*s' is in %s%.*s now, and was in %s%.*s", SLICE_PRINT(now->name),
               group_word(now), SLICE_PRINT(now->group), group_word(old), SLICE_PRINT(old->group));
    else if ((now->is_selective || old->is_selective) && !slice_equal(now->subject, old->subject))
        report(c, RULE_SELECTION_CHANGED, now->place, old->place,
               "'%.*s' is on %.*s now, and was on %.*s", SLICE_PRINT(now->name),
               SLICE_PRINT(now->subject), SLICE_PRINT(old->subject));
}

void compare_services(comparison *c, const model_service *before, const model_service *after)
{
    subscribed old = subscribed_by(c, before);
    subscribed now = subscribed_by(c, after);

    find_fresh(c, &old, &now);
    for (size_t i = 0; i < before->handler_count; i++)
        compare_handler(c, &before->handlers[i], after);
    for (size_t i = 0; i < before->publication_count; i++)
        compare_publication(c, &before->publications[i], after);
    for (size_t i = 0; i < before->subscription_count; i++)
        compare_subscription(c, &now, &before->subscriptions[i]);
}
