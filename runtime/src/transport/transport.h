/*
 * The seam between the bus and what carries its messages: the few operations a bus needs, and the
 * two things that a transport tells it. Implementations: local/ (in this process), nats/ (the only
 * files that know <nats/nats.h>). A transport moves bytes; it knows
 * nothing of schemas, retries or errors.
 *
 * Threads: every operation but stop and close may be called from any thread. A transport calls a
 * subscription's receive function from as many threads at once as it has workers, and on_reply from
 * any.
 */
#ifndef CATGA_TRANSPORT_H
#define CATGA_TRANSPORT_H

#include <catga/catga.h>

typedef struct catga_transport catga_transport;
typedef struct catga_subscription catga_subscription;

/* A header to send. The names are the bus's own, and its values have no control characters. */
typedef struct catga_header {
    const char *name;
    const char *value;
} catga_header;

/* The hash of a stream's name. Never 0. */
static inline uint32_t catga_stream_hash(catga_string name)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < name.length; i++)
        hash = (hash ^ (uint8_t)name.data[i]) * 16777619U;
    return hash | 1;
}

/* A message to send; nothing of it is kept after the operation returns. */
typedef struct catga_outgoing {
    const char *subject;
    bool checked; /* the subject is known to be valid: a schema's, behind a valid prefix */
    const uint8_t *data;
    size_t length;
    const catga_header *headers;
    size_t header_count;
    uint32_t stream; /* of a message to store: catga_stream_hash of the stream that is to answer; 0:
                        any */
    /* For a transport inside the process; one that crosses the network ignores them. */
    int64_t deadline_ns; /* of a request: when its sender gives up, on the monotonic clock */
    bool
        sender_waits; /* the thread that sends a request waits for its answer: it may do the work */
} catga_outgoing;

struct catga_admission_slot;

/* A message that came; `native` and `slot` are the transport's own, given back with release(). */
typedef struct catga_incoming {
    catga_string subject;
    const char *reply; /* where an answer goes, or NULL */
    const uint8_t *data;
    size_t length;
    int64_t waited_ns; /* how long it is known to have waited in this process; 0 when not known, as
                          of events that may be lost */
    int64_t deadline_ns; /* the sender's, on the monotonic clock; 0 when not known */
    bool no_responders;  /* an answer of the server itself: nobody listens */
    uint64_t sequence;   /* of a stored message: its number in the stream; else 0 */
    uint32_t deliveries; /* of a stored message: how often it has been handed out, with this time */
    int64_t stored_ns;   /* when a consumer's message was stored, by the server's clock; tells the
                            message from one of the same sequence in a recreated stream */
    void *native;
    struct catga_admission_slot *slot; /* of a message that waited for a worker; else NULL */
} catga_incoming;

/*
 * Takes over `message`: the receiver releases it before it returns. A stored message may also be
 * kept, and released later by any thread: it stays where it is until then, and is kept alive.
 */
typedef void catga_receive_function(void *user, catga_incoming *message);

/* Where a subscription gets its messages from. */
typedef struct catga_subscription_options {
    const char *subject;
    const char *queue_group; /* NULL: every subscriber gets every message */
    unsigned workers;        /* messages that may be received at once; 0: one */
    unsigned pending;        /* messages that may wait */
    size_t pending_bytes; /* bytes of messages that may wait; one message always may; 0: no limit */
    catga_receive_function *receive;
    catga_receive_function
        *refuse; /* gets, at once and from any thread, what finds too much waiting; */
    void *user;  /* NULL: that is dropped, and counted */
    catga_subscription *beside; /* of a consumer, whose workers receive; NULL: workers of its own */
} catga_subscription_options;

/* ---- What is stored: streams and those who consume them ---- */

/* A stream: what is stored on one of its subjects is kept until it is older than `max_age_ns`. */
typedef struct catga_stream_settings {
    const char *name;
    const char *const *subjects; /* a stream that is there may have more */
    size_t subject_count;
    int64_t max_age_ns;
    int64_t window_ns; /* for so long a message id is remembered, and stored once */
    unsigned replicas; /* of a cluster's servers, that keep it */
} catga_stream_settings;

