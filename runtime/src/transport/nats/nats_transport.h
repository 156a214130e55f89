/*
 * What the parts of the NATS transport share. One part does one job:
 *
 *     nats.c          the operations of transport.h; opens and closes
 *     servers.c       the list of addresses
 *     session.c       one connection of nats.c, from the attempt to its end
 *     socket.c        the connection's socket: close-on-exec, the kernel's write deadline
 *     link.c          a connection that is sought again whenever it is lost
 *     reconnect.c        the thread that seeks
 *     stops.c         times in which the process did not run
 *     subscription.c  what comes in
 *     refusal.c       subscriptions that the server refuses
 *     denied.c        subjects that the server refuses to publish to
 *     api.c           one request to JetStream's API, and its answer
 *     pull.c          stored messages: requested by demand, kept alive
 *     send.c          what goes out
 *     source.c        from whom an answer is accepted
 *     pace.c          over which link
 *     reach.c         why a server cannot be reached
 *     store.c         what is stored: answers to it, settling, the ack subject
 *     stream.c        streams, consumers, buckets: made, or compared with what is there
 *     watch.c         what has been made: made again when it is gone
 *     records.c       records of buckets: written by compare and set, read
 *     stored.c        one stored message found, or removed
 *     json.c          what JetStream's API says
 *     check.c         what may go out: subjects, headers
 *     status.c        natsStatus to catga_status
 *
 * These files are the only ones that know <nats/nats.h>. They work with libnats 3.4.1 and newer.
 *
 * Reconnecting is ours. nats.c would do it too, but in 3.4.1 it holds the lock of the connection
 * while it connects, so that every publish waits with it: up to the timeout when the host does not
 * answer, and for ever when the server stalls between CONNECT and PONG (nats.c #706). It keeps the
 * parser in the middle of a message when the old server died there, gives up after two refused
 * logins, and does not reconnect at all after an -ERR that it does not know. So a connection of
 * nats.c lives once: when it is lost, for whatever reason, it is closed, and the reconnect thread
 * makes a new one with the same subscriptions. There is no reconnect buffer: what is sent meanwhile
 * fails at once.
 *
 * The price: messages that wait in this process for a handler when the connection is lost are lost
 * with it. They are events that may be lost, or requests whose callers were told, or have a retry
 * of their own.
 *
 * Two links lead to the servers. `immediate` writes each message at once and carries subscriptions,
 * requests and answers; `buffered` gathers what it writes and carries events, and bursts of
 * requests and answers; it is opened by the first of them. Events of one thread stay in order.
 * Requests and answers may overtake each other and the events, unless a flush, which covers both
 * links, is between them.
 *
 * Locks. `lock` of the transport guards links and subscriptions; no message on its way takes it. A
 * session's own lock comes before it. Nothing that may wait for a handler is done under either.
 */
#ifndef CATGA_TRANSPORT_NATS_H
#define CATGA_TRANSPORT_NATS_H

#include "base/process.h"
#include "base/rcu.h"
#include "base/ticker.h"
#include "delivery/demand.h"
#include "transport/admission_queue.h"
#include "transport/transport.h"

#include <nats/nats.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/queue.h>

typedef struct catga_nats catga_nats;
typedef struct catga_nats_link catga_nats_link;
typedef struct catga_nats_session catga_nats_session;
typedef struct catga_nats_reconciled catga_nats_reconciled;
typedef struct catga_nats_pull catga_nats_pull;

/* ---- Status and checks ---- */

/* What `status` means to a bus. A closed connection is CATGA_DISCONNECTED: another will come. */
catga_status catga_nats_status(natsStatus status);

/* True when `subject` may be published to: tokens without wildcards, blanks or line ends. */
bool catga_nats_subject_valid(const char *subject);

/* The same for what is subscribed to: whole tokens may be wildcards. */
bool catga_nats_pattern_valid(const char *pattern);

