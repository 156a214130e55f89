/* Checks headers; see framing.h. */
#include "framing.h"

#include <stdlib.h>
#include <strings.h>

enum { HEADERS = 64 };

typedef struct reader {
    http_framing *framing;
    const char *problem;
    unsigned headers;
    unsigned lengths;
    unsigned encodings;
    unsigned hosts;
} reader;

/* Returns whether a name consists of the characters of a token (RFC 9110, section 5.6.2). */
static bool is_token(const char *name)
{
    static const char others[] = "!#$%&'*+-.^_`|~";

    for (const char *at = name; *at != '\0'; at++) {
        bool is_letter = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z');
        if (!is_letter && !(*at >= '0' && *at <= '9') && strchr(others, *at) == NULL)
            return false;
    }
    return *name != '\0';
}

static bool has_control_character(const char *value)
{
    for (const char *at = value; *at != '\0'; at++)
        if (((unsigned char)*at < ' ' && *at != '\t') || *at == 0x7f)
            return true;
    return false;
}

static bool begins_with(const char *name, const char *start)
{
    return strncasecmp(name, start, strlen(start)) == 0;
}

/* Returns false if the value is not one number of at most 18 digits. */
static bool read_length(const char *value, uint64_t *length)
{
    size_t digits = strspn(value, "0123456789");

    if (digits == 0 || digits > 18 || value[digits] != '\0')
        return false;
    *length = strtoull(value, NULL, 10);
    return true;
}

/* Reads a header that decides the end of the body. Similar names hide such a header from one of two
 * servers. */
static const char *read_framing(reader *r, const char *name, const char *value)
{
    bool is_length = strcasecmp(name, "Content-Length") == 0;
    bool is_encoding = strcasecmp(name, "Transfer-Encoding") == 0;

    if (!is_length && !is_encoding)
        return begins_with(name, "Content-Length") || begins_with(name, "Transfer-Encoding")
                   ? "a header name only begins like one of the body's length"
                   : NULL;
    r->lengths += is_length;
    r->encodings += is_encoding;
    r->framing->has_length = r->lengths == 1;
    r->framing->is_chunked = r->encodings == 1;
    if (r->lengths + r->encodings > 1)
        return "the length of the body is given twice";
    if (is_encoding)
        return strcasecmp(value, "chunked") == 0 ? NULL : "the transfer encoding must be 'chunked'";
    return read_length(value, &r->framing->length) ? NULL : "Content-Length must be a number";
}

static bool read_header(void *user, const char *name, const char *value)
{
    reader *r = user;

    r->hosts += strcasecmp(name, "Host") == 0;
    if (++r->headers > HEADERS)
        r->problem = "there are more than 64 headers";
    else if (!is_token(name))
        r->problem = "a header name has an invalid character";
    else if (has_control_character(value))
        r->problem = "a header value has a control character";
    else if (r->hosts > 1)
        r->problem = "there are two Host headers";
    else
        r->problem = read_framing(r, name, value);
    return r->problem == NULL;
}

const char *http_framing_read(const http_exchange *exchange, http_framing *framing)
{
    reader r = {.framing = framing};

    *framing = (http_framing){0};
    http_exchange_headers(exchange, read_header, &r);
    if (r.problem == NULL && framing->is_chunked && http_exchange_is_old(exchange))
        return "HTTP/1.0 has no transfer encoding";
    return r.problem;
}
