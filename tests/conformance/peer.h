/*
 * A peer that uses the transport directly: it sends messages that a bus would not, such as a second
 * try of its own, and reads the claim records.
 */
#ifndef PEER_H
#define PEER_H

#include "base/clock.h"
#include "bus_fixture.h"
#include "transport/transport.h"

#include <pthread.h>
#include <stdio.h>

/* The reply to one token. */
typedef struct peer_answer {
    bool came;
    bool is_good; /* a transport's own answer counts as good */
    uint32_t code;
    uint32_t number;
    uint64_t revision;
    catga_status written; /* status of writing a record */
    catga_status stored;  /* status of storing a message */
    catga_placed placed;
    char name[128];
    char text[256];
    char owner[64];
    char traceparent[64];
    char data[256];
} peer_answer;

enum { PEER_ANSWERS = 256 };

typedef struct peer {
    catga_transport *transport;
    pthread_mutex_t lock;
    uint64_t tokens;
    peer_answer answers[PEER_ANSWERS];
} peer;

static void peer_copy(char *to, size_t capacity, const char *text)
{
    snprintf(to, capacity, "%s", text == NULL ? "" : text);
}

static void peer_on_reply(void *user, uint64_t token, catga_incoming *message)
{
    peer *p = user;
    const catga_transport_operations *operations = p->transport->operations;
    bool native = message->native != NULL;
    const char *code = native ? operations->header(message, "Nats-Service-Error-Code") : NULL;
    catga_problem problem = {""};
    const uint8_t *table = NULL;

    pthread_mutex_lock(&p->lock);
    peer_answer *answer = &p->answers[token % PEER_ANSWERS];
    answer->code = code == NULL ? 0 : (uint32_t)strtoul(code, NULL, 10);
    if (native) {
        peer_copy(answer->name, sizeof answer->name, operations->header(message, "Catga-Error"));
        peer_copy(answer->text, sizeof answer->text,
                  operations->header(message, "Nats-Service-Error"));
        peer_copy(answer->owner, sizeof answer->owner, operations->header(message, "Catga-Owner"));
        peer_copy(answer->traceparent, sizeof answer->traceparent,
                  operations->header(message, "traceparent"));
    }
    size_t length = message->length < sizeof answer->data ? message->length : 0;
    memcpy(answer->data, length == 0 ? "" : (const char *)message->data, length);
    uint64_t revision;
    answer->written = p->transport->kv->written(message, &revision, &problem);
    (void)p->transport->kv->found(message, &answer->revision, &problem);
    answer->stored = p->transport->streams->published(message, &answer->placed, &problem);
    if (code == NULL && catga_verify(&sample_answer_table, message->data, message->length, &table,
                                     NULL) == CATGA_OK) {
        answer->is_good = true;
        answer->number = sample_get_number((sample_view){table});
    }
    answer->came = true;
    pthread_mutex_unlock(&p->lock);
    operations->release(message);
}

static void peer_on_event(void *user, catga_connection_event event, const char *text)
{
    (void)user;
    (void)event;
    (void)text;
}

static void peer_on_denied(void *user, const char *subject)
{
    (void)user;
    (void)subject;
}