/*
 * True when an answer may go to `reply`, which came with a request. A reply subject makes us
 * publish wherever its sender likes, past its own permissions; so it must be a private one: its
 * first token begins with an underscore, as those of inboxes do (_INBOX..., and _R_, _GR_ between
 * accounts and clusters).
 */
bool catga_nats_reply_valid(const char *reply);

bool catga_nats_header_valid(const catga_header *header);

/* ---- Servers ---- */

typedef struct catga_nats_servers {
    char *text; /* the addresses, each terminated */
    const char **addresses;
    int count;
    bool secure; /* one of them says tls:// */
} catga_nats_servers;

/*
 * Splits a list at its commas. CATGA_INVALID_ARGUMENT when one is no address: *problem shows it
 * without a login, and the accepted form.
 */
catga_status catga_nats_servers_set(catga_nats_servers *servers, const char *list,
                                    catga_problem *problem);
void catga_nats_servers_clear(catga_nats_servers *servers);

/* The part of an address that may be shown: without scheme and credentials. */
const char *catga_nats_address_shown(const char *address);

/* Writes what may be shown of all addresses, separated by commas; cut where it does not fit. */
void catga_nats_servers_show(const catga_nats_servers *servers, char *text, size_t size);

/*
 * Tries each address of a list that _show wrote, and writes what fails: "HOST:PORT: REASON; ...".
 * Waits for a third of a second each, and for look-ups of names.
 */
void catga_nats_explain_unreachable(const char *list, char *text, size_t size);

/* ---- Sessions ---- */

/*
 * One connection of nats.c, from the attempt to its end. The attempt runs in a thread of its own,
 * since it can stall: a name look-up has no deadline, nor has nats.c before 3.8.0 while it waits
 * for the server's PONG (#706); there it also turns busily, and eats a byte of memory per turn.
 * Nothing can be done about that thread but to start another, to have few of them, and to say so
 * when all are stalled; it ends when its peer does.
 */
struct catga_nats_session {
    pthread_mutex_t lock;
    catga_nats_link *link; /* under `lock`; NULL when given up: nobody is told anything any more */
    natsOptions *options;
    natsConnection *connection; /* set by the attempt before `finished` */
    natsStatus status;          /* of the attempt */
    char reason[256];           /* what it failed for */
    char servers[256];          /* their addresses, as they may be shown */
    atomic_bool finished;       /* the attempt has ended */
    atomic_bool closed;         /* the connection has ended */
    atomic_int references;      /* the link's, and that of nats.c until it has called on_closed */
    int64_t started_ns;
};

/* Starts an attempt for `link`. NULL: no memory or no thread. */
catga_nats_session *catga_nats_session_start(catga_nats_link *link);

/* Ends the session, whatever its state. Its callbacks are not called after this has returned. */
void catga_nats_session_end(catga_nats_session *session);

/* ---- Sockets ---- */

/*
 * Makes the connection's socket close-on-exec; nats.c does not. False when it has the number of a
 * standard stream, 0 to 2: then the connection is not to be used.
 */
bool catga_nats_own_socket(natsConnection *connection);

/* How long a write may take before the connection is as good as lost. */
#define CATGA_NATS_WRITE_DEADLINE_MS 2000

/* True where the kernel can watch over a connection's writes. */
bool catga_nats_has_kernel_deadline(void);

/* Lets it. False when it cannot: then nats.c has to. */
bool catga_nats_set_kernel_deadline(natsConnection *connection);

/* ---- Links ---- */

/* Attempts that may be stalled at once: each is a thread, and before nats.c 3.8.0 a busy one. */
#define CATGA_NATS_STALLED 3

struct catga_nats_link {
    catga_nats *owner;
    bool immediate;
    bool kernel_deadline; /* instead of that of nats.c */

