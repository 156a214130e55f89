/* The consumer of a reader is ephemeral, and has a name, so that permissions can cover it. The
 * server pushes messages to a private inbox: it must be subscribed to without a wildcard, since
 * nats-server 2.9.10 does not see other interest. Messages of a former consumer are recognized by
 * its name. Flow control: the server stops after some megabytes until the reader has handled a
 * request of it, which is queued behind the messages. */
#include "transport/nats/reader.h"

#include "base/clock.h"
#include "transport/nats/ack.h"
#include "transport/nats/api.h"
#include "transport/nats/config_text.h"
#include "transport/nats/message.h"
#include "transport/nats/send.h"
#include "transport/nats/subscription.h"
#include "transport/nats/wake.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { NO_STREAM = 10059, ACK_PREFIX = 600 };

/* A reader settles nothing: the time is that of other clients' ordered consumers. */
#define ACK_WAIT (22 * 3600 * CATGA_SECOND)

/* ---- The consumer ---- */

static bool succeeds(const catga_nats_api_answer *answer, const catga_reader *reader,
                     catga_status *status, catga_problem *problem)
{
    if (*status == CATGA_OK && answer->error == NO_STREAM)
        *status = CATGA_NO_RESPONDERS;
    else if (*status == CATGA_OK && answer->error != 0)
        *status = catga_nats_api_error(answer, problem, "stream", reader->settings.stream);
    return *status == CATGA_OK;
}

static catga_status refuse(const catga_reader *reader, const char *member, catga_problem *problem)
{
    snprintf(problem->text, sizeof problem->text, "stream %s: the server's answer has no %s",
             reader->settings.stream, member);
    return CATGA_BAD_MESSAGE;
}

/* Notes the last message of the stream. A stream that was created anew is read from its begin. */
static void note_stream(catga_reader *reader, uint64_t last, catga_nats_json time)
{
    char created[CATGA_NATS_STREAM_CREATED];

    snprintf(created, sizeof created, "%.*s", CATGA_PRINT(time));
    bool same = reader->created[0] == '\0' || strcmp(created, reader->created) == 0;
    if (!same || last < reader->ordered.last) {
        reader->ordered.last = 0;
        reader->is_new_stream = true;
    }
    memcpy(reader->created, created, sizeof created);
    reader->newest = last;
}

/* Begins anew if the stream was deleted and created again, or has lost messages. Without the
 * permission to ask, the stream counts as unchanged. */
static catga_status look_at_stream(catga_reader *reader, int wait_ms, catga_problem *problem)
{
    char subject[CATGA_NATS_API_SUBJECT];
    catga_nats_api_answer info;

    snprintf(subject, sizeof subject, CATGA_NATS_STREAM_INFO "%s", reader->settings.stream);
    catga_status status =
        catga_nats_api_request(reader->owner, subject, "", wait_ms, &info, problem);
    if (succeeds(&info, reader, &status, problem)) {
        catga_nats_json state = catga_nats_json_get(info.object, "state");
        int64_t last = catga_nats_json_number(catga_nats_json_get(state, "last_seq"), -1);
        catga_nats_json created = catga_nats_json_get(info.object, "created");
        if (last >= 0 && created.length > 0)
            note_stream(reader, (uint64_t)last, created);
        else
            status = refuse(reader, "state", problem);
    }
    catga_nats_api_free(&info);
    return status == CATGA_NOT_PERMITTED ? CATGA_OK : status;
}

/* Returns true if the reader has not received the last message of each subject yet. Messages after
 * the last one may have been replaced since: they must not be read one by one. */
static bool begins_again(const catga_reader *reader)
{
    return reader->settings.start == CATGA_READ_LAST_PER_SUBJECT && !reader->ordered.is_caught_up;
}

/* Returns where the consumer begins; *next is for CATGA_READ_FROM_SEQUENCE. A reader of new
 * messages that has not received any resumes with the first, since the stream was empty. */
static catga_read_start start_of(const catga_reader *reader, uint64_t *next)
{
    catga_read_start start = reader->settings.start;
    uint64_t last = reader->ordered.last;

    *next = last != 0 ? last + 1 : reader->settings.sequence;
    if (begins_again(reader))
        return start;
    if (last != 0)
        return CATGA_READ_FROM_SEQUENCE;
    if (start == CATGA_READ_NEW ? reader->has_begun
                                : reader->is_new_stream && start != CATGA_READ_LAST_PER_SUBJECT)
        return CATGA_READ_FIRST;
    return start;
}

