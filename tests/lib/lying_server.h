/*
 * A server that the test plays: it speaks NATS's protocol, and answers for the bucket "b", whose
 * key "k" has the value "value", and for the object store "s", whose object "a" is "12345". A lie
 * replaces one of its answers.
 */
#ifndef LYING_SERVER_H
#define LYING_SERVER_H

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LYING_SUBSCRIPTIONS = 64, LYING_TEXT = 2048, LYING_PAYLOAD = 1 << 20 };

/* A changed answer. */
typedef struct server_lie {
    const char *to;      /* the subject that it answers begins so; NULL: no lie */
    const char *headers; /* lines that end in "\r\n"; NULL: those of the honest answer */
    const char *text;    /* NULL: that of the honest answer */
    size_t size;         /* the text is followed by so many "x" */
    bool silent;         /* no answer at all */
    bool last;           /* only the last chunk of an object is a lie, with `to` DELIVERY */
} server_lie;

/* In `lie.to`: the messages of consumers, and their ack subjects. */
#define LYING_DELIVERY "delivery"
#define LYING_ACK      "ack"

typedef struct lying_subscription {
    char subject[128];
    char id[16];
} lying_subscription;

typedef struct lying_server {
    const server_lie *lie;
    int listener;
    int socket; /* of the connection; -1: none */
    char url[64];
    pthread_t thread;
    unsigned stored; /* sequence of the last ack */
    lying_subscription subscriptions[LYING_SUBSCRIPTIONS];
    char *payload; /* of the last message */
} lying_server;

/* ---- Sending ---- */

static inline bool lying_covers(const char *pattern, const char *subject)
{
    size_t length = strlen(pattern);
    bool wild = length > 1 && (pattern[length - 1] == '*' || pattern[length - 1] == '>');

    return wild ? strncmp(pattern, subject, length - 1) == 0 : strcmp(pattern, subject) == 0;
}

static inline const char *lying_subscription_of(const lying_server *server, const char *subject)
{
    for (int i = 0; i < LYING_SUBSCRIPTIONS; i++)
        if (server->subscriptions[i].id[0] != '\0' &&
            lying_covers(server->subscriptions[i].subject, subject))
            return server->subscriptions[i].id;
    return NULL;
}

static inline void lying_write(const lying_server *server, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t count = send(server->socket, bytes, length, MSG_NOSIGNAL);
        if (count <= 0)
            return;
        bytes += count;
        length -= (size_t)count;
    }
}

/* A message to the subscription that covers `to`. */
typedef struct lying_message {
    const char *to;
    const char *subject;
    const char *reply;   /* NULL: none */
    const char *headers; /* NULL: none */
    const char *text;
    size_t more; /* number of "x" behind the text */
} lying_message;

static inline void lying_send(const lying_server *server, const lying_message *message)
{
    static const char version[] = "NATS/1.0\r\n";
    const char *id = lying_subscription_of(server, message->to);
    const char *reply = message->reply == NULL ? "" : message->reply;
    size_t head = message->headers == NULL ? 0 : strlen(version) + strlen(message->headers) + 2;
    size_t body = strlen(message->text) + message->more;
    char *frame = NULL;

    if (id == NULL)
        return;
    char *x = malloc(message->more + 1);
    memset(x, 'x', message->more);
    x[message->more] = '\0';
    int length = head == 0 ? asprintf(&frame, "MSG %s %s %s %zu\r\n%s%s\r\n", message->subject, id,
                                      reply, body, message->text, x)
                           : asprintf(&frame, "HMSG %s %s %s %zu %zu\r\n%s%s\r\n%s%s\r\n",
                                      message->subject, id, reply, head, head + body, version,
                                      message->headers, message->text, x);
    if (length > 0)
        lying_write(server, frame, (size_t)length);
    free(frame);
    free(x);
}

/* Sends an answer, or the lie about it. */
static inline void lying_answer(const lying_server *server, const char *asked, const char *reply,
                                const char *headers, const char *text)
{
    const server_lie *lie = server->lie;
    bool lies = lie->to != NULL && strncmp(asked, lie->to, strlen(lie->to)) == 0;
    const lying_message message = {.to = reply,
                                   .subject = reply,
                                   .headers = lies && lie->headers != NULL
                                                  ? (lie->headers[0] == '\0' ? NULL : lie->headers)
                                                  : headers,
                                   .text = lies && lie->text != NULL ? lie->text : text,
                                   .more = lies ? lie->size : 0};

    if (!lies || !lie->silent)
        lying_send(server, &message);
}

/* ---- Honest answers ---- */

#define LYING_TYPE "\"type\":\"io.nats.jetstream.api.v1.answer\","

static inline const char *lying_info(void)
{
    return "{\"name\":\"a\",\"bucket\":\"s\",\"nuid\":\"upload\",\"size\":5,\"chunks\":2,"
           "\"digest\":\"SHA-256=WZRHGrsBESr8wYFZ9sx0tPURuZgG2lmzyvWpwXPKz8U=\"}";
}