    /* For those who send. A connection ends when it is not found here and nobody is inside. */
    _Atomic(natsConnection *) connection;
    catga_rcu rcu;         /* its loads are the events that have been handed over */
    atomic_bool requested; /* somebody asked for a connection */
    atomic_bool settled;   /* an attempt has ended since it was requested, or was last worth one */

    /* Under the transport's lock. */
    catga_nats_session *session;
    natsStatus failure; /* of the last attempt */
    unsigned attempts;  /* that have ended, well or not */
    int64_t next_ns;    /* when the next attempt may start */
    int64_t up_ns;      /* since when there is a connection */
    int64_t pause_ns;   /* between attempts, before jitter */

    /* Attempts that are not waited for any more, until they end; when the last was given up. */
    catga_nats_session *stalled[CATGA_NATS_STALLED];
    int64_t stalled_ns;
    bool refusal_told;
};

void catga_nats_link_begin(catga_nats_link *link, catga_nats *owner, bool immediate);
void catga_nats_link_end(catga_nats_link *link);

/* A connection that somebody uses. */
typedef struct catga_nats_use {
    natsConnection *connection; /* NULL: there is none, and nothing to leave */
    catga_rcu_slot *slot;
} catga_nats_use;

/* What is entered is left soon, by the same thread, which says how many events it handed over. */
catga_nats_use catga_nats_link_enter(catga_nats_link *link);
void catga_nats_link_leave(catga_nats_use use, unsigned events);

/* Hides the connection and returns when nobody uses it: when operations on it fail, or are short.
 */
void catga_nats_link_empty(catga_nats_link *link);

/* ---- Suspends ---- */

/* How often the reconnect thread wakes where messages that can be too late come in. */
#define CATGA_NATS_WAKE_NS (250 * CATGA_MILLISECOND)

typedef struct catga_nats_suspend_detector {
    _Atomic(int64_t)
        asleep_ns; /* since when the reconnect thread sleeps; for ever when it does not */
    _Atomic(int64_t) began_ns; /* of the last stop */
    _Atomic(int64_t) ended_ns; /* 0: there was none */
} catga_nats_suspend_detector;

void catga_nats_suspend_init(catga_nats_suspend_detector *detector);

/* By the reconnect thread: it goes to sleep, for CATGA_NATS_WAKE_NS at most; it wakes. */
void catga_nats_suspend_sleep(catga_nats_suspend_detector *detector);
void catga_nats_suspend_wake(catga_nats_suspend_detector *detector);

/* Since when what was read at `time` may have been there: `time`, or when a stop just before it
 * began. */
int64_t catga_nats_suspend_before(catga_nats_suspend_detector *detector, int64_t time);

/* ---- Reconnecting ---- */

CATGA_CHECKED catga_status catga_nats_reconnect_start(catga_nats *nats);
void catga_nats_reconnect_stop(catga_nats *nats);

/* Something has changed that the reconnect thread should see. */
void catga_nats_reconnect_wake(catga_nats *nats);

/*
 * Asks for `link` and waits until it is up, until an attempt has failed for good, or until
 * `deadline_ns`.
 */
catga_status catga_nats_link_request(catga_nats_link *link, int64_t deadline_ns, bool once);

/* ---- Subscriptions ---- */

/*
 * When a connection is lost while its delivery thread is in a handler, the thread of the next
 * connection must wait: a subscription's messages are received one at a time. There is one thread
 * otherwise, so the turn is free and an exchange takes it.
 */
void catga_nats_delivery_lock(atomic_int *lock);
void catga_nats_delivery_unlock(atomic_int *lock);

/* When the message at hand, at `now`, came to this process, at the latest. One thread at a time. */
int64_t catga_nats_received_at(catga_subscription *subscription, natsSubscription *native,
                               int64_t now);

/* Finds out how many messages wait behind it, unless some of those that did are still to come. */
void catga_nats_look_behind(catga_subscription *subscription, natsSubscription *native);

/* The message as a receiver sees it. */
catga_incoming catga_nats_incoming(natsMsg *message);

