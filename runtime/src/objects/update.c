/* Changes the infos of objects: deletes and updates. */
#include "objects/object_check.h"
#include "objects/object_entry.h"

#include <inttypes.h>

/* tries to replace an info that other writers replace at the same time */
enum { TRIES = 16 };

/* ---- Deleting ---- */

static catga_status mark_deleted(catga_object_access *access, const catga_object_entry *entry)
{
    catga_object_info info = entry->info;
    uint64_t revision;

    info.deleted = true;
    info.size = 0;
    info.chunks = 0;
    info.digest = (catga_string){"", 0};
    catga_status status = catga_object_entry_put(access, &info, entry->revision, &revision);
    if (status == CATGA_OK)
        catga_object_purge(access, entry->info.upload);
    return status;
}

static catga_status delete_once(catga_object_access *access, catga_string name)
{
    catga_object_entry entry;
    catga_status status = catga_object_entry_find(access, name, &entry);

    if (status != CATGA_OK)
        return status;
    status = mark_deleted(access, &entry);
    catga_object_info_free(&entry.info);
    return status;
}

catga_status catga_object_delete(catga_bus *bus, const catga_object_store *store, catga_string name,
                                 catga_problem *problem)
{
    catga_object_access access;
    catga_status status = catga_object_access_begin(&access, bus, store, problem);

    if (status == CATGA_OK)
        status = catga_object_access_name(&access, name);
    if (status != CATGA_OK)
        return status;
    for (int try = 0; try < TRIES; try++) {
        status = delete_once(&access, name);
        if (status != CATGA_CONFLICT)
            break;
    }
    return status;
}

/* ---- Updating ---- */

static catga_status check_revision(const catga_object_access *access,
                                   const catga_object_entry *entry, uint64_t wanted)
{
    if (wanted == 0 || wanted == entry->revision)
        return CATGA_OK;
    return catga_object_refuse(access, CATGA_CONFLICT,
                               "the object has revision %" PRIu64 ", not %" PRIu64, entry->revision,
                               wanted);
}

/* Finds the revision over which an info of another name is stored: none, or a deleted object. */
static catga_status find_free(catga_object_access *access, catga_string name, uint64_t *over)
{
    catga_object_entry entry;
    catga_status status = catga_object_entry_get(access, name, &entry);

    if (status == CATGA_OK && entry.revision != 0 && !entry.info.deleted)
        status = catga_object_refuse(access, CATGA_CONFLICT, "an object of the new name exists");
    *over = entry.revision;
    catga_object_info_free(&entry.info);
    return status;
}

static catga_status replace(catga_object_access *access, const catga_object_entry *entry,
                            const catga_object *object, catga_object_info *given)
{
    bool is_renamed = !catga_string_equal(entry->info.name, object->name);
    catga_object_info info = entry->info;
    uint64_t over = entry->revision;
    uint64_t revision;
    catga_status status = CATGA_OK;

    info.name = object->name;
    info.description = object->description;
    info.headers = object->headers;
    info.header_count = object->header_count;
    info.metadata = object->metadata;
    info.metadata_count = object->metadata_count;
    if (is_renamed)
        status = find_free(access, object->name, &over);
    if (status == CATGA_OK)
        status = catga_object_entry_put(access, &info, over, &revision);
    if (status == CATGA_OK && is_renamed)
        status = catga_object_entry_forget(access, entry->revision);
    return status == CATGA_OK ? catga_object_entry_give(access, &info, revision, given) : status;
}

static catga_status update_once(catga_object_access *access, catga_string name,
                                const catga_object *object, catga_object_info *given)
{
    catga_object_entry entry;
    catga_status status = catga_object_entry_find(access, name, &entry);

    if (status != CATGA_OK)
        return status;
    status = check_revision(access, &entry, object->replaces);
    if (status == CATGA_OK)
        status = replace(access, &entry, object, given);
    catga_object_info_free(&entry.info);
    return status;
}

/* Another writer may come first: then the update is repeated, unless the caller wants a revision or
 * another name. */
static catga_status update(catga_object_access *access, catga_string name,
                           const catga_object *object, catga_object_info *given)
{
    bool may_repeat = object->replaces == 0 && catga_string_equal(name, object->name);
    catga_status status = CATGA_CONFLICT;

    for (int try = 0; status == CATGA_CONFLICT && try < (may_repeat ? TRIES : 1); try++)
        status = update_once(access, name, object, given);
    return status;
}

catga_status catga_object_update(catga_bus *bus, const catga_object_store *store, catga_string name,
                                 const catga_object *object, catga_object_info *info,
                                 catga_problem *problem)
{
    catga_object_access access;
    catga_status status = catga_object_access_begin(&access, bus, store, problem);

    if (info != NULL)
        *info = (catga_object_info){0};
    if (status == CATGA_OK)
        status = catga_object_access_name(&access, name);
    if (status == CATGA_OK)
        status = catga_object_check(&access, object);
    return status == CATGA_OK ? update(&access, name, object, info) : status;
}
