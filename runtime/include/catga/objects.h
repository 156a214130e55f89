/*
 * objects.h: object stores. An object is content of any size under a name: a file, a release, a
 * model. A store keeps objects in a JetStream stream of the server, as ADR-20 of
 * nats-io/nats-architecture-and-design describes: other NATS clients read and write the same
 * objects. An optional part of libcatga: a program that does not use it does not link it.
 *
 *     static const catga_object_store releases = {.name = "releases", .max_bytes = 1 << 30};
 *     catga_problem problem;
 *
 *     status = catga_objects_ensure(bus, &releases, &problem);
 *     status = catga_object_put_file(bus, &releases, &(catga_object){.name = CATGA_STR("app-1.4")},
 *                                    fd, NULL, &problem);
 *     status = catga_object_get_file(bus, &releases, CATGA_STR("app-1.4"), "/opt/app/app-1.4",
 *                                    NULL, &problem);
 *
 * `objects Releases {...}` in a schema generates the store and functions with its name.
 *
 * Content is stored in chunks, and the object's info after them. An object is complete or absent: a
 * put that fails or is killed leaves the old object, or none. Each get checks the number of chunks,
 * the size and the SHA-256 digest. Puts and gets use constant memory, whatever the size:
 * CATGA_OBJECT_WINDOW chunks.
 *
 * An operation survives a lost connection and a restart of the server: it fails with CATGA_TIMEOUT
 * or CATGA_DISCONNECTED only after `wait_ms` of the store without any progress. There is no limit
 * for the whole of a put or get.
 *
 * Threads. Any thread may call any function, except in callbacks of the bus
 * (CATGA_WOULD_DEADLOCK). Functions of the program that read and take content, and visitors, run in
 * the calling thread; that of a watch runs in a thread of the runtime.
 *
 * Statuses. `problem`, where a function has it, may be NULL; it says what was wrong. Each function
 * that uses the server may return
 *
 *     CATGA_NO_RESPONDERS       there is no such store
 *     CATGA_NO_JETSTREAM        the server has no JetStream
 *     CATGA_NOT_PERMITTED       the server refuses the subject that *problem names
 *     CATGA_TIMEOUT, CATGA_DISCONNECTED
 *     CATGA_OVERLOADED          the store is full, or too many calls are under way
 *     CATGA_DRAINING, CATGA_CLOSED, CATGA_WOULD_DEADLOCK
 *     CATGA_INVALID_ARGUMENT    a name or another argument is not valid
 *     CATGA_BAD_MESSAGE         the server's answer is damaged, or is about something else
 *     CATGA_REFUSED             the server reports another error, which *problem names
 *     CATGA_UNSUPPORTED         the transport has no streams
 *     CATGA_NO_MEMORY
 *
 * and those that its comment names.
 */
#ifndef CATGA_OBJECTS_H
#define CATGA_OBJECTS_H

#include <catga/catga.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Stores ---------------------------------------------------------------------------------- */

/* A store, which its users describe alike. Zero or false means the default. */
typedef struct catga_object_store {
    const char *name;   /* 1 to 200 of A-Z a-z 0-9 _ -; its stream is OBJ_<name> */
    int64_t max_age_ms; /* objects are deleted after this time; 0: never */
    int64_t max_bytes;  /* a full store refuses objects; 0: no limit */
    unsigned replicas;  /* servers of a cluster that keep it; 0: the bus's option */
    bool in_memory;     /* of the server, instead of its files */
    bool existing;      /* created elsewhere: neither created nor compared */
    bool prefixed; /* a prefix of the bus other than "catga" precedes the name: "TEST_<name>" */
    int wait_ms;   /* longest time without progress; 0: CATGA_OBJECT_WAIT_MS */
} catga_object_store;

enum {
    CATGA_OBJECT_WAIT_MS = 10000,
    CATGA_OBJECT_CHUNK = 128 * 1024,  /* default size of a chunk, in bytes */
    CATGA_OBJECT_WINDOW = 16,         /* chunks of a put that are under way at once */
    CATGA_OBJECT_NAME_MAX = 384,      /* longest name of an object, in bytes */
    CATGA_OBJECT_PAIRS_MAX = 256,     /* headers of an object to put, and entries of its metadata */
    CATGA_OBJECT_GC_AGE_MS = 3600000, /* age of an orphaned chunk; longer than any put */
};

/* Creates the store unless it exists. Call it once before the other functions, or create the store
 * elsewhere. CATGA_DRIFTED: it exists with other settings, and *problem names the field; it is not
 * changed, and can be used. */
CATGA_CHECKED catga_status catga_objects_ensure(catga_bus *bus, const catga_object_store *store,
                                                catga_problem *problem);

/* Describes the stream of the store. Its bytes include headers and infos. */
CATGA_CHECKED catga_status catga_objects_state(catga_bus *bus, const catga_object_store *store,
                                               catga_stream_state *state, catga_problem *problem);

/* Makes the store read-only, for good. Afterwards puts, deletes and updates return CATGA_REFUSED.
 */