static void put_start(catga_nats_text *out, const catga_reader *reader)
{
    char time[CATGA_TIMESTAMP_TEXT];
    uint64_t next;
    catga_read_start start = start_of(reader, &next);

    switch (start) {
    case CATGA_READ_FIRST:
        catga_nats_text_put(out, "\"deliver_policy\":\"all\"");
        break;
    case CATGA_READ_LAST_PER_SUBJECT:
        catga_nats_text_put(out, "\"deliver_policy\":\"last_per_subject\"");
        break;
    case CATGA_READ_NEW:
        catga_nats_text_put(out, "\"deliver_policy\":\"new\"");
        break;
    case CATGA_READ_FROM_SEQUENCE:
        catga_nats_text_put(out,
                            "\"deliver_policy\":\"by_start_sequence\",\"opt_start_seq\":%" PRIu64,
                            next != 0 ? next : 1);
        break;
    case CATGA_READ_FROM_TIME:
        catga_nats_text_put(out, "\"deliver_policy\":\"by_start_time\",\"opt_start_time\":\"%s\"",
                            catga_timestamp_text(reader->settings.time_ns, time));
        break;
    }
}

static void put_consumer(catga_nats_text *out, const catga_reader *reader)
{
    const catga_reader_settings *settings = &reader->settings;

    catga_nats_text_put(out,
                        "{\"stream_name\":\"%s\",\"config\":{\"name\":\"%s\","
                        "\"deliver_subject\":\"%s\",\"filter_subject\":\"%s\",",
                        settings->stream, reader->name, reader->inbox, settings->subject);
    put_start(out, reader);
    catga_nats_text_put(
        out,
        ",\"ack_policy\":\"none\",\"ack_wait\":%" PRId64 ",\"max_deliver\":1,"
        "\"replay_policy\":\"instant\",\"flow_control\":true,\"idle_heartbeat\":%" PRId64
        ",\"mem_storage\":true,\"num_replicas\":1%s}}",
        (int64_t)ACK_WAIT, (int64_t)CATGA_NATS_READER_HEARTBEAT,
        settings->headers_only ? ",\"headers_only\":true" : "");
}

/* A name that nobody else has: the end of the name of a new inbox. */
static void name_consumer(catga_reader *reader)
{
    char random[CATGA_NATS_INBOX + 1];

    catga_nats_inbox_name(random);
    snprintf(reader->name, sizeof reader->name, "catga_%s", random + strlen("_INBOX.") + 6);
}

static void tell_caught_up(catga_reader *reader)
{
    if (reader->settings.caught_up != NULL && !atomic_load(&reader->stopped))
        reader->settings.caught_up(reader->settings.user);
}

/* Notes the new consumer. It begins after the message `delivered.stream_seq`, so that a reader of
 * new messages resumes there even if it has not received any. */
static catga_status note_created(catga_reader *reader, catga_nats_json answer,
                                 catga_problem *problem)
{
    catga_nats_json delivered = catga_nats_json_get(answer, "delivered");
    int64_t before = catga_nats_json_number(catga_nats_json_get(delivered, "stream_seq"), 0);
    int64_t pending = catga_nats_json_number(catga_nats_json_get(answer, "num_pending"), -1);

    if (pending < 0) {
        atomic_store(&reader->is_lost, true); /* its messages are not accepted */
        return refuse(reader, "num_pending", problem);
    }
    if (reader->settings.start == CATGA_READ_NEW && before > 0 &&
        (uint64_t)before > reader->ordered.last)
        reader->ordered.last = (uint64_t)before;
    reader->has_begun = true;
    reader->ordered.repeated = begins_again(reader) ? reader->ordered.last : 0;
    atomic_store(&reader->heard_ns, catga_clock_now());
    atomic_store(&reader->is_lost, false);
    if (catga_ordered_begin(&reader->ordered, (uint64_t)pending, reader->newest))
        tell_caught_up(reader);
    return CATGA_OK;
}

static catga_status create(catga_reader *reader, int wait_ms, catga_problem *problem)
{
    char subject[CATGA_NATS_API_SUBJECT + 1024];
    catga_nats_text body = {.length = 0};
    catga_nats_api_answer answer;
    catga_status status = look_at_stream(reader, wait_ms, problem);

    if (status != CATGA_OK)
        return status;
    catga_nats_reader_delete(reader);
    name_consumer(reader);
    put_consumer(&body, reader);
    int length = snprintf(subject, sizeof subject, "$JS.API.CONSUMER.CREATE.%s.%s.%s",
                          reader->settings.stream, reader->name, reader->settings.subject);
    if (body.full || length < 0 || (size_t)length >= sizeof subject)
        return CATGA_INVALID_ARGUMENT;
    status = catga_nats_api_request(reader->owner, subject, body.text, wait_ms, &answer, problem);
    if (succeeds(&answer, reader, &status, problem))
        status = note_created(reader, answer.object, problem);
    catga_nats_api_free(&answer);
    return status;
}

/* Messages that arrive meanwhile wait for the lock, so that `caught_up` is called before them. */
catga_status catga_nats_reader_create(catga_reader *reader, int wait_ms, catga_problem *problem)
{
    while (sem_wait(&reader->subscription->delivery_lock) != 0)
        continue; /* interrupted */
    catga_status status = create(reader, wait_ms, problem);
    sem_post(&reader->subscription->delivery_lock);
    return status;
}

