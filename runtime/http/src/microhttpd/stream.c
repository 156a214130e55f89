/* Sends streams; see server.h. A stream is suspended while no chunk waits. */
#include "microhttpd/exchange.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 4096 };

struct http_chunk {
    atomic_uint references;
    size_t length;
    char text[];
};

struct http_stream {
    http_loop *loop;
    http_resumption resumption;
    http_deadline *deadline;
    void (*closed)(void *user);
    void *user;
    pthread_mutex_t lock; /* guards everything below */
    bool suspended;
    bool ends;   /* after the chunks that wait */
    bool broken; /* ends at once: the client is too slow */
    http_chunk *chunks[HTTP_STREAM_CHUNKS];
    size_t first;
    size_t count;
    size_t bytes; /* of all chunks */
    size_t sent;  /* bytes of the first chunk */
};

/* ---- Chunks ---- */

http_chunk *http_chunk_make(const char *text, size_t length)
{
    http_chunk *chunk = malloc(sizeof *chunk + length);

    if (chunk == NULL)
        return NULL;
    atomic_init(&chunk->references, 1);
    chunk->length = length;
    memcpy(chunk->text, text, length);
    return chunk;
}

void http_chunk_release(http_chunk *chunk)
{
    if (atomic_fetch_sub(&chunk->references, 1) == 1)
        free(chunk);
}

/* ---- The client's side: called by the thread of the server ---- */

static void drop_first(http_stream *stream)
{
    stream->bytes -= stream->chunks[stream->first]->length;
    http_chunk_release(stream->chunks[stream->first]);
    stream->first = (stream->first + 1) % HTTP_STREAM_CHUNKS;
    stream->count--;
    stream->sent = 0;
}

/* Copies waiting bytes. Returns their number, at most `most`. */
static size_t take(http_stream *stream, char *buffer, size_t most)
{
    size_t taken = 0;

    while (stream->count != 0 && taken < most) {
        const http_chunk *chunk = stream->chunks[stream->first];
        size_t length = chunk->length - stream->sent;
        length = length < most - taken ? length : most - taken;
        memcpy(buffer + taken, chunk->text + stream->sent, length);
        taken += length;
        stream->sent += length;
        if (stream->sent == chunk->length)
            drop_first(stream);
    }
    return taken;
}

static ssize_t read_stream(void *user, uint64_t position, char *buffer, size_t most)
{
    http_stream *stream = user;

    (void)position;
    pthread_mutex_lock(&stream->lock);
    ssize_t result =
        stream->broken ? MHD_CONTENT_READER_END_WITH_ERROR : (ssize_t)take(stream, buffer, most);
    if (result == 0 && stream->ends)
        result = MHD_CONTENT_READER_END_OF_STREAM;
    if (result == 0) {
        stream->suspended = true;
        MHD_suspend_connection(stream->resumption.connection);
    }
    pthread_mutex_unlock(&stream->lock);
    return result;
}

static void free_stream(void *user)
{
    http_stream *stream = user;

    stream->closed(stream->user);
    while (stream->count != 0)
        drop_first(stream);
    pthread_mutex_destroy(&stream->lock);
    free(stream);
}

/* ---- The program's side ---- */

static void resume(http_stream *stream)
{
    if (stream->suspended)
        http_loop_resume(stream->loop, &stream->resumption);
    stream->suspended = false;
}

static bool has_room(const http_stream *stream, const http_chunk *chunk)
{
    return stream->count == 0 || (stream->count < HTTP_STREAM_CHUNKS &&
                                  stream->bytes + chunk->length <= HTTP_STREAM_BYTES);
}

/* Drops everything that waits, and has the connection closed: its client does not read. */
static void break_stream(http_stream *stream)
{
    while (stream->count != 0)
        drop_first(stream);
    stream->broken = true;
    http_deadline_set(stream->deadline, 0);
}

static void append(http_stream *stream, http_chunk *chunk)
{
    atomic_fetch_add(&chunk->references, 1);
    stream->chunks[(stream->first + stream->count++) % HTTP_STREAM_CHUNKS] = chunk;
    stream->bytes += chunk->length;
}

bool http_stream_write(http_stream *stream, http_chunk *chunk)
{
    pthread_mutex_lock(&stream->lock);
    if (!stream->broken && has_room(stream, chunk))
        append(stream, chunk);
    else
        break_stream(stream);
    bool written = !stream->broken;
    resume(stream);
    pthread_mutex_unlock(&stream->lock);
    return written;
}

void http_stream_end(http_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->ends = true;
    resume(stream);
    pthread_mutex_unlock(&stream->lock);
}

static void ignore_closing(void *user)
{
    (void)user;
}

http_stream *http_exchange_respond_stream(http_exchange *exchange, const http_response *head,
                                          void (*closed)(void *user), void *user)
{
    http_stream *stream = calloc(1, sizeof *stream);
    struct MHD_Response *response = NULL;

    if (stream != NULL) {
        stream->loop = &exchange->server->loop;
        stream->resumption.connection = exchange->connection;
        stream->deadline = exchange->deadline;
        stream->closed = ignore_closing;
        stream->user = user;
        pthread_mutex_init(&stream->lock, NULL);
        response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_stream, stream,
                                                     free_stream);
    }
    if (response == NULL) {
        free(stream);
        stream = NULL;
    } else if (!http_exchange_add_headers(response, head, true)) {
        MHD_destroy_response(response);
        response = NULL;
        stream = NULL;
    } else {
        stream->closed = closed;
    }
    exchange->is_stream = true;
    atomic_fetch_add(&exchange->server->streams, 1);
    http_exchange_forget(exchange);
    http_exchange_answer(exchange, response, head->status);
    return stream;
}