CATGA_CHECKED catga_status catga_objects_seal(catga_bus *bus, const catga_object_store *store,
                                              catga_problem *problem);

/* Deletes the store with all its objects. If the server was absent meanwhile, an absent store
 * counts as deleted. */
CATGA_CHECKED catga_status catga_objects_remove(catga_bus *bus, const catga_object_store *store,
                                                catga_problem *problem);

/* Deletes chunks that belong to no object and are older than `age_ms`
 * (CATGA_OBJECT_GC_AGE_MS), and infos that a newer one has replaced. They are left when a program
 * dies during a put, or when another client replaces an object at the same time. *removed, which
 * may be NULL, counts the uploads and infos that were deleted. Do not choose an age shorter than
 * the longest put: its chunks have no object yet. */
CATGA_CHECKED catga_status catga_objects_gc(catga_bus *bus, const catga_object_store *store,
                                            int64_t age_ms, uint64_t *removed,
                                            catga_problem *problem);

/* ---- Objects --------------------------------------------------------------------------------- */

/* A header of an object, or an entry of its metadata. UTF-8. */
typedef struct catga_object_pair {
    catga_string name;
    catga_string value;
} catga_object_pair;

/* An object to put. Only the name is required. Texts are UTF-8. */
typedef struct catga_object {
    catga_string name; /* 1 to CATGA_OBJECT_NAME_MAX bytes of any UTF-8 */
    catga_string description;
    const catga_object_pair *headers; /* equal names follow each other */
    size_t header_count;
    const catga_object_pair *metadata; /* a name must not repeat */
    size_t metadata_count;
    size_t chunk_bytes; /* 0: CATGA_OBJECT_CHUNK; the server's limits may make chunks smaller */
    uint64_t replaces;  /* revision that it must replace; 0: any; CATGA_OBJECT_NEW: none */
} catga_object;

/* catga_object.replaces: there must be no object of this name. */
#define CATGA_OBJECT_NEW UINT64_MAX

/* The description of a stored object. Its texts belong to it: catga_object_info_free frees them. */
typedef struct catga_object_info {
    catga_string name;
    catga_string description; /* absent without one */
    catga_string store;       /* name of its store */
    catga_string upload;      /* id of its chunks (ADR-20: nuid) */
    catga_string digest;      /* "SHA-256=..."; empty of a deleted object and of a link */
    uint64_t size;            /* bytes of content */
    uint64_t chunks;
    uint64_t chunk_bytes; /* largest chunk; 0: unknown */
    uint64_t revision;    /* of this info; it grows with each change of the object */
    int64_t modified;     /* when the info was stored: nanoseconds since 1970; 0: unknown */
    bool deleted;
    catga_string link_store; /* of a link: the store that it leads to; else absent */
    catga_string link_name;  /* and the object; absent: the whole store */
    const catga_object_pair *headers;
    size_t header_count;
    const catga_object_pair *metadata;
    size_t metadata_count;
    void *memory; /* belongs to the library */
} catga_object_info;

/* Frees the texts of an info. A zeroed or freed info, and NULL, are allowed. */
void catga_object_info_free(catga_object_info *info);

/*
 * The functions below fill *info, which the caller frees, unless it is NULL. After a failure it is
 * zeroed.
 */

/* Gets the info of an object, also of a link. CATGA_NOT_FOUND: there is none, or it is deleted.
 * CATGA_BAD_MESSAGE: another client has stored an info that cannot be read. */
CATGA_CHECKED catga_status catga_object_info_get(catga_bus *bus, const catga_object_store *store,
                                                 catga_string name, catga_object_info *info,
                                                 catga_problem *problem);

/* ---- Putting --------------------------------------------------------------------------------- */

/*
 * Put content under a name, and replace the object of this name. Several puts of one name at once
 * are each complete; the last one remains.
 *
 * CATGA_CONFLICT: the object does not have the revision `replaces`. CATGA_REFUSED: the store is
 * sealed, or its settings refuse the content. CATGA_OVERLOADED: the store is full. CATGA_TIMEOUT,
 * CATGA_DISCONNECTED: the object is the new or the old one; putting again is safe. After any other
 * failure it is the old one.
 */
CATGA_CHECKED catga_status catga_object_put(catga_bus *bus, const catga_object_store *store,
                                            const catga_object *object, catga_bytes content,
                                            catga_object_info *info, catga_problem *problem);

/* Puts what `fd` reads, from its present position to its end. CATGA_INPUT_FAILED: it cannot be
 * read. */
CATGA_CHECKED catga_status catga_object_put_file(catga_bus *bus, const catga_object_store *store,
                                                 const catga_object *object, int fd,
                                                 catga_object_info *info, catga_problem *problem);

/* Reads up to `capacity` bytes of content to `to`. Returns their number, 0 at the end, and -1 to
 * give up: the put then returns CATGA_INPUT_FAILED. */
typedef int64_t catga_object_read(void *user, uint8_t *to, size_t capacity);