/* Writes the JSON of a stored message. */
static inline void lying_stored(char text[LYING_TEXT], const char *subject, const char *sequence,
                                const char *data)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char encoded[LYING_TEXT / 2] = "";
    size_t at = 0;
    size_t length = strlen(data);

    for (size_t i = 0; i < length; i += 3) {
        const unsigned char *from = (const unsigned char *)data + i;
        unsigned bits = (unsigned)from[0] << 16 | (i + 1 < length ? (unsigned)from[1] << 8 : 0) |
                        (i + 2 < length ? (unsigned)from[2] : 0);
        for (int digit = 0; digit < 4; digit++)
            encoded[at++] =
                i + (size_t)digit > length ? '=' : digits[bits >> (18 - 6 * digit) & 63];
    }
    snprintf(text, LYING_TEXT,
             "{" LYING_TYPE "\"message\":{\"subject\":\"%s\",\"seq\":%s,\"data\":\"%s\","
             "\"time\":\"2026-01-01T00:00:00Z\"}}",
             subject, sequence, encoded);
}

static inline void lying_copy_member(const char *json, const char *member, char *to, size_t size)
{
    const char *at = strstr(json, member);

    to[0] = '\0';
    if (at != NULL)
        snprintf(to, size, "%.*s", (int)strcspn(at + strlen(member), "\""), at + strlen(member));
}

/* Sends a message of a consumer: the number `number` of `count`. */
static inline void lying_deliver(const lying_server *server, const char *stream, const char *name,
                                 const char *inbox, unsigned number, unsigned count,
                                 const lying_message *honest)
{
    const server_lie *lie = server->lie;
    bool concerns = lie->to != NULL && (!lie->last || number == count);
    bool lies = concerns && strcmp(lie->to, LYING_DELIVERY) == 0;
    char ack[512];
    lying_message message = *honest;

    if (lies && lie->silent)
        return;
    snprintf(ack, sizeof ack, "$JS.ACK.%s.%s.1.%u.%u.1767225600000000000.%u", stream, name, number,
             number, count - number);
    message.to = inbox;
    message.reply = concerns && strcmp(lie->to, LYING_ACK) == 0 ? lie->text : ack;
    if (lies && lie->text != NULL)
        message.text = lie->text;
    if (lies && lie->headers != NULL)
        message.headers = lie->headers;
    message.more = lies ? lie->size : 0;
    lying_send(server, &message);
}

static inline void lying_create_consumer(const lying_server *server, const char *asked,
                                         const char *reply)
{
    char stream[64];
    char name[128];
    char inbox[128];
    char filter[256];
    char text[LYING_TEXT];

    lying_copy_member(server->payload, "\"stream_name\":\"", stream, sizeof stream);
    lying_copy_member(server->payload, "\"name\":\"", name, sizeof name);
    lying_copy_member(server->payload, "\"deliver_subject\":\"", inbox, sizeof inbox);
    lying_copy_member(server->payload, "\"filter_subject\":\"", filter, sizeof filter);
    bool is_chunks = strncmp(filter, "$O.s.C", 6) == 0;
    unsigned count = is_chunks ? 2 : 1;
    snprintf(text, sizeof text,
             "{" LYING_TYPE "\"stream_name\":\"%s\",\"name\":\"%s\",\"num_pending\":%u,"
             "\"delivered\":{\"consumer_seq\":0,\"stream_seq\":0}}",
             stream, name, count);
    lying_answer(server, asked, reply, NULL, text);
    for (unsigned i = 1; i <= count; i++) {
        const lying_message message = {.subject = is_chunks          ? "$O.s.C.upload"
                                                  : filter[1] == 'O' ? "$O.s.M.YQ=="
                                                                     : "$KV.b.k",
                                       .text = is_chunks          ? (i == 1 ? "12" : "345")
                                               : filter[1] == 'O' ? lying_info()
                                                                  : "value"};
        lying_deliver(server, stream, name, inbox, i, count, &message);
    }
}

static inline bool lying_begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static inline void lying_serve(lying_server *server, const char *asked, const char *reply)
{
    char text[LYING_TEXT] = "{" LYING_TYPE "\"success\":true,\"purged\":1}";
    const char *headers = NULL;

    if (lying_begins(asked, "$JS.API.CONSUMER.CREATE.")) {
        lying_create_consumer(server, asked, reply);
        return;
    }
    if (lying_begins(asked, "$JS.API.STREAM.INFO."))
        snprintf(text, sizeof text,
                 "{" LYING_TYPE "\"config\":{\"name\":\"%s\",\"subjects\":[\"%s\"],"
                 "\"allow_direct\":true},\"created\":\"2026-01-01T00:00:00Z\","
                 "\"state\":{\"messages\":3,\"bytes\":50,\"first_seq\":1,\"last_seq\":3}}",
                 asked + strlen("$JS.API.STREAM.INFO."),
                 strstr(asked, "KV_") != NULL ? "$KV.b.>" : "$O.s.C.>\",\"$O.s.M.>");
    if (lying_begins(asked, "$JS.API.DIRECT.GET.")) {
        headers = "Nats-Stream: KV_b\r\nNats-Subject: $KV.b.k\r\nNats-Sequence: 1\r\n"
                  "Nats-Time-Stamp: 2026-01-01T00:00:00Z\r\n";
        snprintf(text, sizeof text, "value");
    }
    if (lying_begins(asked, "$JS.API.STREAM.MSG.GET."))
        lying_stored(text, "$O.s.M.YQ==", "7", lying_info());
    if (asked[1] == 'K' || asked[1] == 'O')
        snprintf(text, sizeof text, "{\"stream\":\"%s\",\"seq\":%u}",
                 asked[1] == 'K' ? "KV_b" : "OBJ_s", ++server->stored);
    lying_answer(server, asked, reply, headers, text);
}

