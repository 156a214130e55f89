/* Reads and writes the backlogs of consumers; see metrics_consumers.h. */
#include "observe/metrics_consumers.h"

#include "observe/metrics_labels.h"
#include "server/service.h"
#include "streams/stream_names.h"

#include <stdlib.h>

/* ---- Reading ---- */

static void add(void *user, const catga_consumer_backlog *backlog)
{
    catga_metrics_backlogs *all = user;
    const catga_endpoint *endpoint = backlog->user;

    catga_metrics_backlog *first = reallocarray(all->first, all->count + 1, sizeof *first);
    all->no_memory = all->no_memory || first == NULL;
    if (first == NULL)
        return;
    all->first = first;
    all->first[all->count++] =
        (catga_metrics_backlog){.service = endpoint->service_instance->service,
                                .handler = endpoint->handler,
                                .pending = backlog->pending,
                                .ack_pending = backlog->ack_pending};
}

catga_status catga_metrics_read_backlogs(const catga_bus_state *state,
                                         catga_metrics_backlogs *backlogs)
{
    catga_transport *transport = state->transport;

    if (transport->streams != NULL)
        transport->streams->backlogs(transport, add, backlogs);
    return backlogs->no_memory ? CATGA_NO_MEMORY : CATGA_OK;
}

/* ---- Writing ---- */

static bool same_consumer(const catga_metrics_backlog *a, const catga_metrics_backlog *b)
{
    return strcmp(a->service->name, b->service->name) == 0 &&
           strcmp(a->handler->name, b->handler->name) == 0 &&
           strcmp(a->handler->message->table->name, b->handler->message->table->name) == 0;
}

/* A service that a bus serves twice has two subscriptions to one consumer. */
static bool is_repeated(const catga_metrics_backlogs *all, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (same_consumer(&all->first[i], &all->first[index]))
            return true;
    return false;
}

static void put_backlog(catga_metrics_text *text, const catga_bus_state *state, const char *name,
                        const catga_metrics_backlog *of, uint64_t value)
{
    const catga_message *message = of->handler->message;
    char service[2 * CATGA_CONSUMER_NAME];
    char stream[CATGA_STREAM_NAME];

    catga_metrics_kebab(of->service->name, service);
    (void)catga_names_stream(state, message->delivery->stream, stream); /* it fits: it is used */
    catga_metrics_put(text, name);
    catga_metrics_put(text, "{");
    catga_metrics_put_label(text, "service", service);
    catga_metrics_put(text, ",");
    catga_metrics_put_label(text, "type", message->table->name);
    catga_metrics_put(text, ",");
    catga_metrics_put_label(text, "qos", catga_metrics_qos(message));
    catga_metrics_put(text, ",");
    catga_metrics_put_label(text, "stream", stream);
    catga_metrics_put(text, ",");
    catga_metrics_put_label(text, "handler", of->handler->name);
    catga_metrics_put(text, "} ");
    catga_metrics_put_number(text, value);
    catga_metrics_put(text, "\n");
}

void catga_metrics_put_backlogs(catga_metrics_text *text, const catga_bus_state *state,
                                const catga_metrics_backlogs *backlogs)
{
    static const char pending[] = "catga_consumer_pending";
    static const char ack_pending[] = "catga_consumer_ack_pending";

    if (backlogs->count == 0)
        return;
    catga_metrics_put_head(text, pending, "gauge",
                           "Stored events that wait at the server for their first delivery.");
    for (size_t i = 0; i < backlogs->count; i++)
        if (!is_repeated(backlogs, i))
            put_backlog(text, state, pending, &backlogs->first[i], backlogs->first[i].pending);
    catga_metrics_put_head(text, ack_pending, "gauge",
                           "Stored events that were delivered and are not settled.");
    for (size_t i = 0; i < backlogs->count; i++)
        if (!is_repeated(backlogs, i))
            put_backlog(text, state, ack_pending, &backlogs->first[i],
                        backlogs->first[i].ack_pending);
}
