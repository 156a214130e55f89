/* services.c -- what breaks when other services answer, send or hear. */
#include "breaking/comparison.h"

/* ---- Who answers ----------------------------------------------------------------------------- */

static const model_message *message_after(const comparison *c, const model_message *before)
{
    const declared key = {DECLARED_MESSAGE, &before->origin, .message = before};
    const declared *found = find_after(c, &key);
    return found == NULL ? NULL : found->message;
}

/* A message that is gone was reported as that. */
static void compare_handler(comparison *c, const model_handler *before,
                            const model_service *after)
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

/* ---- Who sends ------------------------------------------------------------------------------- */

static bool is_published_by(const model_service *service, const model_message *message)
{
    for (size_t i = 0; i < service->publication_count; i++) {
        if (service->publications[i].message == message)
            return true;
    }
    return false;
}

static bool is_published(const model *facts, const model_message *message)
{
    for (size_t i = 0; i < facts->module_count; i++) {
        const model_module *module = facts->modules[i];
        for (size_t j = 0; j < module->service_count; j++) {
            if (is_published_by(&module->services[j], message))
                return true;
        }
    }
    return false;
}

static void compare_publication(comparison *c, const model_publication *before,
                                const model_service *after)
{
    const model_message *message = message_after(c, before->message);
    if (message != NULL && message->kind == MESSAGE_EVENT && !is_published(c->after, message))
        report(c, RULE_PUBLICATION_GONE, after->origin.place, before->place,
               "'%.*s' does not publish '%.*s' any more", SLICE_PRINT(after->origin.name),
               SLICE_PRINT(message->origin.name));
}

/* ---- Who hears ------------------------------------------------------------------------------- */

static const model_subscription *subscribed(const model_service *in, const model_message *message,
                                            slice name)
{
    for (size_t i = 0; i < in->subscription_count; i++) {
        const model_subscription *candidate = &in->subscriptions[i];
        if (same_origin(&candidate->message->origin, &message->origin) &&
            slice_equal(candidate->name, name))
            return candidate;
    }
    return NULL;
}

/* A subscription to the same event whose name is new. */
static const model_subscription *renamed(const model_service *before, const model_service *after,
                                         const model_subscription *old)
{
    for (size_t i = 0; i < after->subscription_count; i++) {
        const model_subscription *candidate = &after->subscriptions[i];
        if (same_origin(&candidate->message->origin, &old->message->origin) &&
            candidate->delivery == old->delivery &&
            subscribed(before, old->message, candidate->name) == NULL)
            return candidate;
    }
    return NULL;
}

static void report_without_name(comparison *c, const model_service *before,
                                const model_service *after, const model_subscription *old)
{
    bool has_durable = model_is_stored(old->message);
    const model_subscription *now = renamed(before, after, old);
    if (now != NULL)
        report(c, has_durable ? RULE_SUBSCRIPTION_RENAMED : RULE_HANDLER_RENAMED, now->place,
               old->place, "'%.*s' was '%.*s'", SLICE_PRINT(now->name), SLICE_PRINT(old->name));
    else if (has_durable)
        report(c, RULE_SUBSCRIPTION_GONE, after->origin.place, old->place,
               "'%.*s' does not hear '%.*s' as '%.*s' any more", SLICE_PRINT(after->origin.name),
               SLICE_PRINT(old->message->origin.name), SLICE_PRINT(old->name));
}

static void compare_subscription(comparison *c, const model_service *before,
                                 const model_service *after, const model_subscription *old)
{
    const model_subscription *now = subscribed(after, old->message, old->name);
    if (now == NULL)
        report_without_name(c, before, after, old);
    else if (now->delivery != old->delivery)
        report(c, RULE_SUBSCRIPTION_CHANGED, now->place, old->place, "'%.*s' is a %s now",
               SLICE_PRINT(now->name), now->delivery == DELIVERY_GROUP ? "group" : "broadcast");
}

void compare_services(comparison *c, const model_service *before, const model_service *after)
{
    for (size_t i = 0; i < before->handler_count; i++)
        compare_handler(c, &before->handlers[i], after);
    for (size_t i = 0; i < before->publication_count; i++)
        compare_publication(c, &before->publications[i], after);
    for (size_t i = 0; i < before->subscription_count; i++)
        compare_subscription(c, before, after, &before->subscriptions[i]);
}
