/* The interface between the bus and the transport that carries its messages. Implementations:
 * local/ (in this process), nats/, and redis of an optional library. A transport moves bytes; it
 * knows no schemas, retries or declared errors.
 *
 * The operations are tables by capability. Every transport has `operations`, for messages. The
 * others are optional: a transport without streams or records has NULL there, and the bus refuses
 * what needs them with CATGA_UNSUPPORTED (capability.h).
 *
 * Threads: any thread may call any operation except stop and close. A transport calls the receive
 * function of a subscription from as many threads at once as it has workers, and on_reply from any
 * thread.
 */
#ifndef CATGA_TRANSPORT_H
#define CATGA_TRANSPORT_H

#include <catga/catga.h>

#include <stdatomic.h>

typedef struct catga_transport catga_transport;
typedef struct catga_subscription catga_subscription;

/* ---- Messages ---- */

/* Returns the hash of a stream's name, which is never 0. */
static inline uint32_t catga_stream_hash(catga_string name)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < name.length; i++)
        hash = (hash ^ (uint8_t)name.data[i]) * 16777619U;
    return hash | 1;
}

/* A message to send. The transport keeps nothing of it after the operation returns. */
typedef struct catga_outgoing {
    const char *subject;
    bool checked; /* the subject is known to be valid: a schema's, after a valid prefix */
    const uint8_t *data;
    size_t length;
    const catga_header *headers;
    size_t header_count;
    uint32_t
        stream; /* of a stored event: catga_stream_hash of the stream that must answer; 0: any */
    bool sender_waits; /* the sending thread waits for the answer */
    bool uncounted;    /* an event of the runtime, which `published` leaves out */

    /* Of a message to a stream: it is stored only if the last message of its subject has the number
     * `expected`, or if there is none and `expected` is 0. */
    bool expects;
    uint64_t expected;

    /* Of a message to a stream whose id the runtime has made, so that no other message has it: when
     * its first copy was sent, on the monotonic clock, and whether this is another copy. 0: the
     * id is of the program. */
    int64_t first_ns;
    bool repeated;

    /* Used by a transport inside the process only. */
    int64_t deadline_ns; /* of a request: when its sender gives up, on the monotonic clock */
} catga_outgoing;

struct catga_admission_slot;

/* A received message. `native` and `slot` belong to the transport, and are passed back to it with
 * the message: to settle, respond, header
 * and release. */
typedef struct catga_incoming {
    catga_string subject;
    const char *reply; /* subject for an answer; NULL: none is expected, as for stored messages */
    const uint8_t *data;
    size_t length;
    int64_t waited_ns;   /* known time in this process; 0: unknown */
    int64_t began_ns;    /* when its receiver was called, on the monotonic clock; 0: unknown */
    int64_t deadline_ns; /* of the sender, on the monotonic clock; 0: unknown */
    bool no_responders;  /* an answer of the server: the subject has no subscriber */
    uint64_t sequence;   /* of a stored message: its number in the stream; else 0 */
    uint32_t deliveries; /* of a stored message: number of its deliveries so far, with this one */
    int64_t stored_ns;   /* of a consumer's message: when it was stored, by the server's clock;
                            differs for the same sequence in a recreated stream */
    void *native;
    struct catga_admission_slot *slot; /* of a message that waited for a worker; else NULL */
} catga_incoming;

/* Receives a message, and takes ownership of it: the receiver releases it before it returns. A
 * stored message may also be kept, and released later by any thread: it stays valid until then, and
 * is kept alive. */
typedef void catga_receive_function(void *user, catga_incoming *message);

typedef struct catga_subscription_options {
    const char *subject;
    const char *queue_group; /* NULL: every subscriber gets every message */
    unsigned workers;        /* messages that may be received at once; 0: one */
    unsigned pending;        /* limit of waiting messages */
    size_t pending_bytes; /* limit of waiting bytes; one message is always admitted; 0: no limit */
    catga_receive_function *receive;
    catga_receive_function *refuse; /* gets messages above a limit at once, in any thread; NULL:
                                       they are dropped and counted */
    void *user;
    catga_subscription *beside; /* of a consumer, whose workers receive; NULL: own workers */
    bool uncounted;             /* its messages are of the runtime, and not in hand */
} catga_subscription_options;