struct catga_subscription {
    TAILQ_ENTRY(catga_subscription) entry;
    catga_nats *owner;
    char *subject;
    char *queue_group;
    int pending;
    int pending_bytes;
    catga_nats_pull *pull;             /* of a consumer; else NULL */
    catga_nats_reconciled *reconciled; /* of a consumer; else NULL */
    catga_receive_function *receive;
    catga_receive_function *refuse;
    void *user;
    catga_admission_queue *queue; /* NULL: received in the thread of nats.c */
    bool beside;                  /* the queue is another's */
    atomic_bool overflowing;      /* messages are dropped, since the queue has no room */

    /* Under the transport's lock. */
    natsSubscription *native; /* on the connection that is there now, or NULL */
    unsigned threads;         /* of nats.c that have not ended, also on former connections */
    bool draining;
    bool refused; /* by the server; to be tried again at `retry_ns` */
    int64_t retry_ns;
    bool orphan;     /* there was a thread that does not tell its end */
    int64_t dropped; /* of `native`, as counted already */

    /* Which thread of nats.c may admit a message, or call `receive` where there is no queue. */
    atomic_int delivery_lock;

    /*
     * Of the thread that holds `delivery_lock`. When `known` messages are still to come, they were
     * there at `known_ns`.
     */
    natsSubscription *known_of;
    int known;
    int64_t known_ns;
};

catga_status catga_nats_subscribe(catga_transport *transport,
                                  const catga_subscription_options *options,
                                  catga_subscription **subscription);
catga_status catga_nats_drain(catga_transport *transport, catga_subscription *subscription,
                              int timeout_ms);
void catga_nats_unsubscribe(catga_transport *transport, catga_subscription *subscription);

/*
 * Under the lock: subscribes on the carrier what is not yet, everything or the inbox alone; forgets
 * what was subscribed on one that has ended.
 */
void catga_nats_subscriptions_renew(catga_nats *nats);
void catga_nats_inbox_renew(catga_nats *nats);
void catga_nats_subscriptions_forget(catga_nats *nats);

/* Under the lock: subscribes again what is subscribed; no message of it waits. */
void catga_nats_subscription_again(catga_subscription *subscription);

/* Takes the lock: the server has refused the subscription that `text` names. */
void catga_nats_note_subscription_error(catga_nats *nats, const char *text);

/* Under the lock: tries again what was refused; returns when there is something to try. */
int64_t catga_nats_retry_refused(catga_nats *nats, int64_t now);

catga_status catga_nats_confirmed(catga_transport *transport, catga_subscription *subscription);

/* Counts what was dropped since it was counted last; returns it. Takes the lock. */
uint64_t catga_nats_subscriptions_count_dropped(catga_nats *nats);

const char *catga_nats_header(const catga_incoming *message, const char *name);
void catga_nats_release(catga_incoming *message);

/* ---- Subjects that the server refuses ---- */

enum { CATGA_NATS_DENIED = 32, CATGA_NATS_DENIED_SUBJECT = 256 };

/*
 * Subjects to which this connection may not publish, as the server has reported. Each is forgotten
 * after a few seconds, so that permissions that are granted later take effect.
 */
typedef struct catga_nats_denied {
    atomic_uint count; /* of entries in use: while it is 0, nobody takes the lock */
    pthread_mutex_t lock;
    struct {
        int64_t until_ns;
        char subject[CATGA_NATS_DENIED_SUBJECT];
    } entries[CATGA_NATS_DENIED];
} catga_nats_denied;

/* Remembers the subject that the server's text names, and tells the bus; ignores other texts. */
void catga_nats_note_denied(catga_nats *nats, const char *text);

/* True when the server has refused `subject` within the last seconds. */
bool catga_nats_is_denied(catga_nats *nats, const char *subject);

/* Forgets all subjects: a new connection may have other permissions. */
void catga_nats_forget_denied(catga_nats *nats);

