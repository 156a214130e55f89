/*
 * Refuses requests whose end two servers could see at different places (request smuggling): see RFC
 * 9112, section 6.3. libmicrohttpd 0.9.75 accepts several of them.
 */
#ifndef CATGA_HTTP_FRAMING_H
#define CATGA_HTTP_FRAMING_H

#include "server.h"

/* How the end of a request's body is found. */
typedef struct http_framing {
    bool has_length; /* by Content-Length */
    bool is_chunked; /* by Transfer-Encoding: chunked */
    uint64_t length; /* of Content-Length */
} http_framing;

/* Reads the framing of a request. Returns NULL, or a constant text: why the request is refused;
 * its connection must be closed. */
const char *http_framing_read(const http_exchange *exchange, http_framing *framing);

#endif
