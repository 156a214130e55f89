/* The address of a collector; see url.h. */
#include "url.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

static bool is_http(CURLU *parts)
{
    char *scheme = NULL;

    if (curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        return false;
    bool is_right = strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0;
    curl_free(scheme);
    return is_right;
}

/* Returns two paths with one slash between them, as the caller's memory; NULL without memory. */
static char *join(const char *base, const char *path)
{
    size_t length = strlen(base);
    size_t capacity = length + strlen(path) + 1;
    char *joined = malloc(capacity);

    while (length != 0 && base[length - 1] == '/')
        length--;
    if (joined != NULL)
        snprintf(joined, capacity, "%.*s%s", (int)length, base, path);
    return joined;
}

static CURLUcode add_path(CURLU *parts, const char *path)
{
    char *base = NULL;

    if (*path == '\0')
        return CURLUE_OK;
    CURLUcode code = curl_url_get(parts, CURLUPART_PATH, &base, 0);
    char *joined = code == CURLUE_OK ? join(base, path) : NULL;
    curl_free(base);
    code = joined == NULL ? CURLUE_OUT_OF_MEMORY : curl_url_set(parts, CURLUPART_PATH, joined, 0);
    free(joined);
    return code;
}

catga_status otlp_url_make(char **url, const char *text, const char *path)
{
    CURLU *parts = curl_url();

    *url = NULL;
    if (parts == NULL)
        return CATGA_NO_MEMORY;
    CURLUcode code = curl_url_set(parts, CURLUPART_URL, text, 0);
    if (code == CURLUE_OK && !is_http(parts))
        code = CURLUE_UNSUPPORTED_SCHEME;
    if (code == CURLUE_OK)
        code = add_path(parts, path);
    if (code == CURLUE_OK)
        code = curl_url_get(parts, CURLUPART_URL, url, 0);
    curl_url_cleanup(parts);
    return code == CURLUE_OK              ? CATGA_OK
           : code == CURLUE_OUT_OF_MEMORY ? CATGA_NO_MEMORY
                                          : CATGA_INVALID_ARGUMENT;
}

void otlp_url_free(char *url)
{
    curl_free(url);
}
