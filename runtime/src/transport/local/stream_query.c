/* The semantics are those of JetStream. */
#include "transport/local/stream_query.h"

#include "base/pattern.h"
#include "transport/local/answer.h"
#include "transport/local/limits.h"
#include "transport/local/store.h"
#include "transport/local/streams.h"

/* ---- Asking ---- */

/* Returns the answer: without a message if there is none. Called under the lock. */
static catga_incoming answer_of(catga_local_store *store, const catga_stored_query *query)
{
    catga_local_stream *stream = catga_local_find_stream(store, query->stream);

    if (stream == NULL || (!query->asks_leader && !stream->settings.allow_direct))
        return (catga_incoming){.no_responders = true};
    catga_local_stream_expire(stream, catga_local_store_now(store));
    uint64_t number =
        query->subject != NULL ? catga_local_stream_last(stream, query->subject) : query->sequence;
    if (number == 0 || !catga_local_stream_keeps(stream, (size_t)number - 1))
        return (catga_incoming){.sequence = 0};
    const catga_local_entry *entry = &stream->entries[number - 1];
    atomic_fetch_add(&entry->message->references, 1);
    return (catga_incoming){.subject = catga_str(entry->subject),
                            .data = entry->message->data,
                            .length = entry->message->length,
                            .sequence = number,
                            .stored_ns = catga_local_store_date(store, entry->stored_ns),
                            .native = entry->message};
}

catga_status catga_local_stream_ask(catga_transport *transport, const catga_stored_query *query,
                                    uint64_t token)
{
    catga_local_transport *sender = catga_local_of(transport);
    catga_local_store *store = &sender->broker->store;
    bool by_subject = query->subject != NULL;

    if (!atomic_load(&sender->broker->connected))
        return CATGA_DISCONNECTED;
    if (catga_local_refuses(sender, "$JS.API.%s.GET.%s%s%s",
                            query->asks_leader ? "STREAM.MSG" : "DIRECT", query->stream,
                            by_subject && !query->asks_leader ? "." : "",
                            by_subject && !query->asks_leader ? query->subject : ""))
        return CATGA_NOT_PERMITTED;
    pthread_mutex_lock(&store->lock);
    catga_incoming answer = answer_of(store, query);
    pthread_mutex_unlock(&store->lock);
    catga_local_reply(sender, token, &answer);
    return CATGA_OK;
}

catga_status catga_local_stream_found(const catga_stored_query *query, catga_incoming *answer,
                                      catga_problem *problem)
{
    (void)query;
    (void)problem;
    if (answer->no_responders)
        return CATGA_NO_RESPONDERS;
    return answer->sequence == 0 ? CATGA_NOT_FOUND : CATGA_OK;
}

/* ---- Deleting ---- */

static bool matches(const catga_local_stream *stream, const catga_purge *purge, size_t index)
{
    return catga_local_stream_keeps(stream, index) &&
           (purge->subject == NULL ||
            catga_pattern_matches(purge->subject, stream->entries[index].subject));
}

static uint64_t count(const catga_local_stream *stream, const catga_purge *purge, size_t end)
{
    uint64_t found = 0;

    for (size_t i = 0; i < end; i++)
        found += matches(stream, purge, i);
    return found;
}

static uint64_t purge_stream(catga_local_stream *stream, const catga_purge *purge)
{
    size_t end = purge->before != 0 && purge->before <= stream->count ? (size_t)purge->before - 1
                                                                      : stream->count;
    uint64_t found = count(stream, purge, end);
    uint64_t removed = found > purge->keep ? found - purge->keep : 0;

    for (size_t i = 0, left = removed; i < end && left > 0; i++) {
        if (!matches(stream, purge, i))
            continue;
        catga_local_stream_remove(stream, i);
        left--;
    }
    return removed;
}

catga_status catga_local_stream_purge(catga_transport *transport, const catga_purge *purge,
                                      uint64_t *purged, catga_problem *problem)
{
    catga_local *broker = catga_local_of(transport)->broker;

    (void)problem;
    *purged = 0;
    if (purge->before != 0 && purge->keep != 0)
        return CATGA_INVALID_ARGUMENT;
    if (!atomic_load(&broker->connected))
        return CATGA_DISCONNECTED;
    if (catga_local_refuses(catga_local_of(transport), "$JS.API.STREAM.PURGE.%s", purge->stream))
        return CATGA_NOT_PERMITTED;
    pthread_mutex_lock(&broker->store.lock);
    catga_local_stream *stream = catga_local_find_stream(&broker->store, purge->stream);
    catga_status status = stream == NULL   ? CATGA_NO_RESPONDERS
                          : stream->sealed ? CATGA_REFUSED
                                           : CATGA_OK;
    if (status == CATGA_OK)
        *purged = purge_stream(stream, purge);
    pthread_mutex_unlock(&broker->store.lock);
    return status;
}

bool catga_local_purge_skips(catga_transport *transport)
{
    (void)transport;
    return false;
}