/*
 * Publishes to `subject` what does nothing there, and returns whether the server refuses that:
 * CATGA_NOT_PERMITTED, with *problem; else CATGA_OK. Waits for the server.
 */
catga_status catga_nats_probe(catga_nats *nats, const catga_outgoing *probe, const char *right,
                              catga_problem *problem);

/* ---- Sending ---- */

/*
 * "_INBOX." and 22 random characters; a token follows as ".", 16 hexadecimal digits; then, if not
 * everybody may answer, a source.
 */
#define CATGA_NATS_INBOX 29
#define CATGA_NATS_REPLY (CATGA_NATS_INBOX + 1 + 16)

catga_status catga_nats_publish(catga_transport *transport, const catga_outgoing *message);
catga_status catga_nats_request(catga_transport *transport, const catga_outgoing *message,
                                uint64_t token);
catga_status catga_nats_respond(catga_transport *transport, const catga_incoming *to,
                                const catga_outgoing *message);

/*
 * Returns the largest payload that the server takes now. A server may tell another limit at any
 * time. `note` keeps what it said on a connection that senders do not see yet.
 */
size_t catga_nats_max_payload(catga_nats *nats);
void catga_nats_note_max_payload(catga_nats *nats, natsConnection *connection);

/* ---- Sources of answers ---- */

/* The accepted source of an answer. */
typedef struct catga_nats_source {
    enum {
        CATGA_NATS_ANYBODY = 0,
        CATGA_NATS_STREAM_ACK =
            'p', /* the stream's acknowledgement of a message, or the server's 503 */
        CATGA_NATS_STREAM_MESSAGE = 'd' /* a message of the stream, or a status of the server */
    } kind;
    uint32_t stream; /* catga_stream_hash */
} catga_nats_source;

/* The bytes that a source other than ANYBODY adds to a reply subject. */
#define CATGA_NATS_SOURCE 9

/* Writes a source behind the token of a reply subject, and terminates it; reads it there. */
void catga_nats_source_write(char *end, catga_nats_source source);
bool catga_nats_source_read(catga_nats_source *source, const char *end);

bool catga_nats_source_is(catga_nats_source source, const catga_incoming *answer);

/* Requests whose answer must come from `source`; the sender of an unawaited one does not wait. */
catga_status catga_nats_request_from(catga_nats *nats, const catga_outgoing *message,
                                     uint64_t token, catga_nats_source source);
catga_status catga_nats_request_unawaited(catga_nats *nats, const catga_outgoing *message,
                                          uint64_t token, catga_nats_source source);

/* Sends over the immediate link, with a reply subject whose answers nobody reads. */
catga_status catga_nats_send_immediate(catga_nats *nats, const catga_outgoing *message);

/* Requests messages of a consumer, which arrive at `reply`; at once. */
catga_status catga_nats_send_pull(catga_nats *nats, const catga_outgoing *message,
                                  const char *reply);

/* Makes the name of an inbox, which nobody can guess. */
void catga_nats_inbox_name(char inbox[CATGA_NATS_INBOX + 1]);

/* `reply` becomes the inbox with the token; reads the token of such a subject, or returns false. */
void catga_nats_inbox_reply(char reply[CATGA_NATS_REPLY + 1], const char *inbox, uint64_t token);
bool catga_nats_inbox_token(catga_string subject, uint64_t *token);

/* Sends what has no answer, and nobody waits for; the subject has been looked at. */
catga_status catga_nats_send_unawaited(catga_nats *nats, const catga_outgoing *message);

/* Subscribes to the replies of an inbox of this transport. */
catga_status catga_nats_inbox_open(catga_nats *nats);

/* ---- What is stored ---- */

catga_status catga_nats_stream_publish(catga_transport *transport, const catga_outgoing *message,
                                       uint64_t token);
