/* Subjects that the server refuses to publish to. */
#ifndef CATGA_NATS_DENIED_H
#define CATGA_NATS_DENIED_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct catga_nats catga_nats;

enum { CATGA_NATS_DENIED = 32, CATGA_NATS_DENIED_SUBJECT = 256 };

/* Subjects that the server has reported for this connection. Each expires after a few seconds, so
 * that permissions that are granted later take effect. */
typedef struct catga_nats_denied {
    atomic_uint count; /* entries in use; while it is 0, no sender takes the lock */
    pthread_mutex_t lock;
    struct {
        int64_t until_ns;
        char subject[CATGA_NATS_DENIED_SUBJECT];
    } entries[CATGA_NATS_DENIED];
} catga_nats_denied;

/* Copies the subject that an error text of the server names. Returns false if the error is not
 * about publishing, or the subject is too long. */
bool catga_nats_denied_subject(const char *text, char subject[CATGA_NATS_DENIED_SUBJECT]);

/* Remembers the subject that an error text of the server names, and tells the bus. Ignores other
 * texts. */
void catga_nats_note_denied(catga_nats *nats, const char *text);

/* Returns true if the server has refused `subject` within the last seconds. */
bool catga_nats_is_denied(catga_nats *nats, const char *subject);

/* Forgets all subjects: a new connection may have other permissions. */
void catga_nats_forget_denied(catga_nats *nats);

#endif