/* The events that a transport reports to the bus. */
typedef enum catga_connection_event {
    CATGA_CONNECTION_OPENED, /* the first connection; text: the server's address */
    CATGA_CONNECTION_FAILED, /* there is none; text: addresses and cause; once in five seconds */
    CATGA_CONNECTION_LOST,
    CATGA_CONNECTION_FOUND,
    CATGA_CONNECTION_CLOSED,   /* for good */
    CATGA_CONNECTION_OVERFLOW, /* slow consumer: messages are dropped; once per episode */
    CATGA_CONNECTION_REFUSED,  /* the server refused something; text: its error */
    CATGA_STORAGE_MISSING,  /* a stream or bucket is missing, and will be recreated; text: its name
                             */
    CATGA_STORAGE_RESTORED, /* a missing stream, bucket or consumer is recreated; text: its name */
    CATGA_STORAGE_UNUSABLE  /* one has other settings, cannot be recreated, or has lost its files;
                               text: its name and the reason; repeated while it lasts */
} catga_connection_event;

typedef struct catga_transport_listener {
    /* Passes the answer to request(..., token), and its ownership: it stays valid after the
     * connection is lost. It may come before request has returned. The token may be unknown. */
    void (*on_reply)(void *user, uint64_t token, catga_incoming *message);
    void (*on_event)(void *user, catga_connection_event event, const char *text);

    /* The server refuses messages to `subject`: no answer to them will come. */
    void (*on_denied)(void *user, const char *subject);
    void *user;
} catga_transport_listener;

typedef struct catga_transport_operations {
    /* Sends without waiting. CATGA_OK, _DISCONNECTED, _TOO_LARGE (with headers), _CLOSED,
     * _NO_MEMORY. */
    catga_status (*publish)(catga_transport *transport, const catga_outgoing *message);

    /* Sends with a reply subject of its own; on_reply gets the answer, if any, with `token`. */
    catga_status (*request)(catga_transport *transport, const catga_outgoing *message,
                            uint64_t token);

    /* Answers the request `to`, without waiting. The service sends the answer with its own
     * permissions, to a subject of the requester's choice: CATGA_INVALID_ARGUMENT for a reply
     * subject that is no inbox. */
    catga_status (*respond)(catga_transport *transport, const catga_incoming *to,
                            const catga_outgoing *message);

    catga_status (*subscribe)(catga_transport *transport, const catga_subscription_options *options,
                              catga_subscription **subscription);

    /* Returns when the server has seen the subscription. CATGA_NOT_PERMITTED: the server has
     * refused it, and the transport retries; else CATGA_OK, also if the result is still unknown. */
    catga_status (*confirmed)(catga_transport *transport, catga_subscription *subscription);

    /* Takes no more messages. CATGA_OK when waiting messages have been received, and receive has
     * returned; CATGA_TIMEOUT when that takes longer. The bus calls it with 0 for each
     * subscription, then again for each until CATGA_OK. */
    catga_status (*drain)(catga_transport *transport, catga_subscription *subscription,
                          int timeout_ms);

    /* Frees a drained subscription. */
    void (*unsubscribe)(catga_transport *transport, catga_subscription *subscription);

    /* Returns when the server has seen everything that was sent before. */
    catga_status (*flush)(catga_transport *transport, int timeout_ms);

    /* From `gather_begin` to `gather_end`, messages of this thread may be sent together: with
     * `gather_send`, or soon. `owner` is the transport. NULL: it sends each message at once. */
    void (*gather_begin)(void *owner);
    void (*gather_send)(void *owner);
    void (*gather_end)(void *owner);

    bool (*connected)(const catga_transport *transport);

    /* Returns the largest payload that the server accepts now, in bytes, headers included. */
    size_t (*max_payload)(const catga_transport *transport);

    /* Returns a header of a received message, or NULL; valid as long as the message. */
    const char *(*header)(const catga_incoming *message, const char *name);

    void (*release)(catga_incoming *message);

    /* Returns the number of messages that publish has sent, without uncounted ones. */
    uint64_t (*published)(const catga_transport *transport);

    /* Returns the number of received messages that were dropped because too many waited. */
    uint64_t (*dropped)(const catga_transport *transport);

    /* Returns the number of received messages that wait or run, without those of uncounted
     * subscriptions. */
    uint64_t (*in_hand)(const catga_transport *transport);

    /* Returns the time of the last round trip to the server, with what was sent before it, in
     * nanoseconds; 0: unknown, or there is no server to reach. */
    int64_t (*round_trip_ns)(const catga_transport *transport);

    /* Ends the connection, after every subscription is unsubscribed. The listener is not called any
     * more when it returns; operations may still be called, and fail. */
    void (*stop)(catga_transport *transport);

    /* Stops the transport unless it is stopped, and frees it. */
    void (*close)(catga_transport *transport);
} catga_transport_operations;

