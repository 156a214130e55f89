/* Sends events to HTTP clients; see event_streams.h. */
#include "event_streams.h"

#include "json.h"
#include "periodic.h"

#include <inttypes.h>
#include <stdlib.h>

/* A comment in this time finds clients that are gone. */
enum { COMMENT_MS = 15000 };

typedef struct channel channel;

/* A client that receives events. */
typedef struct client {
    channel *channel;
    http_stream *stream; /* NULL once it is too slow, and while it is made */
    struct client *next;
    struct client **link;
} client;

/* The service that the gateway is for one event. The runtime copies `service`. */
typedef struct channel_service {
    catga_function handler;
    channel *channel;
} channel_service;

/* An event, and the clients that receive it. */
struct channel {
    http_events *events;
    const catga_message *message;
    const char *name; /* "OrderCreated" */
    client *clients;  /* guarded by events->lock */
    uint64_t number;  /* of the last event; guarded by events->lock */
    catga_handler handler;
    catga_service service;
};

struct http_events {
    catga_bus *bus;
    unsigned most;
    pthread_mutex_t lock;
    bool stops;   /* guarded by lock */
    size_t count; /* of clients; guarded by lock */
    atomic_uint_fast64_t begun;
    atomic_uint_fast64_t dropped;
    http_chunk *comment;
    http_periodic comments;
    size_t channel_count;
    channel channels[];
};

/* ---- Sending ---- */

/* Sends a chunk to every client of a channel. The lock is held. */
static void send_to_all(channel *to, http_chunk *chunk)
{
    for (client *each = to->clients; each != NULL; each = each->next) {
        if (each->stream == NULL || http_stream_write(each->stream, chunk))
            continue;
        each->stream = NULL;
        atomic_fetch_add(&to->events->dropped, 1);
    }
}

/* Writes the id: that of a stored event, else the number of the event in this process. */
static void write_id(http_text *text, channel *of, const catga_context *context)
{
    catga_string id = catga_context_message_id(context);

    of->number++;
    if (id.length != 0)
        http_text_print(text, "id: %.*s\n", CATGA_PRINT(id));
    else
        http_text_print(text, "id: %" PRIu64 "\n", of->number);
}

static catga_status send_event(channel *to, const catga_context *context, const uint8_t *table)
{
    http_text text = {0};

    write_id(&text, to, context);
    http_text_print(&text, "event: %s\ndata: ", to->name);
    http_json_write(&text, to->message->table, table);
    http_text_add(&text, "\n\n", 2);
    http_chunk *chunk = text.failed ? NULL : http_chunk_make(text.data, text.length);
    http_text_free(&text);
    if (chunk == NULL)
        return CATGA_NO_MEMORY;
    send_to_all(to, chunk);
    http_chunk_release(chunk);
    return CATGA_OK;
}

/* Handles an event: the runtime's thread calls it. */
static catga_status on_event(const void *handlers, catga_context *context, const uint8_t *table)
{
    channel *to = ((const channel_service *)handlers)->channel;
    catga_status status = CATGA_OK;

    pthread_mutex_lock(&to->events->lock);
    if (to->clients != NULL)
        status = send_event(to, context, table);
    pthread_mutex_unlock(&to->events->lock);
    return status;
}

static void send_comments(void *user)
{
    http_events *events = user;

    pthread_mutex_lock(&events->lock);
    for (size_t i = 0; i < events->channel_count; i++)
        send_to_all(&events->channels[i], events->comment);
    pthread_mutex_unlock(&events->lock);
}

/* ---- Clients ---- */

/* Removes a client whose stream has ended. */
static void on_closed(void *user)
{
    client *gone = user;
    http_events *events = gone->channel->events;

    pthread_mutex_lock(&events->lock);
    *gone->link = gone->next;
    if (gone->next != NULL)
        gone->next->link = gone->link;
    events->count--;
    pthread_mutex_unlock(&events->lock);
    free(gone);
}

static void link_client(client *made, channel *to)
{
    made->channel = to;
    made->next = to->clients;
    made->link = &to->clients;
    if (made->next != NULL)
        made->next->link = &made->next;
    to->clients = made;
    to->events->count++;
}

static channel *channel_of(http_events *events, const catga_message *message)
{
    channel *found = events->channels;

    while (found->message != message)
        found++;
    return found;
}

/* Adds a client, unless there are too many. Returns NULL then, or without memory. */
static client *add_client(http_events *events, const catga_message *message)
{
    client *made = calloc(1, sizeof *made);

    if (made == NULL)
        return NULL;
    pthread_mutex_lock(&events->lock);
    bool has_room = !events->stops && events->count < events->most;
    if (has_room)
        link_client(made, channel_of(events, message));
    pthread_mutex_unlock(&events->lock);
    if (has_room)
        return made;
    free(made);
    return NULL;
}

