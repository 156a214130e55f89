/* parts.c -- see parts.h. */
#include "explain/parts.h"

#include <stdlib.h>

/* ---- Services -------------------------------------------------------------------------------- */

static size_t count_lines(const model_service *service)
{
    return service->called_count + service->publication_count + service->handler_count +
           service->subscription_count;
}

static void add_part(part_list *list, part added)
{
    added.number = list->count;
    list->items[list->count++] = added;
}

static void add_parts(const model_service *service, part_list *list)
{
    for (size_t i = 0; i < service->handler_count; i++)
        add_part(list, (part){ROLE_HANDLES, service, service->handlers[i].message, NULL, 0});
    for (size_t i = 0; i < service->publication_count; i++)
        add_part(list, (part){ROLE_PUBLISHES, service, service->publications[i].message, NULL, 0});
    for (size_t i = 0; i < service->subscription_count; i++) {
        const model_subscription *subscription = &service->subscriptions[i];
        add_part(list, (part){ROLE_SUBSCRIBES, service, subscription->message, subscription, 0});
    }
    for (size_t i = 0; i < service->called_count; i++)
        add_part(list, (part){ROLE_CALLS, service, service->called[i].message, NULL, 0});
}

part_list parts_of_service(arena *memory, const model_service *service)
{
    part_list list = {.items = ARENA_ARRAY(memory, count_lines(service), part)};

    add_parts(service, &list);
    return list;
}

/* Compares by the address of the message: any consistent order will do. */
static int order_of_messages(const model_message *left, const model_message *right)
{
    return ((uintptr_t)left > (uintptr_t)right) - ((uintptr_t)left < (uintptr_t)right);
}

static int compare_parts(const void *left, const void *right)
{
    const part *first = left;
    const part *second = right;
    int order = order_of_messages(first->message, second->message);

    return order != 0 ? order : (first->number > second->number) - (first->number < second->number);
}

const part_list *parts_by_message(arena *memory, const model *facts)
{
    size_t count = 0;

    for (size_t i = 0; i < facts->module_count; i++) {
        for (size_t j = 0; j < facts->modules[i]->service_count; j++)
            count += count_lines(&facts->modules[i]->services[j]);
    }
    part_list *all = ARENA_NEW(memory, part_list);
    all->items = ARENA_ARRAY(memory, count, part);
    for (size_t i = 0; i < facts->module_count; i++) {
        for (size_t j = 0; j < facts->modules[i]->service_count; j++)
            add_parts(&facts->modules[i]->services[j], all);
    }
    qsort(all->items, all->count, sizeof all->items[0], compare_parts);
    return all;
}

part_list parts_of_message(const part_list *all, const model_message *message)
{
    size_t begin = 0;
    size_t end = all->count;

    while (begin < end) {
        size_t middle = begin + (end - begin) / 2;
        if (order_of_messages(all->items[middle].message, message) < 0)
            begin = middle + 1;
        else
            end = middle;
    }
    while (end < all->count && all->items[end].message == message)
        end++;
    return (part_list){all->items + begin, end - begin};
}

/* ---- Words ----------------------------------------------------------------------------------- */

const char *message_word(const model_message *message)
{
    static const char *const words[] = {"command", "query", "event"};

    return words[message->kind];
}

void append_full_name(buffer *out, const model_origin *origin)
{
    buffer_printf(out, "%.*s.%.*s", SLICE_PRINT(origin->module->namespace),
                  SLICE_PRINT(origin->name));
}

/* Appends the name of other programs, or that of the service and its handler. */
static void append_group(buffer *out, const part *of)
{
    const model_subscription *subscription = of->subscription;

    if (subscription->group.length > 0)
        buffer_append(out, subscription->group);
    else
        buffer_printf(out, "%.*s__%.*s", SLICE_PRINT(of->service->origin.name),
                      SLICE_PRINT(subscription->name));
}

/* Appends the queue group: one for all calls of a service, one for each event handler. Stored
 * events have a durable instead. */
void append_queue_group(buffer *out, const part *of)
{
    slice service = of->service->origin.name;

    if (of->role == ROLE_HANDLES)
        buffer_append(out, service);
    else if (of->role == ROLE_SUBSCRIBES && of->subscription->delivery == DELIVERY_GROUP &&
             !model_is_stored(of->message))
        append_group(out, of);
}

void append_durable(buffer *out, const part *of)
{
    if (of->role != ROLE_SUBSCRIBES || !model_is_stored(of->message))
        return;
    append_group(out, of);
    if (of->subscription->delivery == DELIVERY_BROADCAST)
        buffer_append_text(out, "__<instance>");
}
