/* Sends requests to a collector. */
#ifndef CATGA_OTLP_CLIENT_H
#define CATGA_OTLP_CLIENT_H

#include "buffer.h"
#include "settings.h"

#include <stdatomic.h>

typedef struct otlp_client otlp_client;

/* Bytes of the body of a response that are kept, and that are received at most. */
enum { OTLP_KEPT = 4096, OTLP_RECEIVED = 65536 };

typedef struct otlp_response {
    long status;            /* of HTTP; 0: there was no response */
    int64_t retry_after_ms; /* 0: the header is absent */
    size_t length;          /* of `body` */
    unsigned char body[OTLP_KEPT];
    char error[256]; /* why there was no response */
} otlp_response;

/* No request takes longer than until *deadline, in milliseconds of the clock. Returns NULL without
 * memory. Only otlp_client_wake may be called by several threads. */
otlp_client *otlp_client_new(const otlp_settings *settings, const atomic_int_fast64_t *deadline);
void otlp_client_free(otlp_client *client);

/* Sends a body once, for at most timeout_ms. */
void otlp_client_post(otlp_client *client, const otlp_buffer *body, int64_t timeout_ms,
                      otlp_response *response);

/* Waits for the milliseconds, or for otlp_client_wake: a call of it before counts, too. */
void otlp_client_wait(otlp_client *client, int64_t milliseconds);

/* Ends a wait, and lets a request look at its deadline. Does not wait. */
void otlp_client_wake(otlp_client *client);

#endif