SAMPLE_MAYBE_UNUSED static void peer_open(peer *p, catga_local *broker)
{
    const char *servers = getenv(other_transport != NULL ? "REDIS_CONNECTION" : "NATS_URL");
    catga_transport_open_function *open = broker != NULL            ? catga_transport_local_open
                                          : other_transport != NULL ? other_transport->open
                                                                    : catga_transport_nats_open;
    const catga_transport_settings settings = {.servers = servers,
                                               .name = "peer",
                                               .connect_wait_ms = 5000,
                                               .ping_interval_ms = 500,
                                               .max_pings_out = 2,
                                               .local = broker,
                                               .listener = {.on_reply = peer_on_reply,
                                                            .on_event = peer_on_event,
                                                            .on_denied = peer_on_denied,
                                                            .user = p}};

    memset(p, 0, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    assert_int_equal(open(&settings, &p->transport), CATGA_OK);
}

SAMPLE_MAYBE_UNUSED static void peer_close(peer *p)
{
    p->transport->operations->close(p->transport);
    pthread_mutex_destroy(&p->lock);
}

static uint64_t peer_token(peer *p)
{
    pthread_mutex_lock(&p->lock);
    uint64_t token = ++p->tokens;
    memset(&p->answers[token % PEER_ANSWERS], 0, sizeof p->answers[0]);
    pthread_mutex_unlock(&p->lock);
    return token;
}

static bool peer_came(peer *p, uint64_t token, peer_answer *answer)
{
    pthread_mutex_lock(&p->lock);
    *answer = p->answers[token % PEER_ANSWERS];
    pthread_mutex_unlock(&p->lock);
    return answer->came;
}

static peer_answer peer_wait(peer *p, uint64_t token)
{
    peer_answer answer;

    wait_until(peer_came(p, token, &answer));
    return answer;
}

/* Publishes a text, without headers. */
SAMPLE_MAYBE_UNUSED static void peer_publish(peer *p, const char *subject, const char *text)
{
    const catga_outgoing event = {
        .subject = subject, .data = (const uint8_t *)text, .length = strlen(text)};

    assert_int_equal(p->transport->operations->publish(p->transport, &event), CATGA_OK);
}

/* Sends a request without headers, and returns the token of its answer. */
SAMPLE_MAYBE_UNUSED static uint64_t peer_ask(peer *p, const char *subject, const char *text)
{
    uint64_t token = peer_token(p);
    const catga_outgoing request = {.subject = subject,
                                    .data = (const uint8_t *)text,
                                    .length = strlen(text),
                                    .deadline_ns = catga_clock_now() + 5 * CATGA_SECOND};

    assert_int_equal(p->transport->operations->request(p->transport, &request, token), CATGA_OK);
    return token;
}

/* Sends one try of a command, under an id (or NULL), with `timeout` as its header (or NULL). */
SAMPLE_MAYBE_UNUSED static peer_answer peer_try(peer *p, const char *subject, const char *id,
                                                const char *timeout, uint32_t number)
{
    uint8_t bytes[512];
    size_t length = 0;
    const sample input = {CATGA_STR("again"), number};
    catga_header headers[2];
    catga_outgoing request = {.subject = subject,
                              .data = bytes,
                              .headers = headers,
                              .deadline_ns =
                                  timeout == NULL ? catga_clock_now() + 5 * CATGA_SECOND : 0,
                              .sender_waits = true};
    uint64_t token = peer_token(p);

    assert_int_equal(catga_encode(&sample_echo_table, &input, bytes, sizeof bytes, &length, NULL),
                     CATGA_OK);
    request.length = length;
    if (id != NULL)
        headers[request.header_count++] = (catga_header){"Nats-Msg-Id", id};
    if (timeout != NULL)
        headers[request.header_count++] = (catga_header){"Catga-Timeout", timeout};
    assert_int_equal(p->transport->operations->request(p->transport, &request, token), CATGA_OK);
    return peer_wait(p, token);
}

/* Stores an event under an id. */
SAMPLE_MAYBE_UNUSED static void peer_store(peer *p, const char *subject, const char *id,
                                           uint32_t number)
{
    uint8_t bytes[512];
    size_t length = 0;
    const sample input = {CATGA_STR("kept"), number};
    const catga_header headers[] = {{"Nats-Msg-Id", id}};
    catga_outgoing event = {
        .subject = subject, .data = bytes, .headers = headers, .header_count = 1};
    uint64_t token = peer_token(p);

    assert_int_equal(catga_encode(&sample_noted_table, &input, bytes, sizeof bytes, &length, NULL),
                     CATGA_OK);
    event.length = length;
    assert_int_equal(p->transport->streams->publish(p->transport, &event, token), CATGA_OK);
    (void)peer_wait(p, token);
}

/* Stores a text with headers. */
SAMPLE_MAYBE_UNUSED static void peer_store_text(peer *p, const char *subject, const char *text,
                                                const catga_header *headers, size_t header_count)
{
    const catga_outgoing event = {.subject = subject,
                                  .data = (const uint8_t *)text,
                                  .length = strlen(text),
                                  .headers = headers,
                                  .header_count = header_count};
    uint64_t token = peer_token(p);

    assert_int_equal(p->transport->streams->publish(p->transport, &event, token), CATGA_OK);
    assert_int_equal(peer_wait(p, token).stored, CATGA_OK);
}

SAMPLE_MAYBE_UNUSED static peer_answer peer_read(peer *p, catga_kv_key place)
{
    uint64_t token = peer_token(p);

    assert_int_equal(p->transport->kv->read(p->transport, place, token), CATGA_OK);
    return peer_wait(p, token);
}

SAMPLE_MAYBE_UNUSED static peer_answer peer_write(peer *p, catga_kv_key place,
                                                  const catga_outgoing *record, uint64_t revision)
{
    uint64_t token = peer_token(p);

    assert_int_equal(p->transport->kv->write(p->transport, place, record, revision, token),
                     CATGA_OK);
    return peer_wait(p, token);
}

/* Writes a claim with this state and owner, attempt 1, over this revision. */
SAMPLE_MAYBE_UNUSED static void peer_claim(peer *p, catga_kv_key place, const char *state,
                                           const char *owner, uint64_t revision)
{
    const catga_header headers[] = {
        {"Catga-Claim", state}, {"Catga-Owner", owner}, {"Catga-Attempt", "1"}};
    const catga_outgoing record = {.subject = "", .headers = headers, .header_count = 3};

    (void)peer_write(p, place, &record, revision);
}

#endif
