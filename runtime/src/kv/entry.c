/* A deletion is an empty message with the header KV-Operation. Newer servers write markers of their
 * own, with the header Nats-Marker-Reason (ADR-43). */
#include "kv/entry.h"

#include "transport/transport.h"

static const char marker_header[] = "Nats-Marker-Reason";

static catga_bucket_change change_of(const catga_bus_state *state, const catga_incoming *message)
{
    const char *operation = state->operations->header(message, CATGA_HEADER_OPERATION);
    const char *reason = state->operations->header(message, marker_header);

    if (operation != NULL)
        return strcmp(operation, "PURGE") == 0 ? CATGA_BUCKET_PURGED : CATGA_BUCKET_DELETED;
    if (reason != NULL)
        return strcmp(reason, "Remove") == 0 ? CATGA_BUCKET_DELETED : CATGA_BUCKET_PURGED;
    return CATGA_BUCKET_PUT;
}

/* Returns the subject without "$KV.NAME.": the name has no dot. */
static catga_string key_of(catga_string subject)
{
    size_t skipped = 0;

    for (int dots = 0; dots < 2 && skipped < subject.length; skipped++)
        dots += subject.data[skipped] == '.';
    return (catga_string){subject.data + skipped, subject.length - skipped};
}

catga_bucket_entry catga_bucket_entry_of(const catga_bus_state *state,
                                         const catga_incoming *message)
{
    catga_bucket_entry entry = {.key = key_of(message->subject),
                                .revision = message->sequence,
                                .time_ns = message->stored_ns,
                                .change = change_of(state, message)};

    if (entry.change == CATGA_BUCKET_PUT)
        entry.value = (catga_bytes){message->data, message->length};
    return entry;
}

void catga_bucket_entry_free(catga_bucket_entry *entry)
{
    catga_incoming message = {.native = entry->native};

    if (entry->bus != NULL)
        entry->bus->state->operations->release(&message);
    *entry = (catga_bucket_entry){.revision = 0};
}
