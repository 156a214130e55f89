/* Media types: the content that a client sends and accepts (RFC 9110, sections 8.3 and 12.5.1). */
#ifndef CATGA_HTTP_MEDIA_H
#define CATGA_HTTP_MEDIA_H

#include <catga/catga.h>

typedef enum http_media {
    HTTP_MEDIA_JSON,        /* application/json */
    HTTP_MEDIA_FLATBUFFERS, /* application/octet-stream: the bytes of the message */
    HTTP_MEDIA_EVENTS,      /* text/event-stream */
    HTTP_MEDIA_TEXT,        /* text/plain */
    HTTP_MEDIA_OPENMETRICS  /* application/openmetrics-text */
} http_media;

/* Room for the header Accept. */
enum { HTTP_ACCEPT = 2048 };

const char *http_media_name(http_media media);

/* The types of a body, as the headers Accept-Post and Accept-Patch list them. */
#define HTTP_MEDIA_BODIES "application/json, application/octet-stream"

/* Reads the header Content-Type, which may be NULL. Returns false for any other type, and for a
 * charset that is not UTF-8. */
bool http_media_of_body(const char *content_type, http_media *media);

/* Returns whether the header Accept accepts a type. NULL and an empty one accept all. */
bool http_media_accepts(const char *accept, http_media media);

/* Returns whether the header Accept, which may be NULL, welcomes a type more than another. */
bool http_media_prefers(const char *accept, http_media media, http_media other);

/* Chooses JSON or FlatBuffers for a response; JSON if both are equally welcome. Returns false if
 * the header accepts none of both. */
bool http_media_of_response(const char *accept, http_media *media);

#endif
