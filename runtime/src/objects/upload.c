/* Uploads chunks; see upload.h. */
#include "objects/upload.h"

#include "base/clock.h"
#include "bus/status.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* pauses before chunks are sent again */
#define PAUSE_MIN (50 * CATGA_MILLISECOND)
#define PAUSE_MAX CATGA_SECOND

/* how long an upload that failed waits for acks */
#define ABANDON_WAIT (500 * CATGA_MILLISECOND)

void catga_upload_begin(catga_upload *upload, catga_object_access *access, const char *id)
{
    *upload = (catga_upload){.access = access, .id = id, .progress_ns = catga_clock_now()};
    catga_object_chunk_subject(access->store, catga_str(id), upload->subject);
}

static catga_upload_chunk *chunk_of(catga_upload *upload, uint64_t number)
{
    return &upload->chunks[number % CATGA_OBJECT_WINDOW];
}

/* ---- One chunk ---- */

static catga_status publish(catga_upload *upload, uint64_t number, const catga_upload_chunk *chunk)
{
    const catga_object_access *access = upload->access;
    char message_id[CATGA_MESSAGE_ID_SIZE + 24];
    const catga_header headers[] = {{CATGA_HEADER_ID, message_id}};
    const catga_outgoing outgoing = {.subject = upload->subject,
                                     .data = chunk->data,
                                     .length = chunk->length,
                                     .headers = headers,
                                     .header_count = 1,
                                     .stream = catga_stream_hash(catga_str(access->stream))};

    snprintf(message_id, sizeof message_id, "%s.%" PRIu64, upload->id, number);
    return access->streams->publish(access->transport, &outgoing, catga_pending_token(chunk->call));
}

static void free_call(catga_upload *upload, catga_upload_chunk *chunk)
{
    catga_calls_free(&upload->access->state->calls, chunk->call);
    chunk->call = NULL;
}

/* Returns false if the chunk cannot be sent now; chunk->unsent is the reason. */
static bool send(catga_upload *upload, uint64_t number)
{
    catga_upload_chunk *chunk = chunk_of(upload, number);

    chunk->unsent = CATGA_OVERLOADED;
    chunk->call = catga_calls_claim(&upload->access->state->calls);
    if (chunk->call == NULL)
        return false;
    catga_pending_set_key(chunk->call, catga_calls_hash(upload->subject));
    catga_pending_open(chunk->call);
    chunk->unsent = publish(upload, number, chunk);
    if (chunk->unsent == CATGA_OK || !catga_pending_close(chunk->call))
        return true;
    free_call(upload, chunk);
    return false;
}

/* Returns why a chunk has no ack. */
static catga_status reason_of(const catga_call_event *event)
{
    if (event->kind == CATGA_RETRY_RESULT) /* the server has refused the subject */
        return event->status;
    return event->kind == CATGA_RETRY_LOST ? CATGA_DISCONNECTED : CATGA_TIMEOUT;
}

static catga_status explain(const catga_upload *upload, catga_status status)
{
    if (status != CATGA_NOT_PERMITTED)
        return status;
    return catga_object_refuse(upload->access, status, "no permission to publish to \"%s\"",
                               upload->subject);
}

/* Waits until `until` for the answer to a chunk, and ends its call. */
static catga_status await(catga_upload *upload, catga_upload_chunk *chunk, int64_t until,
                          uint64_t *sequence)
{
    const catga_object_access *access = upload->access;
    catga_call_event event;

    if (chunk->call == NULL)
        return chunk->unsent == CATGA_OK ? CATGA_DISCONNECTED : explain(upload, chunk->unsent);
    catga_pending_wait(chunk->call, until, &event);
    free_call(upload, chunk);
    if (!event.answered)
        return explain(upload, reason_of(&event));
    catga_placed stored = {0};
    catga_status status = access->streams->published(&event.answer, &stored, access->problem);
    *sequence = stored.sequence;
    access->state->operations->release(&event.answer);
    return status;
}

