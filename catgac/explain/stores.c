/* stores.c -- see stores.h. */
#include "explain/stores.h"

explained_store store_of_bucket(const model_bucket *bucket)
{
    return (explained_store){&bucket->origin, &bucket->settings, bucket};
}

explained_store store_of_objects(const model_objects *objects)
{
    return (explained_store){&objects->origin, &objects->settings, NULL};
}

const char *store_word(const explained_store *store)
{
    return store->bucket != NULL ? "bucket" : "objects";
}

slice store_watch_pattern(const model_watch *watch)
{
    return watch->pattern.length == 0 ? SLICE(">") : watch->pattern;
}

static void add_parts(const model_service *service, store_part_list *list)
{
    for (size_t i = 0; i < service->watch_count; i++) {
        const model_watch *watch = &service->watches[i];
        list->items[list->count++] =
            (store_part){STORE_WATCHES, service, store_of_bucket(watch->bucket), watch};
    }
    for (size_t i = 0; i < service->use_count; i++) {
        const model_use *use = &service->uses[i];
        explained_store store =
            use->bucket != NULL ? store_of_bucket(use->bucket) : store_of_objects(use->objects);
        list->items[list->count++] =
            (store_part){use->writes ? STORE_WRITES : STORE_READS, service, store, NULL};
    }
}

store_part_list store_parts_of_service(arena *memory, const model_service *service)
{
    store_part_list list = {
        .items = ARENA_ARRAY(memory, service->watch_count + service->use_count, store_part)};

    add_parts(service, &list);
    return list;
}

static size_t count_parts(const model *facts)
{
    size_t count = 0;

    for (size_t i = 0; i < facts->module_count; i++)
        for (size_t j = 0; j < facts->modules[i]->service_count; j++) {
            const model_service *service = &facts->modules[i]->services[j];
            count += service->watch_count + service->use_count;
        }
    return count;
}

store_part_list store_parts_of_store(arena *memory, const model *facts,
                                     const explained_store *store)
{
    store_part_list all = {.items = ARENA_ARRAY(memory, count_parts(facts), store_part)};
    size_t count = 0;

    for (size_t i = 0; i < facts->module_count; i++)
        for (size_t j = 0; j < facts->modules[i]->service_count; j++)
            add_parts(&facts->modules[i]->services[j], &all);
    for (size_t i = 0; i < all.count; i++)
        if (all.items[i].store.origin == store->origin)
            all.items[count++] = all.items[i];
    return (store_part_list){all.items, count};
}
