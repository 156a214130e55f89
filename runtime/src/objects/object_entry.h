/*
 * The stored info of an object: read, replaced, and the chunks of an upload deleted.
 *
 * ADR-20 replaces an info by a message with the header Nats-Rollup, and deletes chunks by a purge
 * of their subject. On servers before 2.9.12 either makes each consumer whose filter matches skip
 * what it has not received yet: a list or a watch would miss objects. There, an info is published
 * without the header, and the replaced one is deleted by its sequence number. Readers take the last
 * info of a subject, so two for a moment do no harm. The filters of infos do not match the subject
 * of chunks, so that purges of chunks are harmless everywhere.
 */
#ifndef CATGA_OBJECT_ENTRY_H
#define CATGA_OBJECT_ENTRY_H

#include "objects/object_access.h"

typedef struct catga_object_entry {
    uint64_t revision; /* 0: the store has no info of this name */
    bool unreadable;   /* `info` is zeroed, and the problem of the access says why */
    catga_object_info info;
} catga_object_entry;

/* Reads the last info under a name, also of a deleted object. After CATGA_OK the caller frees
 * entry->info. */
catga_status catga_object_entry_get(catga_object_access *access, catga_string name,
                                    catga_object_entry *entry);

/* The same for an object that must exist: CATGA_NOT_FOUND, CATGA_BAD_MESSAGE. */
catga_status catga_object_entry_find(catga_object_access *access, catga_string name,
                                     catga_object_entry *entry);

/* Reads the info in a message for a list or a watch. The caller releases the message, and frees
 * *info after CATGA_OK. CATGA_BAD_MESSAGE, which is logged; CATGA_NO_MEMORY. */
catga_status catga_object_entry_show(const catga_object_access *access,
                                     const catga_incoming *message, catga_object_info *info);

/* Stores an info if the last one of its name has the revision `over`; 0: if there is none.
 * CATGA_CONFLICT: it has another one. CATGA_TIMEOUT, CATGA_DISCONNECTED: unknown. */
catga_status catga_object_entry_put(catga_object_access *access, const catga_object_info *info,
                                    uint64_t over, uint64_t *revision);

/* Gives the caller an info as it is stored under `revision`, unless `to` is NULL. CATGA_NO_MEMORY.
 */
catga_status catga_object_entry_give(const catga_object_access *access,
                                     const catga_object_info *info, uint64_t revision,
                                     catga_object_info *to);

/* Deletes one info, the last of its name; an info that is gone counts as deleted. A later info of
 * the name stays. */
catga_status catga_object_entry_forget(catga_object_access *access, uint64_t revision);

/* Deletes a replaced info. A failure leaves a message that no reader uses, for catga_objects_gc. */
void catga_object_entry_erase(catga_object_access *access, uint64_t revision);

/* Deletes the chunks of an upload. An id that is no token of a subject has none: an info of another
 * client may name ">". A failure leaves chunks for catga_objects_gc. */
void catga_object_purge(catga_object_access *access, catga_string upload);

#endif