/* ---- The window ---- */

static void abandon(catga_upload *upload, int64_t until)
{
    uint64_t sequence;

    for (uint64_t number = upload->stored; number < upload->added; number++)
        (void)await(upload, chunk_of(upload, number), until, &sequence);
}

/* Returns whether the chunk before is stored or under way. */
static bool may_follow(catga_upload *upload, uint64_t number)
{
    const catga_upload_chunk *before = chunk_of(upload, number - 1);

    return number == upload->stored ||
           (before->call != NULL && !catga_pending_has_failed(before->call));
}

/* Sends the chunks from `number` on, up to one that cannot be sent. */
static void send_from(catga_upload *upload, uint64_t number)
{
    while (number < upload->added && may_follow(upload, number) && send(upload, number))
        number++;
}

/* Returns whether sending again may help: the server was away, the stream is being restored, or too
 * many calls were under way. */
static bool may_retry(catga_upload *upload, catga_status status)
{
    bool was_sent = chunk_of(upload, upload->stored)->unsent == CATGA_OK;
    bool in_time = catga_clock_now() - upload->progress_ns < upload->access->wait_ns;

    if (status == CATGA_NO_RESPONDERS)
        return in_time && upload->stored > 0;
    return in_time && (status == CATGA_TIMEOUT || status == CATGA_DISCONNECTED ||
                       status == CATGA_NO_JETSTREAM || (status == CATGA_OVERLOADED && !was_sent));
}

/* Sends all chunks without an ack again, after a pause. Their message ids keep them from being
 * stored twice. */
static void send_again(catga_upload *upload)
{
    int64_t pause = upload->pause_ns == 0 ? PAUSE_MIN : upload->pause_ns;
    struct timespec rest = catga_clock_timespec(pause);

    abandon(upload, catga_clock_now());
    clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, NULL);
    upload->pause_ns = pause * 2 < PAUSE_MAX ? pause * 2 : PAUSE_MAX;
    send_from(upload, upload->stored);
}

static catga_status note_ack(catga_upload *upload, uint64_t sequence)
{
    if (sequence <= upload->sequence)
        return catga_object_refuse(upload->access, CATGA_TRANSPORT_FAILED,
                                   "the server stored chunk %" PRIu64 " out of its order",
                                   upload->stored);
    upload->sequence = sequence;
    upload->stored++;
    upload->progress_ns = catga_clock_now();
    upload->pause_ns = 0;
    return CATGA_OK;
}

/* Waits for the ack of the oldest chunk without one. An ack may get lost: so each wait is only a
 * part of the whole time. */
static catga_status settle_oldest(catga_upload *upload)
{
    for (;;) {
        int64_t until = catga_clock_after(catga_clock_now(), upload->access->wait_ns / 3);
        uint64_t sequence = 0;
        catga_status status = await(upload, chunk_of(upload, upload->stored), until, &sequence);
        if (status == CATGA_OK)
            return note_ack(upload, sequence);
        if (!may_retry(upload, status))
            return status;
        send_again(upload);
    }
}

catga_status catga_upload_reserve(catga_upload *upload)
{
    return upload->added - upload->stored < CATGA_OBJECT_WINDOW ? CATGA_OK : settle_oldest(upload);
}

void catga_upload_add(catga_upload *upload, const uint8_t *data, size_t length)
{
    uint64_t number = upload->added++;

    *chunk_of(upload, number) = (catga_upload_chunk){.data = data, .length = length};
    send_from(upload, number);
}

catga_status catga_upload_finish(catga_upload *upload)
{
    catga_status status = CATGA_OK;

    while (status == CATGA_OK && upload->stored < upload->added)
        status = settle_oldest(upload);
    return status;
}

void catga_upload_abandon(catga_upload *upload)
{
    abandon(upload, catga_clock_after(catga_clock_now(), ABANDON_WAIT));
}
