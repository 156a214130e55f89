/* Pulls stored messages from a durable consumer, into an admission queue of its own. */
#ifndef CATGA_NATS_PULL_H
#define CATGA_NATS_PULL_H

#include "transport/admission_queue.h"
#include "transport/nats/nats_transport.h"

typedef struct catga_nats_pull catga_nats_pull;

/* Makes the inbox, the queue and its workers; requests nothing yet. Returns NULL without memory or
 * threads. */
catga_nats_pull *catga_nats_pull_new(catga_nats *nats, const catga_consumer_settings *consumer);

/* Frees the pull and its queue, when the queue is empty. */
void catga_nats_pull_free(catga_nats_pull *pull);

/* Begins to request messages. Returns false without a thread. */
bool catga_nats_pull_start(catga_nats_pull *pull);

/* Requests messages now, as many as are wanted. */
void catga_nats_pull_request(catga_nats_pull *pull);

/* Ends requesting. Messages that were requested may still arrive. */
void catga_nats_pull_stop(catga_nats_pull *pull);

/* Returns waiting messages to the server. */
void catga_nats_pull_hand_back(catga_nats_pull *pull);

/* Returns the name of the inbox at which messages arrive. */
const char *catga_nats_pull_inbox(const catga_nats_pull *pull);

/* Returns the queue, which the pull owns. */
catga_admission_queue *catga_nats_pull_queue(catga_nats_pull *pull);

/* Takes ownership of a message that arrived at the inbox. One thread at a time. */
void catga_nats_pull_receive(catga_nats_pull *pull, natsMsg *message);

/* Forgets pending requests: the server of a new connection does not have them. Any thread. */
void catga_nats_pull_forget(catga_nats_pull *pull);

#endif
