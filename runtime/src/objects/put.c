/* Puts objects: the chunks, then the info, which makes them the object; then the chunks of the
 * replaced object are deleted. */
#include "base/clock.h"
#include "objects/digest.h"
#include "objects/object_check.h"
#include "objects/object_entry.h"
#include "objects/upload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    HEADER_ROOM = 128, /* of a chunk's message: its id */
    TRIES = 16         /* to replace an object that other writers replace at the same time */
};

/* The content of a put: in memory, or from a function. */
typedef struct content_source {
    catga_bytes memory; /* that is left */
    catga_object_read *read;
    void *user;
    const int *error; /* errno of a file that cannot be read; NULL: no file */
} content_source;

typedef struct put {
    catga_object_access access;
    const catga_object *object;
    content_source content;
    char id[CATGA_MESSAGE_ID_SIZE];
    char digest[CATGA_DIGEST_TEXT];
    size_t chunk_bytes;
    uint8_t *buffers; /* of content from a function: CATGA_OBJECT_WINDOW chunks */
    uint64_t size;
    catga_upload upload;
    catga_object_entry replaced;
} put;

/* ---- Content ---- */

static catga_status refuse_input(const put *p, size_t length)
{
    const int *error = p->content.error;

    return catga_object_refuse(
        &p->access, CATGA_INPUT_FAILED, "the content cannot be read after %" PRIu64 " bytes%s%s",
        p->size + length, error == NULL ? "" : ": ", error == NULL ? "" : strerror(*error));
}

/* Fills a chunk from the function. The last chunk may be shorter, or empty. */
static catga_status read_chunk(put *p, uint8_t *buffer, size_t *length)
{
    for (*length = 0; *length < p->chunk_bytes;) {
        int64_t count =
            p->content.read(p->content.user, buffer + *length, p->chunk_bytes - *length);
        if (count == 0)
            break;
        if (count < 0 || (uint64_t)count > p->chunk_bytes - *length)
            return refuse_input(p, *length);
        *length += (size_t)count;
    }
    return CATGA_OK;
}

static catga_status next_chunk(put *p, const uint8_t **data, size_t *length)
{
    content_source *content = &p->content;

    if (content->read != NULL) {
        uint8_t *buffer = p->buffers + p->upload.added % CATGA_OBJECT_WINDOW * p->chunk_bytes;
        *data = buffer;
        return read_chunk(p, buffer, length);
    }
    *data = content->memory.data;
    *length = content->memory.length < p->chunk_bytes ? content->memory.length : p->chunk_bytes;
    content->memory.data += *length;
    content->memory.length -= *length;
    return CATGA_OK;
}

/* ---- Chunks ---- */

/* Sends all chunks. Each is hashed while it is on its way. */
static catga_status send_chunks(put *p)
{
    catga_sha256 hash;
    uint8_t digest[CATGA_SHA256_SIZE];
    const uint8_t *data;
    size_t length;

    catga_sha256_begin(&hash);
    for (;;) {
        catga_status status = catga_upload_reserve(&p->upload);
        if (status == CATGA_OK)
            status = next_chunk(p, &data, &length);
        if (status != CATGA_OK)
            return status;
        if (length == 0)
            break;
        catga_upload_add(&p->upload, data, length);
        catga_sha256_add(&hash, data, length);
        p->size += length;
    }
    catga_sha256_end(&hash, digest);
    catga_digest_write(digest, p->digest);
    return catga_upload_finish(&p->upload);
}

static void purge_own(put *p)
{
    catga_upload_abandon(&p->upload);
    if (p->upload.added > 0)
        catga_object_purge(&p->access, catga_str(p->id));
}

/* ---- The info ---- */

static catga_object_info info_of(const put *p)
{
    const catga_object *object = p->object;

    return (catga_object_info){.name = object->name,
                               .description = object->description,
                               .store = catga_str(p->access.store),
                               .upload = catga_str(p->id),
                               .digest = catga_str(p->digest),
                               .size = p->size,
                               .chunks = p->upload.added,
                               .chunk_bytes = p->chunk_bytes,
                               .headers = object->headers,
                               .header_count = object->header_count,
                               .metadata = object->metadata,
                               .metadata_count = object->metadata_count};
}

static catga_status conflict(const put *p)
{
    uint64_t wanted = p->object->replaces;
    uint64_t found = p->replaced.info.deleted ? 0 : p->replaced.revision;

    if (wanted == CATGA_OBJECT_NEW)
        return catga_object_refuse(&p->access, CATGA_CONFLICT,
                                   "the object exists, with revision %" PRIu64, found);
    return catga_object_refuse(&p->access, CATGA_CONFLICT,
                               "the object has revision %" PRIu64 ", not %" PRIu64, found, wanted);
}

/* Reads the info that will be replaced. CATGA_CONFLICT: the put must not replace it. */
static catga_status read_replaced(put *p)
{
    uint64_t wanted = p->object->replaces;

    catga_object_info_free(&p->replaced.info);
    catga_status status = catga_object_entry_get(&p->access, p->object->name, &p->replaced);
    if (status != CATGA_OK || wanted == 0)
        return status;
    bool exists = p->replaced.revision != 0 && !p->replaced.info.deleted;
    bool fits = wanted == CATGA_OBJECT_NEW ? !exists : wanted == p->replaced.revision;
    return fits ? CATGA_OK : conflict(p);
}