catga_status catga_nats_reader_recreate(catga_reader *reader, int wait_ms, catga_problem *problem)
{
    if (sem_trywait(&reader->subscription->delivery_lock) != 0)
        return CATGA_IN_PROGRESS;
    catga_status status = create(reader, wait_ms, problem);
    sem_post(&reader->subscription->delivery_lock);
    return status;
}

void catga_nats_reader_delete(catga_reader *reader)
{
    char subject[CATGA_NATS_API_SUBJECT];
    char reply[CATGA_NATS_REPLY + 1];
    const catga_outgoing request = {.subject = subject};

    if (reader->name[0] == '\0')
        return;
    snprintf(subject, sizeof subject, "$JS.API.CONSUMER.DELETE.%s.%s", reader->settings.stream,
             reader->name);
    snprintf(reply, sizeof reply, "%s.unread", reader->owner->inbox); /* the answer is ignored */
    (void)catga_nats_send(reader->owner, &request, reply);
    reader->name[0] = '\0';
}

/* ---- Messages ---- */

/* Has readers.c replace the consumer. */
static void lose(catga_reader *reader)
{
    atomic_store(&reader->is_lost, true);
    catga_nats_wake(reader->owner);
}

/* Notes a message that the function of the reader has taken, or took before. */
static void note_handled(catga_reader *reader, uint64_t pending)
{
    if (catga_ordered_handled(&reader->ordered, pending))
        tell_caught_up(reader);
    reader->misses = false;
    atomic_store(&reader->heard_ns, catga_clock_now());
}

static void hand_over(catga_reader *reader, catga_incoming *message, uint64_t pending)
{
    atomic_store(&reader->running, true);
    reader->settings.receive(reader->settings.user, message, pending);
    note_handled(reader, pending);
    atomic_store(&reader->running, false);
}

/* Answers a request of flow control; `subject` comes from the server. */
static void let_go_on(catga_reader *reader, const char *subject)
{
    static const char flow_control[] = "$JS.FC.";
    const catga_outgoing answer = {.subject = subject};

    if (subject != NULL && strncmp(subject, flow_control, sizeof flow_control - 1) == 0)
        (void)catga_nats_send(reader->owner, &answer, NULL);
}

/* A heartbeat names the last message that the server has sent, so that a lost one is noticed even
 * if none follows: at the second heartbeat, since the first may be of a former consumer. */
static void note_heartbeat(catga_reader *reader, const catga_incoming *message)
{
    const char *last = catga_nats_header(message, "Nats-Last-Consumer");

    const char *stalled = catga_nats_header(message, "Nats-Consumer-Stalled");
    bool waits = message->reply != NULL || stalled != NULL; /* for the reader */

    let_go_on(reader, message->reply);
    let_go_on(reader, stalled);
    if (last == NULL)
        return;
    bool misses = !catga_ordered_is_complete(&reader->ordered, strtoull(last, NULL, 10));
    if (misses && reader->misses)
        lose(reader);
    if (!misses && !waits && catga_ordered_idle(&reader->ordered))
        tell_caught_up(reader);
    reader->misses = misses;
}

/* Returns true if the server says that the consumer lives. */
static bool is_heartbeat(const catga_reader *reader, const catga_incoming *message)
{
    const char *status = catga_nats_header(message, "Status");

    return message->length == 0 && status != NULL && strcmp(status, "100") == 0 &&
           message->subject.length == strlen(reader->inbox) &&
           memcmp(message->subject.data, reader->inbox, message->subject.length) == 0;
}

/* Takes a message of the consumer, which the function of the reader releases. Returns false if the
 * message remains the caller's. */
static bool take(catga_reader *reader, catga_incoming *message, const catga_nats_place *place)
{
    if (catga_ordered_repeats(&reader->ordered, place->number, message->sequence)) {
        note_handled(reader, place->pending);
        return false;
    }
    if (catga_ordered_accept(&reader->ordered, place->number, message->sequence)) {
        hand_over(reader, message, place->pending);
        return true;
    }
    lose(reader);
    return false;
}

/* Returns true if the function of the reader got the message. */
static bool receive(catga_reader *reader, catga_incoming *message)
{
    char of[ACK_PREFIX];
    catga_nats_place place;

    if (atomic_load(&reader->is_lost) || atomic_load(&reader->stopped))
        return false;
    snprintf(of, sizeof of, "%s.%s.", reader->settings.stream, reader->name);
    if (catga_nats_read_ack(message, of, &place))
        return take(reader, message, &place);
    if (is_heartbeat(reader, message)) {
        note_heartbeat(reader, message);
        atomic_store(&reader->heard_ns, catga_clock_now());
    }
    return false;
}

void catga_nats_reader_receive(void *user, catga_incoming *message)
{
    if (!receive(user, message))
        catga_nats_release(message);
}
