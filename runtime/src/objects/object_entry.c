/* Reads and replaces infos; see object_entry.h. */
#include "objects/object_entry.h"

#include "base/clock.h"
#include "bus/round_trip.h"
#include "bus/status.h"
#include "objects/info_json.h"

#include <inttypes.h>
#include <stdlib.h>

/* Asks until an answer comes or `wait_ns` has passed. */
static catga_status ask(catga_object_access *access, catga_round_trip_send *send,
                        const void *question, catga_incoming *answer)
{
    int64_t end = catga_object_deadline(access);
    catga_status status;

    do {
        int64_t until = catga_clock_after(catga_clock_now(), access->wait_ns / 3);
        status = catga_round_trip(access->state, send, question, until < end ? until : end, answer);
    } while (catga_object_try_again(access, status, end));
    return status;
}

/* ---- Reading ---- */

static catga_status send_query(catga_bus_state *state, const void *question, uint64_t token)
{
    return state->transport->streams->ask(state->transport, question, token);
}

static catga_status read_info(const catga_incoming *message, catga_object_info *info,
                              catga_problem *problem)
{
    const catga_bytes json = {message->data, message->length};
    catga_status status = catga_object_info_read(json, info, problem);

    if (status != CATGA_OK)
        return status;
    info->revision = message->sequence;
    info->modified = message->stored_ns;
    return CATGA_OK;
}

/* Reads the info of a message that was found, and releases it. */
static catga_status take(catga_object_access *access, catga_incoming *message,
                         catga_object_entry *entry)
{
    catga_status status = read_info(message, &entry->info, access->problem);

    entry->revision = message->sequence;
    entry->unreadable = status == CATGA_BAD_MESSAGE;
    access->state->operations->release(message);
    return entry->unreadable ? CATGA_OK : status;
}

catga_status catga_object_entry_show(const catga_object_access *access,
                                     const catga_incoming *message, catga_object_info *info)
{
    catga_problem problem;
    catga_status status = read_info(message, info, &problem);

    if (status == CATGA_BAD_MESSAGE)
        catga_log(&access->state->settings.logger, CATGA_LOG_WARNING,
                  "objects: leave out an object: %s (store=%s revision=%" PRIu64 ")", problem.text,
                  access->store, message->sequence);
    return status;
}

catga_status catga_object_entry_get(catga_object_access *access, catga_string name,
                                    catga_object_entry *entry)
{
    char subject[CATGA_OBJECT_SUBJECT];
    const catga_stored_query query = {
        .stream = access->stream, .subject = subject, .asks_leader = true};
    catga_incoming answer;

    *entry = (catga_object_entry){0};
    catga_object_info_subject(access->store, name, subject);
    catga_status status = ask(access, send_query, &query, &answer);
    if (status == CATGA_OK)
        status = access->streams->found(&query, &answer, access->problem);
    if (status == CATGA_NOT_FOUND)
        return CATGA_OK;
    return status == CATGA_OK ? take(access, &answer, entry) : status;
}

catga_status catga_object_entry_find(catga_object_access *access, catga_string name,
                                     catga_object_entry *entry)
{
    catga_status status = catga_object_entry_get(access, name, entry);

    if (status != CATGA_OK)
        return status;
    if (entry->unreadable)
        return CATGA_BAD_MESSAGE;
    if (entry->revision != 0 && !entry->info.deleted)
        return CATGA_OK;
    status = catga_object_refuse(access, CATGA_NOT_FOUND, "there is no object '%.*s'%s",
                                 (int)(name.length < 80 ? name.length : 80), name.data,
                                 entry->info.deleted ? " any more: it is deleted" : "");
    catga_object_info_free(&entry->info);
    return status;
}

/* ---- Replacing ---- */

static catga_status send_info(catga_bus_state *state, const void *question, uint64_t token)
{
    return state->transport->streams->publish(state->transport, question, token);
}

/* Sends an info again with the same id, until its answer comes: so it is stored once. */
static catga_status publish(catga_object_access *access, const catga_outgoing *message,
                            uint64_t *revision)
{
    catga_incoming answer;
    catga_placed stored = {0};
    catga_status status = ask(access, send_info, message, &answer);

    if (status != CATGA_OK)
        return status;
    status = access->streams->published(&answer, &stored, access->problem);
    access->state->operations->release(&answer);
    *revision = stored.sequence;
    return status;
}

catga_status catga_object_entry_put(catga_object_access *access, const catga_object_info *info,
                                    uint64_t over, uint64_t *revision)
{
    char subject[CATGA_OBJECT_SUBJECT];
    char id[CATGA_MESSAGE_ID_SIZE];
    const catga_header headers[] = {{CATGA_HEADER_ID, id}, {"Nats-Rollup", "sub"}};
    bool skips = access->streams->purge_skips(access->transport);
    catga_outgoing message = {.subject = subject,
                              .headers = headers,
                              .header_count = skips ? 1 : 2,
                              .stream = catga_stream_hash(catga_str(access->stream)),
                              .sender_waits = true,
                              .expects = true,
                              .expected = over};
    char *json = catga_object_info_write(info, &message.length);

    if (json == NULL)
        return CATGA_NO_MEMORY;
    message.data = (const uint8_t *)json;
    catga_message_id_next(&access->state->message_ids, id);
    catga_object_info_subject(access->store, info->name, subject);
    catga_status status = publish(access, &message, revision);
    free(json);
    if (status == CATGA_OK && skips && over != 0)
        catga_object_entry_erase(access, over);
    return status;
}

catga_status catga_object_entry_give(const catga_object_access *access,
                                     const catga_object_info *info, uint64_t revision,
                                     catga_object_info *to)
{
    size_t length;

    if (to == NULL)
        return CATGA_OK;
    char *json = catga_object_info_write(info, &length);
    if (json == NULL)
        return CATGA_NO_MEMORY;
    const catga_bytes bytes = {(const uint8_t *)json, length};
    catga_status status = catga_object_info_read(bytes, to, access->problem);
    free(json);
    if (status != CATGA_OK)
        return status;
    to->revision = revision;
    to->modified = catga_timestamp_now();
    return CATGA_OK;
}

/* ---- Deleting ---- */

static catga_status purge(catga_object_access *access, const char *subject)
{
    const catga_purge purge = {.stream = access->stream, .subject = subject};
    uint64_t purged;

    return access->streams->purge(access->transport, &purge, &purged, access->problem);
}

catga_status catga_object_entry_forget(catga_object_access *access, uint64_t revision)
{
    int64_t end = catga_object_deadline(access);
    catga_status status;

    do
        status =
            access->streams->erase(access->transport, access->stream, revision, access->problem);
    while (catga_object_try_again(access, status, end));
    return status == CATGA_NOT_FOUND ? CATGA_OK : status;
}

void catga_object_entry_erase(catga_object_access *access, uint64_t revision)
{
    catga_problem ignored;

    (void)access->streams->erase(access->transport, access->stream, revision, &ignored);
}

void catga_object_purge(catga_object_access *access, catga_string upload)
{
    const catga_problem before = *access->problem;
    char subject[CATGA_OBJECT_SUBJECT];

    if (!catga_is_object_upload(upload))
        return;
    catga_object_chunk_subject(access->store, upload, subject);
    (void)purge(access, subject);
    *access->problem = before;
}