static void start_stream(http_request *request, client *made)
{
    http_events *events = made->channel->events;
    http_response head = {.status = 200};

    http_response_add(&head, "Content-Type", "text/event-stream");
    http_response_add(&head, "Cache-Control", "no-store");
    http_response_add(&head, "X-Accel-Buffering", "no"); /* of nginx */
    http_request_add_origin(request, &head);
    atomic_store(&request->answered, true);
    http_stream *stream = http_exchange_respond_stream(request->exchange, &head, on_closed, made);
    if (stream == NULL) {
        on_closed(made);
        return;
    }
    atomic_fetch_add(&events->begun, 1);
    pthread_mutex_lock(&events->lock);
    made->stream = stream;
    if (events->stops)
        http_stream_end(stream);
    pthread_mutex_unlock(&events->lock);
}

static void handle(http_request *request)
{
    client *made = add_client(request->listener->http->events, request->route->route->message);

    if (made == NULL)
        http_request_refuse_status(request, 503, "too many clients receive events", "Retry-After",
                                   "1");
    else
        start_stream(request, made);
}

void http_events_begin(http_request *request)
{
    char accept[HTTP_ACCEPT];

    http_exchange_list(request->exchange, "Accept", accept, sizeof accept);
    request->handle = handle;
    if (!http_media_accepts(accept, HTTP_MEDIA_EVENTS))
        http_request_refuse_status(request, 406, "available is text/event-stream", NULL, NULL);
    else if (strcmp(http_exchange_method(request->exchange), "HEAD") == 0)
        http_request_refuse_status(request, 405, "events have no end: use GET", "Allow",
                                   "GET, OPTIONS");
}

/* ---- Beginning and end ---- */

static void unused_handler(void)
{
}

static catga_status serve(channel *of)
{
    const channel_service handlers = {unused_handler, of};
    const char *dot = strrchr(of->message->table->name, '.');

    of->name = dot == NULL ? of->message->table->name : dot + 1;
    of->handler = (catga_handler){.name = of->name,
                                  .message = of->message,
                                  .sharing = CATGA_BROADCAST,
                                  .member = offsetof(channel_service, handler),
                                  .run = on_event};
    of->service = (catga_service){"HttpGateway", &of->handler, 1, sizeof handlers, NULL};
    return catga_serve(of->events->bus, &of->service, &handlers, NULL);
}

static size_t count_events(const http_router *router)
{
    const http_route *route;
    size_t count = 0;

    for (size_t i = 0; (route = http_router_at(router, i)) != NULL; i++)
        count += route->route->message->kind == CATGA_EVENT;
    return count;
}

static void add_channels(http_events *events, const http_router *router)
{
    const http_route *route;

    for (size_t i = 0; (route = http_router_at(router, i)) != NULL; i++)
        if (route->route->message->kind == CATGA_EVENT)
            events->channels[events->channel_count++] =
                (channel){.events = events, .message = route->route->message};
}

static void destroy(http_events *events)
{
    if (events->comment != NULL)
        http_chunk_release(events->comment);
    pthread_mutex_destroy(&events->lock);
    free(events);
}

static bool start(http_events *events)
{
    pthread_mutex_init(&events->lock, NULL);
    events->comment = http_chunk_make(":\n\n", 3);
    return events->comment != NULL &&
           http_periodic_start(&events->comments, COMMENT_MS, send_comments, events);
}

catga_status http_events_make(http_events **made, catga_bus *bus, const http_router *router,
                              unsigned most_streams)
{
    size_t count = count_events(router);

    *made = NULL;
    if (count == 0)
        return CATGA_OK;
    http_events *events = calloc(1, sizeof *events + count * sizeof events->channels[0]);
    if (events == NULL)
        return CATGA_NO_MEMORY;
    events->bus = bus;
    events->most = most_streams;
    add_channels(events, router);
    if (!start(events)) {
        destroy(events);
        return CATGA_NO_MEMORY;
    }
    *made = events;
    return CATGA_OK;
}

catga_status http_events_serve(http_events *events)
{
    catga_status status = CATGA_OK;

    for (size_t i = 0; events != NULL && status == CATGA_OK && i < events->channel_count; i++)
        status = serve(&events->channels[i]);
    return status;
}

static void end_streams(http_events *events)
{
    for (size_t i = 0; i < events->channel_count; i++)
        for (client *each = events->channels[i].clients; each != NULL; each = each->next)
            if (each->stream != NULL)
                http_stream_end(each->stream);
}

void http_events_stop(http_events *events)
{
    if (events == NULL)
        return;
    pthread_mutex_lock(&events->lock);
    events->stops = true;
    end_streams(events);
    pthread_mutex_unlock(&events->lock);
}

void http_events_free(http_events *events)
{
    if (events == NULL)
        return;
    http_periodic_stop(&events->comments);
    destroy(events);
}

void http_events_count(const http_events *events, catga_http_counters *counters)
{
    if (events == NULL)
        return;
    counters->streams = atomic_load(&events->begun);
    counters->streams_dropped = atomic_load(&events->dropped);
}