/* A durable consumer, and a subscription to it: each message goes to one of its subscribers. */
typedef struct catga_consumer_settings {
    const char *stream;
    const char *name;
    const char *subject; /* one of the stream's */
    bool only_new;       /* begins with what is stored after it was made, not with the oldest */
    int64_t unused_ns;   /* it is forgotten when nobody subscribes to it for so long; 0: never */
    int64_t ack_wait_ns; /* a message that is not settled within it is handed out again */
    unsigned unacknowledged; /* messages that may be handed out and not settled */
    unsigned workers;        /* messages that may be received at once; 0: one */
    size_t pending_bytes;    /* bytes of messages that this subscription may hold; 0: no limit */
    catga_receive_function *receive;
    void *user;
} catga_consumer_settings;

/* What becomes of a stored message that has been handed out. */
typedef enum catga_settlement {
    CATGA_SETTLE_DONE,     /* it is not handed out to this consumer again */
    CATGA_SETTLE_PROGRESS, /* it is being worked on: ack_wait begins anew */
    CATGA_SETTLE_RETRY,    /* it is handed out again, after a delay */
    CATGA_SETTLE_GIVE_UP   /* the same as DONE, but the server's own records say that it failed */
} catga_settlement;

/* ---- Records: what replicas agree on, by compare and set ---- */

/* A bucket of records under keys; each is kept until it is older than `max_age_ns`. */
typedef struct catga_bucket_settings {
    const char *name;
    int64_t max_age_ns;
    unsigned replicas; /* of a cluster's servers, that keep it */
    int64_t max_bytes; /* of a bucket that is created; 0: no limit */
    bool drops_oldest; /* a full bucket does; otherwise it refuses records */
} catga_bucket_settings;

/* Which record of which bucket. A key is tokens with dots between them. */
typedef struct catga_kv_key {
    const char *bucket;
    const char *key;
} catga_kv_key;

typedef enum catga_connection_event {
    CATGA_CONNECTION_OPENED, /* the first; text: the server's address */
    CATGA_CONNECTION_FAILED, /* there is none; text: addresses and cause; once in five seconds */
    CATGA_CONNECTION_LOST,
    CATGA_CONNECTION_FOUND,
    CATGA_CONNECTION_CLOSED,   /* for good */
    CATGA_CONNECTION_OVERFLOW, /* messages are being dropped: too many wait; once per episode */
    CATGA_CONNECTION_REFUSED,  /* the server refused something; text says what */
    CATGA_STORAGE_MISSING,  /* a stream or bucket is gone, and will be recreated; text names it */
    CATGA_STORAGE_RESTORED, /* a missing stream, bucket or consumer is recreated; text names it */
    CATGA_STORAGE_UNUSABLE  /* one has become another, cannot be recreated, or has lost its files;
                             text says which and why; again and again while it lasts */
} catga_connection_event;

/* The events that the bus receives. */
typedef struct catga_transport_listener {
    /*
     * The answer to request(..., token); takes over `message`, which stays valid after the
     * connection is gone. It may be called before request has returned. A token that is not waiting
     * any more is not an error.
     */
    void (*on_reply)(void *user, uint64_t token, catga_incoming *message);
    void (*on_event)(void *user, catga_connection_event event, const char *text);
    /* The server refuses what was published to `subject`: no answer to it will come. */
    void (*on_denied)(void *user, const char *subject);
    void *user;
} catga_transport_listener;

