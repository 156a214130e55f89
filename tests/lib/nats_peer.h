/* A NATS transport that a test opens, and its results: replies by token, events by kind. */
#ifndef NATS_PEER_H
#define NATS_PEER_H

#include "nats_server.h"
#include "transport/transport.h"

#include <semaphore.h>
#include <stdatomic.h>

#define PEER_TOKENS 4096

typedef struct peer {
    catga_transport *transport;
    atomic_int events[CATGA_STORAGE_UNUSABLE + 1];
    _Atomic(double) times[CATGA_STORAGE_UNUSABLE + 1]; /* of the last event of each kind */
    char text[CATGA_STORAGE_UNUSABLE + 1][256];        /* its text */
    atomic_int replies[PEER_TOKENS];
    atomic_int no_responders;
    atomic_int wrong_replies;              /* number of replies with a body other than "pong" */
    sem_t replied;                         /* posted for each reply */
    void (*on_replied)(struct peer *self); /* called before; NULL: nothing */
} peer;

static inline void peer_on_reply(void *user, uint64_t token, catga_incoming *message)
{
    peer *self = user;

    if (message->no_responders)
        atomic_fetch_add(&self->no_responders, 1);
    else if (message->length != 4 || memcmp(message->data, "pong", 4) != 0)
        atomic_fetch_add(&self->wrong_replies, 1);
    self->transport->operations->release(message);
    if (self->on_replied != NULL)
        self->on_replied(self);
    atomic_fetch_add(&self->replies[token % PEER_TOKENS], 1);
    sem_post(&self->replied);
}

static inline void peer_on_event(void *user, catga_connection_event event, const char *text)
{
    peer *self = user;

    atomic_store(&self->times[event], seconds_now());
    snprintf(self->text[event], sizeof self->text[event], "%s", text);
    atomic_fetch_add(&self->events[event], 1);
}

static inline void peer_on_denied(void *user, const char *subject)
{
    (void)user;
    (void)subject;
}

static inline catga_status peer_open_with(peer *self, catga_transport_settings settings)
{
    memset(self, 0, sizeof *self);
    sem_init(&self->replied, 0, 0);
    settings.name = "test";
    settings.listener =
        (catga_transport_listener){peer_on_reply, peer_on_event, peer_on_denied, self};
    return catga_transport_nats_open(&settings, &self->transport);
}

static inline catga_status peer_open(peer *self, const char *servers, int wait_ms)
{
    return peer_open_with(self, (catga_transport_settings){.servers = servers,
                                                           .connect_wait_ms = wait_ms,
                                                           .ping_interval_ms = 500,
                                                           .max_pings_out = 2});
}

static inline void peer_close(peer *self)
{
    self->transport->operations->close(self->transport);
}

static inline catga_outgoing text_to(const char *subject, const char *text)
{
    catga_outgoing message = {
        .subject = subject, .data = (const uint8_t *)text, .length = strlen(text)};

    return message;
}

static inline catga_status peer_publish(peer *self, const char *subject, const char *text)
{
    catga_outgoing message = text_to(subject, text);

    return self->transport->operations->publish(self->transport, &message);
}

static inline catga_status peer_request(peer *self, const char *subject, uint64_t token)
{
    catga_outgoing message = text_to(subject, "ping");

    return self->transport->operations->request(self->transport, &message, token);
}

static inline catga_status peer_flush(peer *self)
{
    return self->transport->operations->flush(self->transport, 2000);
}

static inline catga_subscription *peer_subscribe(peer *self, const char *subject, const char *group,
                                                 unsigned pending, catga_receive_function *receive,
                                                 void *user)
{
    catga_subscription_options options = {.subject = subject,
                                          .queue_group = group,
                                          .pending = pending,
                                          .receive = receive,
                                          .user = user};
    catga_subscription *subscription = NULL;

    if (self->transport->operations->subscribe(self->transport, &options, &subscription) !=
        CATGA_OK)
        return NULL;
    return subscription;
}

static inline catga_status peer_unsubscribe(peer *self, catga_subscription *subscription)
{
    catga_status status = self->transport->operations->drain(self->transport, subscription, 5000);

    if (status == CATGA_OK)
        self->transport->operations->unsubscribe(self->transport, subscription);
    return status;
}

/* Answers every request with "pong". `user` is the peer. */
static inline void peer_pong(void *user, catga_incoming *message)
{
    peer *self = user;
    catga_outgoing pong = {.data = (const uint8_t *)"pong", .length = 4};

    if (message->reply != NULL)
        (void)self->transport->operations->respond(self->transport, message, &pong);
    self->transport->operations->release(message);
}

/* Waits until `*value` is at least `least`. Returns false after `ms`. */
static inline bool reaches(const atomic_int *value, int least, int ms)
{
    double end = seconds_now() + ms / 1e3;

    while (atomic_load(value) < least) {
        if (seconds_now() > end)
            return false;
        pause_ms(1);
    }
    return true;
}

/* Retries until the request with `token` is answered. Returns false after `ms`. */
static inline bool peer_reaches(peer *self, const char *subject, uint64_t token, int ms)
{
    double end = seconds_now() + ms / 1e3;

    while (seconds_now() < end)
        if (peer_request(self, subject, token) == CATGA_OK &&
            reaches(&self->replies[token % PEER_TOKENS], 1, 100))
            return true;
        else
            pause_ms(5);
    return false;
}

#endif
