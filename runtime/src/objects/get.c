/* Gets objects: the info, then the chunks, which are checked against it. */
#include "base/clock.h"
#include "base/sha256.h"
#include "objects/digest.h"
#include "objects/object_entry.h"
#include "objects/object_reader.h"
#include "objects/spool.h"

#include <inttypes.h>
#include <stdio.h>

/* time without a chunk after which the info is read again */
#define STEP (500 * CATGA_MILLISECOND)

/* Where content goes. */
typedef struct content_sink {
    /* Begins the content, or begins it anew. CATGA_TOO_LARGE, CATGA_OUTPUT_FAILED; CATGA_CONFLICT:
     * it cannot begin anew. */
    catga_status (*begin)(void *user, const catga_object_info *info);
    bool (*write)(void *user, const uint8_t *bytes, size_t length);
    /* Ends content that is complete and checked. */
    bool (*end)(void *user);
} content_sink;

typedef struct get {
    catga_object_access access;  /* to the store of the caller */
    catga_object_access linked;  /* to the store of a link */
    catga_object_access *source; /* one of these: the store with the content */
    catga_object_entry entry;
    const content_sink *sink;
    void *user;
} get;

/* ---- Content ---- */

static catga_status incomplete(const get *g, uint64_t found)
{
    return catga_object_refuse(g->source, CATGA_INCOMPLETE,
                               "%" PRIu64 " of %" PRIu64 " chunks are missing at the server",
                               g->entry.info.chunks - found, g->entry.info.chunks);
}

static catga_status corrupt(const get *g, uint64_t size)
{
    return catga_object_refuse(
        g->source, CATGA_CORRUPT, "the content has %s%" PRIu64 " bytes, the info says %" PRIu64,
        size > g->entry.info.size ? "at least " : "", size, g->entry.info.size);
}

static catga_status output_failed(const get *g, uint64_t size)
{
    return g->source->problem->text[0] != '\0'
               ? CATGA_OUTPUT_FAILED
               : catga_object_refuse(g->source, CATGA_OUTPUT_FAILED,
                                     "the content was not taken after %" PRIu64 " bytes", size);
}

/* Returns whether the object has another upload than the one that is read, or none. */
static bool is_replaced(get *g)
{
    catga_object_entry now;
    catga_status status = catga_object_entry_get(g->source, g->entry.info.name, &now);
    bool is_other = !catga_string_equal(now.info.upload, g->entry.info.upload);

    catga_object_info_free(&now.info);
    return status == CATGA_OK && is_other;
}

/* Waits for a chunk. No chunk comes any more when the object is replaced meanwhile. */
static catga_status next_chunk(get *g, catga_object_reader *reader, catga_object_message *chunk)
{
    int64_t end = catga_clock_after(catga_clock_now(), g->source->wait_ns);

    for (;;) {
        int64_t left = end - catga_clock_now();
        catga_status status = catga_object_reader_next(reader, left < STEP ? left : STEP, chunk);
        if (status != CATGA_TIMEOUT || left <= STEP)
            return status;
        if (is_replaced(g))
            return CATGA_NOT_FOUND;
    }
}

static catga_status take_chunk(get *g, const catga_incoming *chunk, catga_sha256 *hash)
{
    uint64_t size = hash->length + chunk->length;

    if (size > g->entry.info.size)
        return corrupt(g, size);
    catga_sha256_add(hash, chunk->data, chunk->length);
    if (!g->sink->write(g->user, chunk->data, chunk->length))
        return output_failed(g, size);
    return CATGA_OK;
}

/* Takes the chunks. One that is missing at the server is noticed at the first chunk. */
static catga_status take_chunks(get *g, catga_object_reader *reader, catga_sha256 *hash)
{
    uint64_t chunks = g->entry.info.chunks;

    for (uint64_t taken = 0; taken < chunks; taken++) {
        catga_object_message chunk;
        catga_status status = next_chunk(g, reader, &chunk);
        if (status != CATGA_OK)
            return status == CATGA_NOT_FOUND ? incomplete(g, taken) : status;
        if (taken == 0 && chunk.pending + 1 < chunks)
            status = incomplete(g, chunk.pending + 1);
        if (status == CATGA_OK)
            status = take_chunk(g, &chunk.message, hash);
        g->access.state->operations->release(&chunk.message);
        if (status != CATGA_OK)
            return status;
    }
    return CATGA_OK;
}

