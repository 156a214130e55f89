/* The path and the query of a request's target (RFC 3986). */
#ifndef CATGA_HTTP_PATH_H
#define CATGA_HTTP_PATH_H

#include <catga/catga.h>

enum { HTTP_SEGMENTS = 32, HTTP_PARAMETERS = 64 };

typedef struct http_parameter {
    catga_string name;
    catga_string value;
} http_parameter;

/* All texts are decoded, and point into the target that was parsed. */
typedef struct http_path {
    catga_string segments[HTTP_SEGMENTS];
    size_t segment_count;
    http_parameter parameters[HTTP_PARAMETERS];
    size_t parameter_count;
    size_t length; /* of the target */
} http_path;

/* Returns a target behind the scheme and authority of its absolute form (RFC 9112, 3.2.2). */
const char *http_path_begin(const char *target);

/*
 * Splits a target, and decodes each part once, in place. Returns NULL, or why the target is
 * invalid: a text that is a constant.
 */
const char *http_path_parse(char *target, http_path *path);

#endif