/* ---- Streams and consumers ---- */

/* Settings that an existing stream may be compared with, for catga_stream_settings.compared. */
typedef enum catga_stream_field_index {
#define NUMBER(bit, member, key, none)    CATGA_STREAM_INDEX_##bit,
#define CHOICE(bit, member, key, no, yes) CATGA_STREAM_INDEX_##bit,
#define FLAG(bit, member, key)            CATGA_STREAM_INDEX_##bit,
#include "transport/stream_fields.def"
#undef NUMBER
#undef CHOICE
#undef FLAG
} catga_stream_field_index;
typedef enum catga_stream_field {
#define NUMBER(bit, member, key, none)    CATGA_STREAM_##bit = 1 << CATGA_STREAM_INDEX_##bit,
#define CHOICE(bit, member, key, no, yes) CATGA_STREAM_##bit = 1 << CATGA_STREAM_INDEX_##bit,
#define FLAG(bit, member, key)            CATGA_STREAM_##bit = 1 << CATGA_STREAM_INDEX_##bit,
#include "transport/stream_fields.def"
#undef NUMBER
#undef CHOICE
#undef FLAG

    /* the settings without which stored events can be lost */
    CATGA_STREAM_DELIVERY = CATGA_STREAM_STORAGE | CATGA_STREAM_RETENTION | CATGA_STREAM_DISCARD |
                            CATGA_STREAM_MAX_PER_SUBJECT
} catga_stream_field;

/* A stream stores messages on its subjects, up to its limits. A limit of 0 is none. */
typedef struct catga_stream_settings {
    const char *name;
    const char *const *subjects; /* an existing stream may have more, or patterns that cover them */
    size_t subject_count;
    int64_t window_ns; /* time within which a message id is stored only once; an existing stream may
                          have a longer one */
    int64_t max_age_ns;
    int64_t max_bytes;
    int64_t max_messages;
    int64_t max_per_subject; /* messages of one subject: a new one replaces the oldest */
    int64_t max_message_bytes;
    unsigned replicas;  /* number of a cluster's servers that store it */
    bool in_memory;     /* of the servers; otherwise in files */
    bool work_queue;    /* a settled message is removed, and a message has one consumer */
    bool drops_oldest;  /* at a limit; otherwise the stream refuses messages */
    bool allow_direct;  /* every replica answers `ask` */
    bool allow_rollup;  /* a message may remove the earlier ones of its subject */
    bool deny_delete;   /* single messages cannot be deleted */
    bool only_existing; /* an absent stream is CATGA_NOT_FOUND */
    unsigned compared;  /* settings of catga_stream_field that an existing stream must have */
} catga_stream_settings;

/* The messages that a program waits for, of a consumer whose messages it fetches. */
typedef struct catga_wanted {
    atomic_uint count;         /* without those that were received */
    _Atomic(int64_t) until_ns; /* when its first thread stops waiting, on the monotonic clock */

    /* Set by the transport: until when the server may know a request, on the monotonic clock; 0: it
     * knows none. The receiver has the subscription drained after that. */
    _Atomic(int64_t) requested_until_ns;
} catga_wanted;

/* A durable consumer, and a subscription to it: each message goes to one of its subscribers. */
typedef struct catga_consumer_settings {
    const char *stream;
    const char *name;
    const char *subject; /* one of the stream's */
    bool joins;          /* it may be of another program: it is used, and never changed, if it
                            delivers every message of the subject to those who pull it, and
                            waits for their acknowledgements; its ack_wait then applies */
    bool covers_stream;  /* of `joins`, set by the transport: no subject of the stream is outside
                            of `subject`, so the consumer needs no filter */
    bool only_new;       /* begins with messages stored after its creation, not the oldest */
    int64_t unused_ns;   /* deleted after so long without a subscriber; 0: never */
    int64_t ack_wait_ns; /* an unsettled message is redelivered after this time */
    unsigned unacknowledged; /* limit of delivered, unsettled messages */
    unsigned workers;        /* messages that may be received at once; 0: one */
    size_t pending_bytes;    /* limit of bytes that this subscription holds; 0: no limit */
    catga_wanted *wanted;    /* messages to request, of a program that fetches them; the receiver
                                changes it, before it returns. NULL: what the workers handle */
    catga_receive_function *receive;
    void *user;
} catga_consumer_settings;