catga_status catga_nats_stream_published(const catga_incoming *answer, catga_problem *problem);
catga_status catga_nats_settle(catga_transport *transport, const catga_incoming *message,
                               catga_settlement settlement, int64_t delay_ns);
catga_status catga_nats_ensure_stream(catga_transport *transport,
                                      const catga_stream_settings *stream, catga_problem *problem);
catga_status catga_nats_consume(catga_transport *transport, const catga_consumer_settings *consumer,
                                catga_subscription **subscription, catga_problem *problem);

/*
 * Reads "$JS.ACK.STREAM.CONSUMER.DELIVERIES.SEQUENCE.TIMES.TIME.PENDING", which newer servers write
 * as "$JS.ACK.DOMAIN.ACCOUNT.STREAM...", into the message; *pending: messages that follow at the
 * server. `of` is "STREAM.CONSUMER.". False when the reply subject is not one of that consumer.
 */
bool catga_nats_read_ack(catga_incoming *message, const char *of, uint64_t *pending);

/* What a failed answer of JetStream means, by its err_code. */
catga_status catga_nats_store_error(int64_t code);

/* ---- JetStream's API ---- */

/* An answer; `object` points into `message`. */
typedef struct catga_nats_api_answer {
    natsMsg *message;
    catga_string object;
    int64_t error; /* the err_code, 0 when there is none */
} catga_nats_api_answer;

/* How long the server may take while somebody waits for it. */
#define CATGA_NATS_API_WAIT_MS 2000

/*
 * Asks, and waits. Whatever comes of it, *got is to be forgotten. CATGA_NO_JETSTREAM;
 * CATGA_NOT_PERMITTED, at once: *problem names the subject.
 */
catga_status catga_nats_ask(catga_nats *nats, const char *subject, const char *body, int wait_ms,
                            catga_nats_api_answer *got, catga_problem *problem);
void catga_nats_forget(catga_nats_api_answer *got);

/* Of an answer with an error: what it means, and *problem. */
catga_status catga_nats_refused(const catga_nats_api_answer *got, catga_problem *problem,
                                const char *what, const char *name);

catga_status catga_nats_stream_get(catga_transport *transport, const char *stream, uint64_t number,
                                   catga_incoming *message, catga_problem *problem);
catga_status catga_nats_stream_delete(catga_transport *transport, const char *stream,
                                      uint64_t number, catga_problem *problem);

/* Subscribes to the inbox of a consumer; the subscription frees `pull` and `queue` with itself. */
catga_status catga_nats_subscribe_pull(catga_nats *nats, const catga_subscription_options *options,
                                       catga_nats_pull *pull, catga_admission_queue *queue,
                                       catga_subscription **subscription);

/* Nothing waits for the workers of a subscription any more; `owner` is the transport. */
void catga_nats_subscription_emptied(void *owner);

/* Subscribes to the messages of a consumer that is there. */
catga_status catga_nats_pull_subscribe(catga_nats *nats, const catga_consumer_settings *consumer,
                                       catga_subscription **subscription);

/* By the thread that delivers: a message for the inbox of a consumer. */
void catga_nats_pull_receive(catga_nats_pull *pull, natsMsg *message);

/* Before the subscription gets messages. */
void catga_nats_pull_bind(catga_nats_pull *pull, catga_subscription *subscription);

/* Under the lock: the server of this connection knows of no request. */
void catga_nats_pull_forget(catga_nats_pull *pull);

/* Requests no more, and hands back what waits. */
void catga_nats_pull_stop(catga_nats_pull *pull);

/* When nothing is held. */
void catga_nats_pull_free(catga_nats_pull *pull);

/* ---- What is to be there ---- */

#define CATGA_NATS_API_SUBJECT 512

typedef struct catga_nats_text catga_nats_text;
typedef struct catga_nats_desired catga_nats_desired;

