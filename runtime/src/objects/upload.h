/*
 * The chunks of a put on their way to the server. Up to CATGA_OBJECT_WINDOW are under way at once.
 * They are stored in their order: acks have growing sequence numbers, or the upload fails. So a
 * chunk is sent only if the one before is stored or under way. After a lost connection the chunks
 * without an ack are sent again, with their message ids, so that none is stored twice. One thread
 * owns an upload.
 */
#ifndef CATGA_OBJECT_UPLOAD_H
#define CATGA_OBJECT_UPLOAD_H

#include "objects/object_access.h"

typedef struct catga_upload_chunk {
    const uint8_t *data;
    size_t length;
    catga_pending *call; /* NULL: not under way */
    catga_status unsent; /* why the last attempt to send it failed; CATGA_OK: it did not */
} catga_upload_chunk;

typedef struct catga_upload {
    catga_object_access *access;
    const char *id;
    char subject[CATGA_OBJECT_SUBJECT];
    catga_upload_chunk chunks[CATGA_OBJECT_WINDOW]; /* chunk n at n % CATGA_OBJECT_WINDOW */
    uint64_t stored;                                /* number of chunks with an ack, the first */
    uint64_t added;                                 /* number of chunks so far */
    uint64_t sequence;                              /* of the last ack */
    int64_t progress_ns;                            /* time of the last ack */
    int64_t pause_ns; /* before chunks are sent again; 0: no failure */
} catga_upload;

/* Begins an upload without chunks. `access` and `id` outlive it. */
void catga_upload_begin(catga_upload *upload, catga_object_access *access, const char *id);

/* Returns whether the memory of the next chunk is free: that of the chunk CATGA_OBJECT_WINDOW
 * before it. Waits for that ack. Any other status than CATGA_OK ends the upload. */
catga_status catga_upload_reserve(catga_upload *upload);

/* Sends a chunk, whose memory is needed until its ack. */
void catga_upload_add(catga_upload *upload, const uint8_t *data, size_t length);

/* Waits until all chunks are stored. */
catga_status catga_upload_finish(catga_upload *upload);

/* Ends an upload that failed. Waits a moment for acks that are still to come, so that a following
 * purge finds all of its chunks. */
void catga_upload_abandon(catga_upload *upload);

#endif