/* The settlement of a delivered message. */
typedef enum catga_settlement {
    CATGA_SETTLE_DONE,     /* acknowledge: this consumer does not deliver it again */
    CATGA_SETTLE_PROGRESS, /* in progress: ack_wait begins anew */
    CATGA_SETTLE_RETRY,    /* redeliver it after a delay */
    CATGA_SETTLE_GIVE_UP   /* terminate: as DONE, but the server records a failure */
} catga_settlement;

/* The messages of a consumer that wait for its subscribers. */
typedef struct catga_consumer_backlog {
    void *user;           /* of the consumer's settings */
    uint64_t pending;     /* messages that were never delivered */
    uint64_t ack_pending; /* delivered messages that are not settled, also before a redelivery */
} catga_consumer_backlog;

typedef void catga_backlog_function(void *user, const catga_consumer_backlog *backlog);

/* The place of a stored message. */
typedef struct catga_placed {
    uint64_t sequence; /* its number in the stream */
    bool duplicate;    /* an earlier message with its id has this number */
} catga_placed;

/* ---- Reading streams ---- */

/* A stored message: the last one of a subject, or the one with a number. */
typedef struct catga_stored_query {
    const char *stream;
    const char *subject; /* NULL: the message with the number `sequence` */
    uint64_t sequence;
    bool asks_leader;  /* reads the leader's copy, which has every acknowledged message; otherwise
                          any replica answers, and none if the stream does not allow_direct */
    bool sender_waits; /* the sending thread waits for the answer */
} catga_stored_query;

/* The first message that a reader gets. */
typedef enum catga_read_start {
    CATGA_READ_FIRST,            /* the oldest */
    CATGA_READ_LAST_PER_SUBJECT, /* the last message of each subject, then new messages */
    CATGA_READ_NEW,              /* the first that is stored from now on */
    CATGA_READ_FROM_SEQUENCE,
    CATGA_READ_FROM_TIME
} catga_read_start;

/* Receives a message in the stream's order, and takes ownership of it. `pending` is the number of
 * messages that follow. */
typedef void catga_read_function(void *user, catga_incoming *message, uint64_t pending);

/* An ordered reader (ADR-17). It affects no consumer. The functions are called by one thread at a
 * time; the reader fetches a bounded number of bytes while one runs. */
typedef struct catga_reader_settings {
    const char *stream;
    const char *subject; /* filter, may have wildcards */
    catga_read_start start;
    uint64_t sequence; /* of CATGA_READ_FROM_SEQUENCE: the first number */
    int64_t time_ns;   /* of CATGA_READ_FROM_TIME: since 1970, by the server's clock */
    bool headers_only;
    catga_read_function *receive;

    /* Called once, after the messages that were stored when reading began; at once if there are
     * none. NULL: not called. */
    void (*caught_up)(void *user);
    void *user;
} catga_reader_settings;

typedef struct catga_reader catga_reader;

/* Messages to delete. Only one of `before` and `keep` may be set. */
typedef struct catga_purge {
    const char *stream;
    const char *subject; /* filter; NULL: all messages */
    uint64_t before;     /* only messages with lower numbers; 0: no limit */
    uint64_t keep;       /* latest messages that stay; 0: none */
} catga_purge;