/* ---- The protocol ---- */

static inline void lying_subscribe(lying_server *server, const char *line)
{
    char words[3][128] = {"", "", ""};
    int count = sscanf(line, "%*s %127s %127s %127s", words[0], words[1], words[2]);

    for (int i = 0; i < LYING_SUBSCRIPTIONS; i++) {
        lying_subscription *free_one = &server->subscriptions[i];
        if (free_one->id[0] != '\0')
            continue;
        snprintf(free_one->subject, sizeof free_one->subject, "%s", words[0]);
        snprintf(free_one->id, sizeof free_one->id, "%.15s", words[count - 1]);
        return;
    }
}

static inline void lying_unsubscribe(lying_server *server, const char *line)
{
    char id[16] = "";

    (void)sscanf(line, "%*s %15s", id);
    for (int i = 0; i < LYING_SUBSCRIPTIONS; i++)
        if (strcmp(server->subscriptions[i].id, id) == 0)
            server->subscriptions[i].id[0] = '\0';
}

/* Reads "PUB subject [reply] size" or "HPUB subject [reply] head size", and answers. */
static inline bool lying_take(lying_server *server, FILE *lines, const char *line)
{
    char words[4][256] = {"", "", "", ""};
    int count = sscanf(line, "%*s %255s %255s %255s %255s", words[0], words[1], words[2], words[3]);
    int without_reply = line[0] == 'H' ? 3 : 2;

    if (count < without_reply)
        return false;
    size_t head = line[0] == 'H' ? strtoul(words[count - 2], NULL, 10) : 0;
    size_t size = strtoul(words[count - 1], NULL, 10);
    if (size > LYING_PAYLOAD || fread(server->payload, 1, size + 2, lines) != size + 2)
        return false;
    memmove(server->payload, server->payload + head, size - head);
    server->payload[size - head] = '\0';
    if (count > without_reply)
        lying_serve(server, words[0], words[1]);
    return true;
}

static inline void lying_converse(lying_server *server, FILE *lines)
{
    char line[1024];

    while (fgets(line, sizeof line, lines) != NULL) {
        if (lying_begins(line, "PING"))
            lying_write(server, "PONG\r\n", 6);
        else if (lying_begins(line, "SUB "))
            lying_subscribe(server, line);
        else if (lying_begins(line, "UNSUB "))
            lying_unsubscribe(server, line);
        else if (lying_begins(line, "PUB ") || lying_begins(line, "HPUB "))
            if (!lying_take(server, lines, line))
                return;
    }
}

static inline void *lying_run(void *argument)
{
    static const char info[] =
        "INFO {\"server_id\":\"LIAR\",\"version\":\"2.9.10\",\"proto\":1,\"headers\":true,"
        "\"max_payload\":1048576}\r\n";
    lying_server *server = argument;

    for (;;) {
        int socket = accept(server->listener, NULL, NULL);
        if (socket < 0)
            return NULL;
        server->socket = socket;
        memset(server->subscriptions, 0, sizeof server->subscriptions);
        lying_write(server, info, sizeof info - 1);
        FILE *lines = fdopen(dup(socket), "r");
        lying_converse(server, lines);
        fclose(lines);
        close(socket);
    }
}

/* Starts a server with one lie, which must live as long. */
static inline bool lying_server_start(lying_server *server, const server_lie *lie)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    *server = (lying_server){.lie = lie, .socket = -1, .stored = 1};
    server->payload = malloc(LYING_PAYLOAD + 8);
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (server->payload == NULL || bind(server->listener, (struct sockaddr *)&address, size) != 0 ||
        listen(server->listener, 4) != 0 ||
        getsockname(server->listener, (struct sockaddr *)&address, &size) != 0)
        return false;
    snprintf(server->url, sizeof server->url, "nats://127.0.0.1:%d", ntohs(address.sin_port));
    return pthread_create(&server->thread, NULL, lying_run, server) == 0;
}

/* Ends the server, after its clients. */
static inline void lying_server_stop(lying_server *server)
{
    shutdown(server->listener, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->listener);
    free(server->payload);
}

#endif