/* Streams, buckets, consumers: how one is described, what it must be like. */
typedef struct catga_nats_kind {
    const char *name;
    int64_t none;     /* the error that says that it is not there */
    int64_t pause_ns; /* between finding it missing and recreating it */
    void (*put)(catga_nats_text *out, const catga_nats_desired *thing);
    bool (*drifted)(const catga_nats_api_answer *got, const void *settings, catga_problem *problem);
    bool (*copy)(
        catga_nats_desired *thing); /* its settings become its own, one block; false: no memory */
} catga_nats_kind;

/* One of them, and where the server is asked for it. */
struct catga_nats_desired {
    const catga_nats_kind *kind;
    const char *name;
    const void *settings;
    uint64_t
        start; /* of a consumer: the message that it is made to begin with; 0: as it is described */
    int wait_ms;    /* how long the server may take for an answer */
    bool only_look; /* it is not to be made */
    char info[CATGA_NATS_API_SUBJECT];
    char create[CATGA_NATS_API_SUBJECT];
};

#define CATGA_NATS_CREATED 40

/* What the server says of it. */
typedef struct catga_nats_observed {
    bool made;                        /* it was not there */
    char created[CATGA_NATS_CREATED]; /* when it was made */
    uint64_t settled;                 /* of a consumer: all messages up to this one are */
    uint64_t first;                   /* of a stream: its first message; 0: it is empty */
    bool nearly_full;                 /* of a stream or bucket: nine tenths of its bytes are used */
} catga_nats_observed;

/*
 * Makes it if it is not there; but with `only_look` set it returns CATGA_NOT_FOUND then. Waits for
 * the server.
 */
catga_status catga_nats_ensure(catga_nats *nats, const catga_nats_desired *thing,
                               catga_nats_observed *observed, catga_problem *problem);

/* True when the server does not find message `number` of the stream or bucket. Waits for the
 * server. */
bool catga_nats_has_lost(catga_nats *nats, const catga_nats_desired *thing, uint64_t number);

/* How it is described to the server; to be freed. NULL: no memory. */
char *catga_nats_description(const catga_nats_desired *thing);

/* ---- Reconciling ---- */

/*
 * From now on it is made again when it is gone; a consumer for as long as one of its subscriptions
 * is not drained. `observed` is what has just been learnt of it; `subscription` is NULL but for
 * consumers.
 */
catga_status catga_nats_reconcile(catga_nats *nats, const catga_nats_desired *thing,
                                  const catga_nats_observed *observed,
                                  catga_subscription *subscription);

/* Under the lock: one subscription less needs it. */
void catga_nats_reconcile_release(catga_nats_reconciled *watched);

/* Returns whether that bucket was nearly full when it was looked at last. Locks only if one was. */
bool catga_nats_nearly_full(catga_transport *transport, const char *bucket);

/* Before the connection is taken away: returns when nothing is asked any more. */
void catga_nats_reconcile_stop(catga_nats *nats);

/* ---- Records ---- */

catga_status catga_nats_ensure_bucket(catga_transport *transport,
                                      const catga_bucket_settings *bucket, catga_problem *problem);
catga_status catga_nats_kv_write(catga_transport *transport, catga_kv_key key,
                                 const catga_outgoing *record, uint64_t revision, uint64_t token);
catga_status catga_nats_kv_written(const catga_incoming *answer, uint64_t *revision,
                                   catga_problem *problem);
catga_status catga_nats_kv_read(catga_transport *transport, catga_kv_key key, uint64_t token);
catga_status catga_nats_kv_found(const catga_incoming *answer, uint64_t *revision,
                                 catga_problem *problem);

/* ---- JSON ---- */

/* A value inside a text, as it is written; data NULL when there is none. */
typedef catga_string catga_nats_json;

/* The member `name` of an object. Of bad JSON it finds what it can, and never reads beyond it. */
catga_nats_json catga_nats_json_get(catga_nats_json object, const char *name);
int64_t catga_nats_json_number(catga_nats_json value, int64_t otherwise);