typedef struct catga_stream_operations {
    /* Publishes a message with an id to its stream; on_reply gets the answer with `token`, and
     * `published` interprets it. Only the stream's answer is passed on, not that of another
     * subscriber to the subject. */
    catga_status (*publish)(catga_transport *transport, const catga_outgoing *message,
                            uint64_t token);

    /* CATGA_OK: the stream has this message, or an earlier one with its id: *stored. Not stored:
     * CATGA_NO_RESPONDERS (no stream has the subject), CATGA_OVERLOADED (retry later),
     * CATGA_CONFLICT (the subject has another last message than expected), CATGA_TOO_LARGE,
     * CATGA_REFUSED; *problem has the reason. */
    catga_status (*published)(const catga_incoming *answer, catga_placed *stored,
                              catga_problem *problem);

    /* Creates an absent stream. CATGA_DRIFTED: it exists with other settings, and is not changed;
     * *problem names the fields, and the found and desired values. Waits for the server:
     * CATGA_TIMEOUT, CATGA_DISCONNECTED, CATGA_NO_JETSTREAM (the server has no streams),
     * CATGA_REFUSED, CATGA_NOT_PERMITTED (*problem names the subject). */
    catga_status (*ensure)(catga_transport *transport, const catga_stream_settings *stream,
                           catga_problem *problem);

    /* Does the same for a consumer, and subscribes to it. One that `joins` is recreated only if it
     * was absent at first. `receive` settles each message. The
     * subscription takes as many messages as its workers finish soon, and keeps them alive until
     * they are released. A drain returns waiting messages to the consumer, which stays.
     *
     * From now on the transport recreates a missing stream, bucket, or consumer, and tells
     * on_event. A stream or bucket must be missing for some seconds. A recreated consumer resumes
     * with the messages that were not settled; in a recreated stream, with the first. */
    catga_status (*consume)(catga_transport *transport, const catga_consumer_settings *consumer,
                            catga_subscription **subscription, catga_problem *problem);

    /* Requests messages of a consumer with `wanted`, after the count has grown. Never waits. */
    void (*fetch)(catga_transport *transport, catga_subscription *subscription);

    /* Settles a message of a consumer, without waiting, before its release. `delay_ns` is for
     * CATGA_SETTLE_RETRY. */
    catga_status (*settle)(catga_transport *transport, const catga_incoming *message,
                           catga_settlement settlement, int64_t delay_ns);

    /* Finds the first stored message whose number is at least `number`, from 1; the caller releases
     * it. Waits for the server. CATGA_NOT_FOUND: there is none; CATGA_NO_RESPONDERS: there is no
     * such stream. */
    catga_status (*get)(catga_transport *transport, const char *stream, uint64_t number,
                        catga_incoming *message, catga_problem *problem);

    /* Deletes a stored message. Waits for the server. CATGA_NOT_FOUND: it is gone. */
    catga_status (*erase)(catga_transport *transport, const char *stream, uint64_t number,
                          catga_problem *problem);

    /* Describes a stream. Waits for the server. CATGA_NOT_FOUND: there is no such stream. */
    catga_status (*state)(catga_transport *transport, const char *stream, catga_stream_state *state,
                          catga_problem *problem);

    /* Deletes a stream with its messages and consumers, which this transport does not recreate any
     * more, until it ensures the stream again. Its subscriptions receive nothing more. Waits for
     * the server. CATGA_NOT_FOUND: there is no such stream. */
    catga_status (*remove)(catga_transport *transport, const char *stream, catga_problem *problem);

    /* Makes a stream read-only, for good: it refuses messages, deletions and purges
     * (CATGA_REFUSED). Waits for the server. CATGA_NOT_FOUND: there is no such stream. */
    catga_status (*seal)(catga_transport *transport, const char *stream, catga_problem *problem);

    /* Returns false while a stream, bucket or consumer in use is known to be missing or unusable.
     */
    bool (*usable)(catga_transport *transport);

    /* Calls `show` with the backlog of the consumer of each subscription that is not drained, as it
     * was some seconds ago. Does not wait for the server; leaves out a backlog that is unknown.
     * `show` is called under a lock: it must not call an operation. */
    void (*backlogs)(catga_transport *transport, catga_backlog_function *show, void *user);

    /* Requests a stored message. on_reply gets the answer with `token`, and `found` interprets it.
     */
    catga_status (*ask)(catga_transport *transport, const catga_stored_query *query,
                        uint64_t token);

    /* CATGA_OK: *answer has become the stored message, with its subject, sequence and time, and the
     * caller releases it. Otherwise the answer is released. CATGA_NOT_FOUND: no such message;
     * CATGA_NO_RESPONDERS: no such stream. A direct read of one may also get no answer.
     * CATGA_BAD_MESSAGE: the answer is not of the server, or of another message. */
    catga_status (*found)(const catga_stored_query *query, catga_incoming *answer,
                          catga_problem *problem);

    /* Begins to read. Waits for the server. CATGA_NO_RESPONDERS: no such stream. A reader survives
     * lost connections, restarts of the server, and the loss of its consumer: it resumes after the
     * last message, and with the first in a recreated stream. */
    catga_status (*read)(catga_transport *transport, const catga_reader_settings *settings,
                         catga_reader **reader, catga_problem *problem);

    /* Ends a reader and frees it: its functions do not run any more. They must not call it. */
    void (*end_read)(catga_transport *transport, catga_reader *reader);

    /* Deletes messages; *purged is their number. Waits for the server. CATGA_NO_RESPONDERS: no such
     * stream. */
    catga_status (*purge)(catga_transport *transport, const catga_purge *purge, uint64_t *purged,
                          catga_problem *problem);

    /* Returns true if a purge by subject, or a message with the header Nats-Rollup, makes consumers
     * and readers of the stream skip messages that they have not received: nats-server before
     * 2.9.12, or an unknown server. */
    bool (*purge_skips)(catga_transport *transport);
} catga_stream_operations;