/* Returns whether the last info is that of this put: an answer was lost. */
static bool is_stored(const put *p)
{
    return catga_string_equal(p->replaced.info.upload, catga_str(p->id));
}

/* Stores the info. Other writers of the name may come first: then it replaces theirs. */
static catga_status store_info(put *p, uint64_t *revision)
{
    const catga_object_info info = info_of(p);

    for (int try = 0; try < TRIES; try++) {
        catga_status status =
            catga_object_entry_put(&p->access, &info, p->replaced.revision, revision);
        if (status != CATGA_CONFLICT)
            return status;
        status = read_replaced(p);
        if (is_stored(p)) {
            *revision = p->replaced.revision;
            return CATGA_OK;
        }
        if (status != CATGA_OK)
            return status;
    }
    return catga_object_refuse(&p->access, CATGA_CONFLICT,
                               "other writers replace the object at the same time");
}

/* ---- A put ---- */

/* The outcome is unknown when an answer to the info is lost: the chunks must stay then. */
static bool may_be_stored(catga_status status)
{
    return status == CATGA_TIMEOUT || status == CATGA_DISCONNECTED;
}

static catga_status put_object(put *p, catga_object_info *info)
{
    uint64_t revision;
    catga_status status = send_chunks(p);

    if (status != CATGA_OK) {
        purge_own(p);
        return status;
    }
    status = store_info(p, &revision);
    if (status != CATGA_OK) {
        if (!may_be_stored(status))
            purge_own(p);
        return status;
    }
    if (!is_stored(p))
        catga_object_purge(&p->access, p->replaced.info.upload);
    const catga_object_info stored = info_of(p);
    return catga_object_entry_give(&p->access, &stored, revision, info);
}

/* Chooses the size of chunks: messages must fit into the limits of server and stream. */
static catga_status set_chunk_bytes(put *p)
{
    catga_object_access *access = &p->access;
    catga_stream_state state;

    catga_status status = catga_object_ask_state(access, &state);

    if (status != CATGA_OK)
        return status;
    size_t limit = access->state->operations->max_payload(access->transport);
    if (state.max_message_bytes > 0 && (uint64_t)state.max_message_bytes < limit)
        limit = (size_t)state.max_message_bytes;
    limit = limit > 2 * HEADER_ROOM ? limit - HEADER_ROOM : limit / 2;
    p->chunk_bytes = p->object->chunk_bytes == 0 ? CATGA_OBJECT_CHUNK : p->object->chunk_bytes;
    if (p->chunk_bytes > limit)
        p->chunk_bytes = limit;
    return CATGA_OK;
}

static catga_status prepare(put *p)
{
    catga_status status = set_chunk_bytes(p);

    if (status == CATGA_OK)
        status = read_replaced(p);
    if (status != CATGA_OK || p->content.read == NULL)
        return status;
    p->buffers = reallocarray(NULL, CATGA_OBJECT_WINDOW, p->chunk_bytes);
    return p->buffers == NULL ? CATGA_NO_MEMORY : CATGA_OK;
}

static catga_status run(put *p, catga_object_info *info)
{
    catga_message_id_next(&p->access.state->message_ids, p->id);
    catga_upload_begin(&p->upload, &p->access, p->id);
    catga_status status = prepare(p);
    if (status == CATGA_OK)
        status = put_object(p, info);
    free(p->buffers);
    catga_object_info_free(&p->replaced.info);
    return status;
}

static catga_status put_content(catga_bus *bus, const catga_object_store *store,
                                const catga_object *object, const content_source *content,
                                catga_object_info *info, catga_problem *problem)
{
    put p = {.object = object, .content = *content};
    catga_status status = catga_object_access_begin(&p.access, bus, store, problem);

    if (info != NULL)
        *info = (catga_object_info){0};
    if (status == CATGA_OK)
        status = catga_object_check(&p.access, object);
    return status == CATGA_OK ? run(&p, info) : status;
}

catga_status catga_object_put(catga_bus *bus, const catga_object_store *store,
                              const catga_object *object, catga_bytes memory,
                              catga_object_info *info, catga_problem *problem)
{
    const content_source content = {.memory = memory};

    return put_content(bus, store, object, &content, info, problem);
}

catga_status catga_object_put_from(catga_bus *bus, const catga_object_store *store,
                                   const catga_object *object, catga_object_read *read, void *user,
                                   catga_object_info *info, catga_problem *problem)
{
    const content_source content = {.read = read, .user = user};

    return put_content(bus, store, object, &content, info, problem);
}

/* ---- Files ---- */

typedef struct input {
    int fd;
    int error;
} input;

static int64_t read_file(void *user, uint8_t *to, size_t capacity)
{
    input *in = user;
    ssize_t count;

    do {
        count = read(in->fd, to, capacity);
    } while (count < 0 && errno == EINTR);
    in->error = count < 0 ? errno : 0;
    return count;
}

catga_status catga_object_put_file(catga_bus *bus, const catga_object_store *store,
                                   const catga_object *object, int fd, catga_object_info *info,
                                   catga_problem *problem)
{
    input in = {.fd = fd};
    const content_source content = {.read = read_file, .user = &in, .error = &in.error};

    return put_content(bus, store, object, &content, info, problem);
}
