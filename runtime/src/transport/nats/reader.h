/* One ordered reader: its consumer at the server, and the messages that arrive. README.md, "Ordered
 * readers", describes how it recovers. */
#ifndef CATGA_NATS_READER_H
#define CATGA_NATS_READER_H

#include "delivery/ordered.h"
#include "transport/nats/nats_transport.h"

/* The server sends a heartbeat after so long without a message (ADR-17). */
#define CATGA_NATS_READER_HEARTBEAT (5 * CATGA_SECOND)

enum { CATGA_NATS_READER_NAME = 24, CATGA_NATS_STREAM_CREATED = 40 };

struct catga_reader {
    TAILQ_ENTRY(catga_reader) entry; /* under the transport's lock */
    catga_nats *owner;
    catga_reader_settings settings; /* with copies of the texts */
    catga_subscription *subscription;
    char inbox[CATGA_NATS_INBOX + 1];
    atomic_bool stopped;
    atomic_bool is_lost;          /* the consumer must be replaced */
    atomic_bool running;          /* `receive` runs */
    atomic_int_fast64_t heard_ns; /* time of the last sign of the consumer */

    /* Under the subscription's delivery lock. */
    catga_ordered ordered;
    uint64_t newest;    /* number of the stream's last message before the consumer; 0: unknown */
    bool has_begun;     /* a consumer has been created */
    bool is_new_stream; /* the stream is not that of the first consumer, or lost its messages */
    bool misses;        /* the last heartbeat named a message that had not arrived */
    char name[CATGA_NATS_READER_NAME];       /* of the consumer; empty: none */
    char created[CATGA_NATS_STREAM_CREATED]; /* time of the stream's creation, as text */

    /* Of readers.c, under the transport's lock. */
    int64_t up_ns;    /* the connection on which the consumer was created */
    int64_t next_ns;  /* earliest time of the next attempt to replace the consumer */
    int64_t pause_ns; /* between attempts */
    int64_t told_ns;  /* time of the last report that the reader cannot read; 0: none */
    bool is_busy;     /* its consumer is being replaced */
};

/* Creates the reader's consumer, after the last message; the former one is deleted. Waits for the
 * server up to `wait_ms` for each answer. Statuses as of `read`. */
catga_status catga_nats_reader_create(catga_reader *reader, int wait_ms, catga_problem *problem);

/* The same for a new consumer in place of a lost one. CATGA_IN_PROGRESS: a function of the reader
 * runs, and nothing was done. */
catga_status catga_nats_reader_recreate(catga_reader *reader, int wait_ms, catga_problem *problem);

/* Has the server delete the consumer, without waiting. */
void catga_nats_reader_delete(catga_reader *reader);

/* Takes a message that arrived at the reader's inbox. `reader` is one; has the type of
 * catga_receive_function. Called under the subscription's delivery lock. */
void catga_nats_reader_receive(void *reader, catga_incoming *message);

#endif