/* Puts what `read` returns; the calling thread calls it. */
CATGA_CHECKED catga_status catga_object_put_from(catga_bus *bus, const catga_object_store *store,
                                                 const catga_object *object,
                                                 catga_object_read *read, void *user,
                                                 catga_object_info *info, catga_problem *problem);

/* ---- Getting --------------------------------------------------------------------------------- */

/*
 * Get the content of an object. A link is followed once. An object that is replaced meanwhile is
 * read once more, except by catga_object_get_to after its first bytes.
 *
 * CATGA_NOT_FOUND: there is no such object, or it is deleted, or it is a link to a store or to
 * another link. CATGA_INCOMPLETE: chunks are missing at the server: they have expired, were
 * deleted, or the server has lost them. CATGA_CORRUPT: the content does not have the size or the
 * digest of the info. CATGA_BAD_MESSAGE: the info cannot be read.
 */

/* Gets the content to memory. CATGA_TOO_LARGE: it has more than `capacity` bytes; *info has its
 * size. After another failure the bytes at `to` are undefined. */
CATGA_CHECKED catga_status catga_object_get(catga_bus *bus, const catga_object_store *store,
                                            catga_string name, void *to, size_t capacity,
                                            catga_object_info *info, catga_problem *problem);

/* Gets the content to a file, which it replaces: `path` is untouched until the content is complete,
 * checked and on the disk. Interrupted downloads leave nothing, not even when the process is
 * killed, on file systems with O_TMPFILE; on others a file ".catga-" with 16 hexadecimal digits may
 * remain then in the folder of `path`.
 * CATGA_OUTPUT_FAILED: the file cannot be written. */
CATGA_CHECKED catga_status catga_object_get_file(catga_bus *bus, const catga_object_store *store,
                                                 catga_string name, const char *path,
                                                 catga_object_info *info, catga_problem *problem);

/* Takes `length` bytes of content. Returns false to give up: the get then returns
 * CATGA_OUTPUT_FAILED. The bytes are checked only when the get returns CATGA_OK: use them then. */
typedef bool catga_object_write(void *user, const uint8_t *bytes, size_t length);

/* Gets the content to `write`, which the calling thread calls. */
CATGA_CHECKED catga_status catga_object_get_to(catga_bus *bus, const catga_object_store *store,
                                               catga_string name, catga_object_write *write,
                                               void *user, catga_object_info *info,
                                               catga_problem *problem);

/* ---- Changing -------------------------------------------------------------------------------- */

/* Deletes an object. Its info stays, with `deleted` set. CATGA_NOT_FOUND. */
CATGA_CHECKED catga_status catga_object_delete(catga_bus *bus, const catga_object_store *store,
                                               catga_string name, catga_problem *problem);

/* Replaces description, headers and metadata of an object by those of `object`, and its name if
 * that is another one. The content stays. CATGA_NOT_FOUND; CATGA_CONFLICT: the object does not have
 * the revision `replaces`, or an object of the new name exists.
 *
 * Another name takes two steps: the info is stored under the new name, and then deleted under the
 * old one. After a failure in between, both names have the content. An object that another writer
 * has put under the old name meanwhile stays; but each writer who replaces or deletes an object
 * deletes its content, also that of the other name, whose gets return CATGA_INCOMPLETE then. */
CATGA_CHECKED catga_status catga_object_update(catga_bus *bus, const catga_object_store *store,
                                               catga_string name, const catga_object *object,
                                               catga_object_info *info, catga_problem *problem);

/* ---- Listing --------------------------------------------------------------------------------- */

/* Visits an info, valid until the function returns. Returns false to stop. */
typedef bool catga_object_visitor(const catga_object_info *info, void *user);

/* Visits the info of each object that is not deleted, links included, in the order of their last
 * changes. An info that cannot be read is left out, and logged. */
CATGA_CHECKED catga_status catga_object_list(catga_bus *bus, const catga_object_store *store,
                                             catga_object_visitor *visit, void *user,
                                             catga_problem *problem);

typedef struct catga_object_watch catga_object_watch;

/* Gets each change of a store: `info` of an object that is new, changed or deleted, valid until the
 * function returns. `info` is NULL once, after the objects that existed when the watch began. The
 * function may call the functions of the bus that a handler may call. */
typedef void catga_object_changed(const catga_object_info *info, void *user);

/* Begins to watch a store. First come the objects that exist, deleted ones included, unless
 * `only_new`; then the end of them; then each change, the last of several soon after each other.
 * The watch survives lost connections and restarts of the server. *watch belongs to the caller, who
 * closes it before the bus. */
CATGA_CHECKED catga_status catga_object_watch_open(catga_object_watch **watch, catga_bus *bus,
                                                   const catga_object_store *store, bool only_new,
                                                   catga_object_changed *changed, void *user,
                                                   catga_problem *problem);

/* Ends a watch. `changed` is not called afterwards. Inside `changed`, logs an error and does
 * nothing. NULL is allowed. */
void catga_object_watch_close(catga_object_watch *watch);

#ifdef __cplusplus
}
#endif

#endif