static catga_status take_content(get *g, catga_sha256 *hash)
{
    char subject[CATGA_OBJECT_SUBJECT];
    catga_object_reader reader;

    if (g->entry.info.chunks == 0)
        return CATGA_OK;
    catga_object_chunk_subject(g->source->store, g->entry.info.upload, subject);
    catga_status status =
        catga_object_reader_begin(&reader, g->source, subject, CATGA_READ_FIRST, false);
    if (status != CATGA_OK)
        return status;
    status = take_chunks(g, &reader, hash);
    catga_object_reader_end(&reader);
    return status;
}

static catga_status check_digest(const get *g, catga_sha256 *hash,
                                 const uint8_t expected[CATGA_SHA256_SIZE])
{
    uint8_t digest[CATGA_SHA256_SIZE];

    if (hash->length != g->entry.info.size)
        return corrupt(g, hash->length);
    catga_sha256_end(hash, digest);
    if (memcmp(digest, expected, sizeof digest) != 0)
        return catga_object_refuse(g->source, CATGA_CORRUPT,
                                   "the content does not have the digest of the info");
    return CATGA_OK;
}

static catga_status get_content(get *g)
{
    uint8_t expected[CATGA_SHA256_SIZE];
    catga_sha256 hash;

    if (!catga_digest_read(g->entry.info.digest, expected))
        return catga_object_refuse(g->source, CATGA_BAD_MESSAGE,
                                   "the info of the object: digest: not one of SHA-256");
    catga_status status = g->sink->begin(g->user, &g->entry.info);
    catga_sha256_begin(&hash);
    if (status == CATGA_OK)
        status = take_content(g, &hash);
    if (status == CATGA_OK)
        status = check_digest(g, &hash, expected);
    if (status == CATGA_OK && g->sink->end != NULL && !g->sink->end(g->user))
        status = output_failed(g, hash.length);
    return status;
}

/* ---- The object ---- */

static catga_status follow_link(get *g)
{
    catga_object_info link = g->entry.info;
    catga_status status;

    g->entry.info = (catga_object_info){0};
    if (link.link_name.length == 0) {
        status = catga_object_refuse(&g->access, CATGA_NOT_FOUND,
                                     "the object is a link to the store '%.*s', not to an object",
                                     CATGA_PRINT(link.link_store));
    } else {
        catga_object_access_linked(&g->linked, &g->access, link.link_store);
        g->source = &g->linked;
        status = catga_object_entry_find(&g->linked, link.link_name, &g->entry);
    }
    catga_object_info_free(&link);
    if (status != CATGA_OK || g->entry.info.link_store.data == NULL)
        return status;
    catga_object_info_free(&g->entry.info);
    return catga_object_refuse(&g->access, CATGA_NOT_FOUND, "the object is a link to another link");
}

static catga_status find(get *g, catga_string name)
{
    g->source = &g->access;
    catga_status status = catga_object_entry_find(&g->access, name, &g->entry);
    if (status != CATGA_OK || g->entry.info.link_store.data == NULL)
        return status;
    return follow_link(g);
}

/* Returns whether the object may have been replaced, so that its chunks were deleted. */
static bool may_be_replaced(catga_status status)
{
    return status == CATGA_INCOMPLETE || status == CATGA_CORRUPT;
}

/* Reads the object once more if it has another upload than the one that failed. */
static catga_status get_replaced(get *g, catga_string name, catga_status failure)
{
    const catga_problem first = *g->access.problem;
    catga_object_info old = g->entry.info;

    g->access.problem->text[0] = '\0';
    g->entry.info = (catga_object_info){0};
    catga_status status = find(g, name);
    bool is_other = status != CATGA_OK || !catga_string_equal(old.upload, g->entry.info.upload);
    catga_object_info_free(&old);
    if (status == CATGA_OK)
        status = is_other ? get_content(g) : failure;
    if (!is_other || status == CATGA_CONFLICT) {
        *g->access.problem = first;
        return failure;
    }
    return status;
}

static catga_status run(get *g, catga_string name, catga_object_info *info)
{
    catga_status status = find(g, name);

    if (status == CATGA_OK)
        status = get_content(g);
    if (may_be_replaced(status))
        status = get_replaced(g, name, status);
    bool is_shown = info != NULL && (status == CATGA_OK || status == CATGA_TOO_LARGE);
    if (is_shown)
        *info = g->entry.info;
    else
        catga_object_info_free(&g->entry.info);
    return status;
}

