/* stores.h -- buckets and object stores, and their services. */
#ifndef CATGAC_EXPLAIN_STORES_H
#define CATGAC_EXPLAIN_STORES_H

#include "model/model.h"

/* A bucket or an object store. */
typedef struct explained_store {
    const model_origin *origin;
    const model_settings *settings;
    const model_bucket *bucket; /* NULL: an object store */
} explained_store;

explained_store store_of_bucket(const model_bucket *bucket);
explained_store store_of_objects(const model_objects *objects);
const char *store_word(const explained_store *store); /* "bucket", "objects" */

typedef enum store_role { STORE_WATCHES, STORE_READS, STORE_WRITES } store_role;

/* The part of a service in a store. */
typedef struct store_part {
    store_role role;
    const model_service *service;
    explained_store store;
    const model_watch *watch; /* of STORE_WATCHES */
} store_part;

typedef struct store_part_list {
    store_part *items;
    size_t count;
} store_part_list;

store_part_list store_parts_of_service(arena *memory, const model_service *service);
store_part_list store_parts_of_store(arena *memory, const model *facts,
                                     const explained_store *store);

/* Returns the pattern of a watch, ">" for every key. */
slice store_watch_pattern(const model_watch *watch);

#endif