/* ---- Compare-and-set records ---- */

/* A bucket has records under keys, until they are older than `max_age_ns`. */
typedef struct catga_bucket_settings {
    const char *name;
    int64_t max_age_ns;
    unsigned replicas; /* number of a cluster's servers that store it */
    int64_t max_bytes; /* of a new bucket; 0: no limit */
    bool drops_oldest; /* when it is full; otherwise it refuses records */
} catga_bucket_settings;

/* A key is tokens with dots between them. */
typedef struct catga_kv_key {
    const char *bucket;
    const char *key;
} catga_kv_key;

typedef struct catga_kv_operations {
    /* Creates an absent bucket. CATGA_TOO_LARGE: the server cannot reserve `max_bytes`. Other
     * results as for a stream. */
    catga_status (*ensure)(catga_transport *transport, const catga_bucket_settings *bucket,
                           catga_problem *problem);

    /* Returns true if nine tenths of the bucket's bytes are known to be used. Then only existing
     * records should be written: a full bucket refuses all writes, or drops the oldest record. */
    bool (*nearly_full)(catga_transport *transport, const char *bucket);

    /* Writes a record, with its headers, if its latest revision is `revision`; 0: if there is none.
     * on_reply gets the answer with `token`, and `written` interprets it. */
    catga_status (*write)(catga_transport *transport, catga_kv_key key,
                          const catga_outgoing *record, uint64_t revision, uint64_t token);

    /* CATGA_OK: it is written, as *revision. CATGA_REFUSED: not written, since the record has
     * another revision. CATGA_OVERLOADED: not written, since the bucket is full. Any other status:
     * unknown; *problem has the reason. */
    catga_status (*written)(const catga_incoming *answer, uint64_t *revision,
                            catga_problem *problem);

    /* Reads a record. on_reply gets the answer with `token`: bytes and headers of the record, if
     * `found` says so. */
    catga_status (*read)(catga_transport *transport, catga_kv_key key, uint64_t token);

    /* CATGA_OK: it is a record with *revision, or there is none, and *revision is 0. The revision
     * may be older than the latest; a write is compared with the latest. Any other status:
     * unknown. */
    catga_status (*found)(const catga_incoming *answer, uint64_t *revision, catga_problem *problem);
} catga_kv_operations;

/* ---- Transports ---- */

/* The first member of every transport. */
struct catga_transport {
    const catga_transport_operations *operations;
    const catga_stream_operations *streams; /* NULL: the transport has no streams */
    const catga_kv_operations *kv;          /* NULL: the transport has no records */
};

/* How a bus opens a transport, which copies the texts. */
typedef struct catga_transport_settings {
    const char *servers;  /* addresses, separated by commas */
    const char *name;     /* of the connection */
    int connect_wait_ms;  /* -1: forever */
    int ping_interval_ms; /* between two pings of the server */
    int max_pings_out;    /* one more unanswered ping, and the connection is lost */
    catga_local *local;   /* of the local transport; else NULL */
    catga_transport_listener listener;
} catga_transport_settings;

/* Opens a transport. On failure *transport is NULL: CATGA_DISCONNECTED (no server in time),
 * CATGA_NOT_PERMITTED, CATGA_INVALID_ARGUMENT (an address), CATGA_UNSUPPORTED (such a server),
 * CATGA_CLOSED (a child of fork lacks the needed threads), CATGA_NO_MEMORY. New threads inherit the
 * caller's signal mask. */
typedef catga_status catga_transport_open_function(const catga_transport_settings *settings,
                                                   catga_transport **transport);

/* A kind of transport to a server: what the bus knows of it before it is open. */
struct catga_transport_kind {
    const char *name;        /* of its log lines */
    const char *environment; /* variables with addresses, by precedence, with blanks between them */
    const char *servers;     /* addresses without an option or a variable */
    catga_transport_open_function *open;
};

extern const catga_transport_kind catga_transport_nats;

catga_status catga_transport_nats_open(const catga_transport_settings *settings,
                                       catga_transport **transport);
catga_status catga_transport_local_open(const catga_transport_settings *settings,
                                        catga_transport **transport);

#endif