static catga_status get_object(get *g, catga_bus *bus, const catga_object_store *store,
                               catga_string name, catga_object_info *info, catga_problem *problem)
{
    catga_status status = catga_object_access_begin(&g->access, bus, store, problem);

    if (info != NULL)
        *info = (catga_object_info){0};
    if (status == CATGA_OK)
        status = catga_object_access_name(&g->access, name);
    return status == CATGA_OK ? run(g, name, info) : status;
}

/* ---- To memory ---- */

typedef struct memory {
    uint8_t *to;
    size_t capacity;
    size_t used;
    catga_object_access *access;
} memory;

static catga_status begin_memory(void *user, const catga_object_info *info)
{
    memory *m = user;

    m->used = 0;
    if (info->size <= m->capacity)
        return CATGA_OK;
    return catga_object_refuse(m->access, CATGA_TOO_LARGE,
                               "the object has %" PRIu64 " bytes, the memory %zu", info->size,
                               m->capacity);
}

/* The caller has checked that the bytes fit. */
static bool write_memory(void *user, const uint8_t *bytes, size_t length)
{
    memory *m = user;

    memcpy(m->to + m->used, bytes, length);
    m->used += length;
    return true;
}

catga_status catga_object_get(catga_bus *bus, const catga_object_store *store, catga_string name,
                              void *to, size_t capacity, catga_object_info *info,
                              catga_problem *problem)
{
    static const content_sink sink = {begin_memory, write_memory, NULL};
    memory m = {.to = to, .capacity = capacity};
    get g = {.sink = &sink, .user = &m};

    m.access = &g.access;
    return get_object(&g, bus, store, name, info, problem);
}

/* ---- To a function ---- */

typedef struct receiver {
    catga_object_write *write;
    void *user;
    bool has_begun;
} receiver;

static catga_status begin_function(void *user, const catga_object_info *info)
{
    const receiver *r = user;

    (void)info;
    return r->has_begun ? CATGA_CONFLICT : CATGA_OK;
}

static bool write_function(void *user, const uint8_t *bytes, size_t length)
{
    receiver *r = user;

    r->has_begun = true;
    return r->write(r->user, bytes, length);
}

catga_status catga_object_get_to(catga_bus *bus, const catga_object_store *store, catga_string name,
                                 catga_object_write *write, void *user, catga_object_info *info,
                                 catga_problem *problem)
{
    static const content_sink sink = {begin_function, write_function, NULL};
    receiver r = {.write = write, .user = user};
    get g = {.sink = &sink, .user = &r};

    return get_object(&g, bus, store, name, info, problem);
}

/* ---- To a file ---- */

typedef struct file {
    const char *path;
    catga_spool spool;
    bool has_begun;
    catga_object_access *access;
} file;

static bool file_failed(const file *f)
{
    (void)catga_object_refuse(f->access, CATGA_OUTPUT_FAILED, "cannot write the file '%.80s': %s",
                              f->path, strerror(f->spool.error));
    return false;
}

static catga_status begin_file(void *user, const catga_object_info *info)
{
    file *f = user;
    bool is_again = f->has_begun;

    (void)info;
    f->has_begun = true;
    bool is_open =
        is_again ? catga_spool_restart(&f->spool) : catga_spool_begin(&f->spool, f->path);
    return is_open || file_failed(f) ? CATGA_OK : CATGA_OUTPUT_FAILED;
}

static bool write_file(void *user, const uint8_t *bytes, size_t length)
{
    file *f = user;

    return catga_spool_write(&f->spool, bytes, length) || file_failed(f);
}

static bool end_file(void *user)
{
    file *f = user;

    return catga_spool_commit(&f->spool) || file_failed(f);
}

catga_status catga_object_get_file(catga_bus *bus, const catga_object_store *store,
                                   catga_string name, const char *path, catga_object_info *info,
                                   catga_problem *problem)
{
    static const content_sink sink = {begin_file, write_file, end_file};
    file f = {.path = path};
    get g = {.sink = &sink, .user = &f};

    f.access = &g.access;
    catga_status status = get_object(&g, bus, store, name, info, problem);
    if (f.has_begun)
        catga_spool_end(&f.spool);
    return status;
}
