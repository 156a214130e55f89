/* Reads messages of a store; see object_reader.h. */
#include "objects/object_reader.h"

#include "base/clock.h"

/* ---- The transport's thread ---- */

/* Waits for room. Returns false when the reader has ended. The caller holds the lock. */
static bool await_room(catga_object_reader *reader)
{
    while (!reader->ended && reader->count == CATGA_OBJECT_READ_AHEAD)
        pthread_cond_wait(&reader->changed, &reader->lock);
    return !reader->ended;
}

static void receive(void *user, catga_incoming *message, uint64_t pending)
{
    catga_object_reader *reader = user;

    pthread_mutex_lock(&reader->lock);
    bool is_wanted = await_room(reader);
    if (is_wanted) {
        unsigned at = (reader->first + reader->count++) % CATGA_OBJECT_READ_AHEAD;
        reader->messages[at] = (catga_object_message){*message, pending};
        pthread_cond_broadcast(&reader->changed);
    }
    pthread_mutex_unlock(&reader->lock);
    if (!is_wanted)
        reader->access->state->operations->release(message);
}

static void catch_up(void *user)
{
    catga_object_reader *reader = user;

    pthread_mutex_lock(&reader->lock);
    reader->caught_up = true;
    pthread_cond_broadcast(&reader->changed);
    pthread_mutex_unlock(&reader->lock);
}

/* ---- The owner ---- */

catga_status catga_object_reader_begin(catga_object_reader *reader, catga_object_access *access,
                                       const char *subject, catga_read_start start,
                                       bool headers_only)
{
    const catga_reader_settings settings = {.stream = access->stream,
                                            .subject = subject,
                                            .start = start,
                                            .headers_only = headers_only,
                                            .receive = receive,
                                            .caught_up = catch_up,
                                            .user = reader};

    *reader = (catga_object_reader){.access = access};
    pthread_mutex_init(&reader->lock, NULL);
    pthread_cond_init(&reader->changed, NULL);
    catga_status status = catga_object_begin_read(access, &settings, &reader->native);
    if (status != CATGA_OK)
        catga_object_reader_end(reader);
    return status;
}

/* Waits for a message or the end. The caller holds the lock. */
static catga_status await_message(catga_object_reader *reader, int64_t wait_ns)
{
    struct timespec end = catga_clock_timespec(catga_clock_after(catga_clock_now(), wait_ns));

    while (reader->count == 0) {
        if (reader->caught_up)
            return CATGA_NOT_FOUND;
        if (pthread_cond_clockwait(&reader->changed, &reader->lock, CLOCK_MONOTONIC, &end) != 0)
            return CATGA_TIMEOUT;
    }
    return CATGA_OK;
}

catga_status catga_object_reader_next(catga_object_reader *reader, int64_t wait_ns,
                                      catga_object_message *next)
{
    pthread_mutex_lock(&reader->lock);
    catga_status status = await_message(reader, wait_ns);
    if (status == CATGA_OK) {
        *next = reader->messages[reader->first];
        reader->first = (reader->first + 1) % CATGA_OBJECT_READ_AHEAD;
        reader->count--;
        pthread_cond_broadcast(&reader->changed);
    }
    pthread_mutex_unlock(&reader->lock);
    return status;
}

/* Lets the transport's thread go on. */
static void stop(catga_object_reader *reader)
{
    pthread_mutex_lock(&reader->lock);
    reader->ended = true;
    pthread_cond_broadcast(&reader->changed);
    pthread_mutex_unlock(&reader->lock);
}

void catga_object_reader_end(catga_object_reader *reader)
{
    const catga_object_access *access = reader->access;

    stop(reader);
    if (reader->native != NULL)
        access->streams->end_read(access->transport, reader->native);
    for (unsigned i = 0; i < reader->count; i++)
        access->state->operations->release(
            &reader->messages[(reader->first + i) % CATGA_OBJECT_READ_AHEAD].message);
    pthread_cond_destroy(&reader->changed);
    pthread_mutex_destroy(&reader->lock);
}
