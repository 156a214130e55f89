/*
 * Deletes chunks that belong to no object, and infos that were replaced. First it reads what there
 * is, then it deletes: a purge may make readers of the same subjects skip messages
 * (object_entry.h).
 */
#include "base/monotime.h"
#include "objects/object_entry.h"
#include "objects/object_reader.h"

#include <stdlib.h>

typedef struct upload_id {
    char text[CATGA_OBJECT_UPLOAD_MAX + 1];
} upload_id;

/* A growing array of items of one size. */
typedef struct items {
    void *data;
    size_t count;
    size_t capacity;
} items;

typedef struct gc {
    catga_object_access access;
    int64_t oldest_ns;   /* younger messages stay */
    items uploads;       /* upload_id of the objects, sorted */
    items revisions;     /* uint64_t of their infos, growing */
    items lost_uploads;  /* upload_id without an object */
    items old_revisions; /* uint64_t of infos that were replaced */
} gc;

/* ---- Items ---- */

static catga_status add(items *list, const void *item, size_t size)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? 64 : list->capacity * 2;
        void *data = reallocarray(list->data, capacity, size);
        if (data == NULL)
            return CATGA_NO_MEMORY;
        list->data = data;
        list->capacity = capacity;
    }
    memcpy((char *)list->data + list->count++ * size, item, size);
    return CATGA_OK;
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int compare_numbers(const void *a, const void *b)
{
    uint64_t first;
    uint64_t second;

    memcpy(&first, a, sizeof first);
    memcpy(&second, b, sizeof second);
    return (first > second) - (first < second);
}

static bool has(const items *list, const void *item, size_t size,
                int (*compare)(const void *, const void *))
{
    return list->count > 0 && bsearch(item, list->data, list->count, size, compare) != NULL;
}

/* ---- Reading ---- */

typedef catga_status visit_message(gc *g, const catga_incoming *message);

static catga_status visit_all(gc *g, const char *filter, catga_read_start start, bool headers_only,
                              visit_message *visit)
{
    catga_object_reader reader;
    catga_object_message next;

    catga_status status =
        catga_object_reader_begin(&reader, &g->access, filter, start, headers_only);

    if (status != CATGA_OK)
        return status;
    while (status == CATGA_OK) {
        status = catga_object_reader_next(&reader, g->access.wait_ns, &next);
        if (status != CATGA_OK)
            break;
        status = visit(g, &next.message);
        g->access.state->operations->release(&next.message);
    }
    catga_object_reader_end(&reader);
    return status == CATGA_NOT_FOUND ? CATGA_OK : status;
}

/* An info that cannot be read ends the collection: its chunks are unknown. */
static catga_status note_object(gc *g, const catga_incoming *message)
{
    catga_object_info info;
    upload_id id = {""};
    catga_status status = catga_object_entry_show(&g->access, message, &info);

    if (status != CATGA_OK)
        return status == CATGA_BAD_MESSAGE
                   ? catga_object_refuse(&g->access, status,
                                         "the info of an object, which the log "
                                         "names, cannot be read")
                   : status;
    status = add(&g->revisions, &info.revision, sizeof info.revision);
    if (status == CATGA_OK && !info.deleted && catga_is_object_upload(info.upload)) {
        memcpy(id.text, info.upload.data, info.upload.length);
        status = add(&g->uploads, &id, sizeof id);
    }
    catga_object_info_free(&info);
    return status;
}

static catga_status note_replaced(gc *g, const catga_incoming *message)
{
    bool is_last =
        has(&g->revisions, &message->sequence, sizeof message->sequence, compare_numbers);

    if (is_last || message->stored_ns > g->oldest_ns)
        return CATGA_OK;
    return add(&g->old_revisions, &message->sequence, sizeof message->sequence);
}

/* Notes the upload of a chunk, the last one of its subject. */
static catga_status note_upload(gc *g, const catga_incoming *message)
{
    upload_id id = {""};
    char subject[CATGA_OBJECT_SUBJECT];

    catga_object_chunk_subject(g->access.store, (catga_string){"", 0}, subject);
    size_t begin = strlen(subject);
    if (message->stored_ns > g->oldest_ns || message->subject.length <= begin)
        return CATGA_OK;
    const catga_string upload = {message->subject.data + begin, message->subject.length - begin};
    if (!catga_is_object_upload(upload))
        return CATGA_OK;
    memcpy(id.text, upload.data, upload.length);
    return has(&g->uploads, &id, sizeof id, compare_ids) ? CATGA_OK
                                                         : add(&g->lost_uploads, &id, sizeof id);
}

static catga_status read_all(gc *g)
{
    char infos[CATGA_OBJECT_SUBJECT];
    char chunks[CATGA_OBJECT_SUBJECT];

    catga_object_info_filter(g->access.store, infos);
    catga_object_chunk_subject(g->access.store, CATGA_STR("*"), chunks);
    catga_status status = visit_all(g, infos, CATGA_READ_LAST_PER_SUBJECT, false, note_object);
    if (g->uploads.count > 0)
        qsort(g->uploads.data, g->uploads.count, sizeof(upload_id), compare_ids);
    if (status == CATGA_OK)
        status = visit_all(g, infos, CATGA_READ_FIRST, true, note_replaced);
    if (status == CATGA_OK)
        status = visit_all(g, chunks, CATGA_READ_LAST_PER_SUBJECT, true, note_upload);
    return status;
}

/* ---- Deleting ---- */

static void delete_all(gc *g)
{
    const upload_id *uploads = g->lost_uploads.data;
    const uint64_t *revisions = g->old_revisions.data;

    for (size_t i = 0; i < g->lost_uploads.count; i++)
        catga_object_purge(&g->access, catga_str(uploads[i].text));
    for (size_t i = 0; i < g->old_revisions.count; i++)
        catga_object_entry_erase(&g->access, revisions[i]);
}

static catga_status collect(gc *g, uint64_t *removed)
{
    catga_status status = read_all(g);

    if (status == CATGA_OK)
        delete_all(g);
    if (status == CATGA_OK && removed != NULL)
        *removed = g->lost_uploads.count + g->old_revisions.count;
    free(g->uploads.data);
    free(g->revisions.data);
    free(g->lost_uploads.data);
    free(g->old_revisions.data);
    return status;
}

catga_status catga_objects_gc(catga_bus *bus, const catga_object_store *store, int64_t age_ms,
                              uint64_t *removed, catga_problem *problem)
{
    gc g = {.oldest_ns = 0};
    catga_status status = catga_object_access_begin(&g.access, bus, store, problem);

    if (removed != NULL)
        *removed = 0;
    if (status == CATGA_OK && (age_ms < 0 || age_ms > INT64_MAX / CATGA_MILLISECOND))
        status = catga_object_refuse(&g.access, CATGA_INVALID_ARGUMENT,
                                     "age_ms is 0 or more milliseconds");
    if (status != CATGA_OK)
        return status;
    g.oldest_ns = catga_timestamp_now() - age_ms * CATGA_MILLISECOND;
    return collect(&g, removed);
}