/* True when the value is that string; when the array has that string. Escapes are not read. */
bool catga_nats_json_is(catga_nats_json value, const char *text);
bool catga_nats_json_has(catga_nats_json array, const char *text);

/* ---- Write batching ---- */

/* How closely messages of one kind follow each other. */
typedef struct catga_nats_rate {
    _Atomic(int64_t) last_ns;    /* when the last was sent */
    _Atomic(int64_t) average_ns; /* between two of them, lately */
    int64_t close_ns;            /* closer than this, on average, is a burst */
} catga_nats_rate;

typedef struct catga_nats_batching {
    catga_nats_rate requests;
    catga_nats_rate answers;
    catga_nats_rate
        unawaited;        /* settlements, and stored events that are published without waiting */
    atomic_bool gathered; /* there is something that the flusher has not seen */
    atomic_bool left;     /* there is something that may stay until the next rest */
    atomic_bool flushing; /* the flusher runs */
    sem_t work;
    pthread_t flusher;
} catga_nats_batching;

void catga_nats_batching_init(catga_nats_batching *batching);
void catga_nats_batching_start(catga_nats *nats); /* when there is a buffered connection */
void catga_nats_batching_stop(catga_nats *nats);

/* The link for a message of that rate now; and to be told that one was sent over it. */
catga_nats_link *catga_nats_batching_link(catga_nats *nats, catga_nats_rate *rate);
void catga_nats_batching_sent(catga_nats_link *link);

/*
 * Instead of _sent, for settlements: while messages wait there will be more of them. When none
 * does, _rest; without that nats.c sends them, a millisecond later.
 */
void catga_nats_batching_left(catga_nats_link *link);
void catga_nats_batching_rest(catga_nats *nats);

/* ---- All of it ---- */

struct catga_nats {
    catga_transport transport; /* first: a catga_transport is one of these */
    catga_process process;     /* that opened it: a forked child sends nothing */
    catga_transport_listener listener;
    catga_nats_servers servers;
    char *name;
    int ping_interval_ms;
    int max_pings_out; /* one more unanswered ping, and the connection is lost */

    catga_nats_link immediate;
    catga_nats_link buffered;
    catga_nats_batching batching;
    atomic_size_t max_payload; /* as the server told it last */
    atomic_uint_least64_t dropped;
    char inbox[CATGA_NATS_INBOX + 1];
    catga_nats_denied denied;

    pthread_mutex_t lock;
    pthread_cond_t changed;  /* anything that is under the lock */
    natsConnection *carrier; /* of subscriptions: the immediate link's */
    TAILQ_HEAD(, catga_subscription) subscriptions;
    catga_subscription *replies;
    TAILQ_HEAD(, catga_nats_reconciled)
    reconciled;             /* in the order in which it is to be made; nothing is taken out */
    atomic_int nearly_full; /* of them: buckets and streams with little room */
    catga_ticker ticker;    /* of consumers */
    atomic_uint draining;   /* subscriptions that are asked to drain: whoever empties one tells */
    pthread_t reconcile_thread;
    bool reconciling;    /* the reconcile thread runs */
    bool reconcile_ends; /* the reconcile thread is to end */
    pthread_t reconnect_thread;
    bool reconnecting;     /* the reconnect thread runs */
    bool detects_suspends; /* there are, or were, subscriptions whose messages can be too late */
    catga_nats_suspend_detector suspend_detector;
    bool opening;            /* nobody has been told of a connection yet */
    int64_t failure_told_ns; /* when an attempt that failed was reported last; 0: not since the last
                                connection */
    natsStatus failure_told; /* what it failed for */
    atomic_bool lost;        /* the listener was told of a loss, and of no connection since */
    bool closing;
    bool given_up; /* there will be no connection any more */
    bool stopped;  /* the connection and all threads have ended; of the thread that closes */
};

static inline catga_nats *catga_nats_of(catga_transport *transport)
{
    return (catga_nats *)transport;
}

#endif