typedef struct catga_transport_operations {
    /*
     * Sends, without waiting for anyone. CATGA_OK, _DISCONNECTED, _TOO_LARGE (with headers),
     * _CLOSED, _NO_MEMORY.
     */
    catga_status (*publish)(catga_transport *transport, const catga_outgoing *message);

    /* Sends with an own reply subject; the answer, if any, comes to on_reply with `token`. */
    catga_status (*request)(catga_transport *transport, const catga_outgoing *message,
                            uint64_t token);

    /*
     * Answers `to` (its reply subject), at once. A requester chooses where its answer goes, and the
     * service sends it with its own rights: a reply subject that is no inbox is refused with
     * CATGA_NOT_PERMITTED.
     */
    catga_status (*respond)(catga_transport *transport, const catga_incoming *to,
                            const catga_outgoing *message);

    catga_status (*subscribe)(catga_transport *transport, const catga_subscription_options *options,
                              catga_subscription **subscription);

    /*
     * Returns when the server has seen the subscription. CATGA_NOT_PERMITTED: it has refused it,
     * and is asked again and again; else CATGA_OK, also when that is not known yet.
     */
    catga_status (*confirmed)(catga_transport *transport, catga_subscription *subscription);

    /*
     * Takes no more messages; CATGA_OK when those waiting have been given to receive and it has
     * returned, CATGA_TIMEOUT when that takes longer. The bus calls it with 0 for each
     * subscription, then again for each until CATGA_OK.
     */
    catga_status (*drain)(catga_transport *transport, catga_subscription *subscription,
                          int timeout_ms);

    /* After drain returned CATGA_OK. Frees the subscription. */
    void (*unsubscribe)(catga_transport *transport, catga_subscription *subscription);

    /* Returns when the server has seen all that was sent before. */
    catga_status (*flush)(catga_transport *transport, int timeout_ms);

    bool (*connected)(const catga_transport *transport);

    /* The largest payload that the server takes now, headers included, in bytes. */
    size_t (*max_payload)(const catga_transport *transport);

    /*
     * Stores a message that has an id; the answer comes to on_reply with `token`, and
     * `stream_published` says what it means. Only the answer of the stream comes: others may
     * subscribe to the subject too, and reply, which is ignored.
     */
    catga_status (*stream_publish)(catga_transport *transport, const catga_outgoing *message,
                                   uint64_t token);

    /*
     * CATGA_OK: it is stored, by this message or an earlier one of its id. CATGA_NO_RESPONDERS (no
     * stream has the subject), CATGA_OVERLOADED (not now), CATGA_TOO_LARGE, CATGA_REFUSED: it is
     * not. *problem says why.
     */
    catga_status (*stream_published)(const catga_incoming *answer, catga_problem *problem);

    /*
     * Makes a stream that is not there. CATGA_DRIFTED: it is there, but not as it should be, and
     * was left alone; *problem names it and the field. Waits for the server: CATGA_TIMEOUT,
     * CATGA_DISCONNECTED, CATGA_NO_JETSTREAM (it stores nothing), CATGA_REFUSED,
     * CATGA_NOT_PERMITTED (*problem names the subject).
     */
    catga_status (*ensure_stream)(catga_transport *transport, const catga_stream_settings *stream,
                                  catga_problem *problem);

    /*
     * The same for a consumer; then subscribes to it. What `receive` gets is to be settled. The
     * subscription takes as many messages as its workers finish soon, and keeps them alive until
     * they are released. Draining hands back what waits. The consumer stays.
     *
     * Recreates a missing stream, bucket, or consumer of a subscription, and tells on_event. A
     * stream or bucket has to be missing for some seconds. A consumer goes on with the messages
     * that had not been settled; in a stream that was recreated, with its first message.
     */
    catga_status (*consume)(catga_transport *transport, const catga_consumer_settings *consumer,
                            catga_subscription **subscription, catga_problem *problem);

    /* Settles a stored message, without waiting, before its release. `delay_ns` is of a RETRY. */
    catga_status (*settle)(catga_transport *transport, const catga_incoming *message,
                           catga_settlement settlement, int64_t delay_ns);

    /*
     * Makes a bucket that is not there. CATGA_TOO_LARGE: the server cannot reserve `max_bytes`.
     * CATGA_DRIFTED and the rest: as ensure_stream, whose settings it compares.
     */
    catga_status (*ensure_bucket)(catga_transport *transport, const catga_bucket_settings *bucket,
                                  catga_problem *problem);

    /*
     * Returns whether nine tenths of the bucket's bytes are used, as far as is known. Writers
     * of new records then leave the rest to existing records: a server whose bucket is full refuses
     * both, and one that is almost full may drop the oldest.
     */
    bool (*nearly_full)(catga_transport *transport, const char *bucket);

    /*
     * Writes a record, its bytes and headers, if `revision` is still its latest; 0: if there is
     * none. The answer comes to on_reply with `token`, and `kv_written` says what it means.
     */
    catga_status (*kv_write)(catga_transport *transport, catga_kv_key key,
                             const catga_outgoing *record, uint64_t revision, uint64_t token);

    /*
     * CATGA_OK: it is written, as *revision. CATGA_REFUSED: it is not, since it has another
     * revision. CATGA_OVERLOADED: it is not, since the bucket is full. Anything else: that is not
     * known. *problem says why.
     */
    catga_status (*kv_written)(const catga_incoming *answer, uint64_t *revision,
                               catga_problem *problem);

    /*
     * Reads a record. The answer comes to on_reply with `token`: bytes and headers are the
     * record's, and `kv_found` says whether it is one.
     */
    catga_status (*kv_read)(catga_transport *transport, catga_kv_key key, uint64_t token);

    /*
     * CATGA_OK: it is a record, of *revision, or there is none, and *revision is 0. Not always the
     * latest: what is written over it is compared with that. Anything else: that is not known.
     */
    catga_status (*kv_found)(const catga_incoming *answer, uint64_t *revision,
                             catga_problem *problem);

    /*
     * The first stored message whose number is `number`, from 1, or more, to be released. Waits for
     * the server. CATGA_NOT_FOUND: there is none; CATGA_NO_RESPONDERS: no such stream.
     */
    catga_status (*stream_get)(catga_transport *transport, const char *stream, uint64_t number,
                               catga_incoming *message, catga_problem *problem);

    /* Removes a stored message that is there. Waits. */
    catga_status (*stream_delete)(catga_transport *transport, const char *stream, uint64_t number,
                                  catga_problem *problem);

    /* A header of a message that came, or NULL; lives as long as the message. */
    const char *(*header)(const catga_incoming *message, const char *name);

    void (*release)(catga_incoming *message);

    /* Messages that publish() has sent so far. */
    uint64_t (*published)(const catga_transport *transport);

    /* Messages lost so far because too many were waiting. */
    uint64_t (*dropped)(const catga_transport *transport);

    /*
     * Ends the connection, after every subscription is gone. The listener is not called any more
     * when it returns; the operations still may be, and fail.
     */
    void (*stop)(catga_transport *transport);

    /* Stops the transport unless it is stopped, and frees it. */
    void (*close)(catga_transport *transport);
} catga_transport_operations;

/* What every implementation begins with. */
struct catga_transport {
    const catga_transport_operations *operations;
};

/* What a bus opens a transport with. The text is copied. */
typedef struct catga_transport_settings {
    const char *servers;  /* separated by commas */
    const char *name;     /* of the connection */
    int connect_wait_ms;  /* -1: for ever */
    int ping_interval_ms; /* between two pings of the server */
    int max_pings_out;    /* one more unanswered ping, and the connection is lost */
    catga_local *local;   /* of the local transport, else NULL */
    catga_transport_listener listener;
} catga_transport_settings;

/*
 * The implementations. CATGA_DISCONNECTED when there is no server in time, CATGA_NOT_PERMITTED,
 * CATGA_INVALID_ARGUMENT (an address), CATGA_CLOSED (this process was forked from one whose threads
 * it would need), CATGA_NO_MEMORY; *transport is then NULL. Threads are made with the signal mask
 * of the caller, who has blocked what they must not get.
 */
catga_status catga_transport_nats_open(const catga_transport_settings *settings,
                                       catga_transport **transport);
catga_status catga_transport_local_open(const catga_transport_settings *settings,
                                        catga_transport **transport);

#endif
