/* Makes the bytes of a message from a path, a query string and a body. */
#ifndef CATGA_HTTP_MESSAGE_H
#define CATGA_HTTP_MESSAGE_H

#include "media.h"
#include "problem.h"
#include "router.h"

/* The largest memory for the parts of a message, in bytes. */
enum { HTTP_MESSAGE_MEMORY = 1 << 28 };

/* The parts of a request that become a message. */
typedef struct http_message_input {
    const http_route *route;
    const http_path *path;
    http_media media; /* of the body */
    const char *body; /* may be NULL if `length` is 0 */
    size_t length;
} http_message_input;

/* An encoded message, and why there is none. */
typedef struct http_message {
    uint8_t *bytes; /* allocated by malloc */
    size_t length;
    char where[256];      /* memory of problem.part.where */
    catga_problem reason; /* memory of problem.detail */
    http_problem problem;
} http_message;

/*
 * Makes the message. A field of the path wins over the same field of a body. Returns false with
 * made->problem. The caller frees made->bytes in both cases.
 */
bool http_message_make(const http_message_input *input, http_message *made);

#endif
