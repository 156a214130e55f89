/* Sends requests to a collector; see client.h. */
#include "client.h"

#include "clock.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

_Static_assert(sizeof((otlp_response *)0)->error >= CURL_ERROR_SIZE, "libcurl's texts fit");

struct otlp_client {
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;
    const atomic_int_fast64_t *deadline;
    size_t received;         /* bytes of the response under way */
    otlp_response *response; /* to the request under way */
};

/* ---- Called by libcurl ---- */

/* Counts received bytes. Returns false when there are too many. */
static bool is_within_limit(otlp_client *client, size_t length)
{
    client->received += length;
    return client->received <= OTLP_RECEIVED;
}

static size_t receive_head(char *data, size_t size, size_t count, void *user)
{
    (void)data;
    return is_within_limit(user, size * count) ? count * size : 0;
}

static size_t receive_body(char *data, size_t size, size_t count, void *user)
{
    otlp_client *client = user;
    otlp_response *response = client->response;
    size_t length = size * count;
    size_t room = sizeof response->body - response->length;
    size_t kept = length < room ? length : room;

    memcpy(response->body + response->length, data, kept);
    response->length += kept;
    return is_within_limit(client, length) ? length : 0;
}

/* Opens a socket that is closed on exec and is none of the standard streams. */
static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *address)
{
    int fd = socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);

    (void)user;
    (void)purpose;
    if (fd < 0 || fd > STDERR_FILENO)
        return fd;
    int above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(fd);
    return above;
}

/* ---- Opening ---- */

static bool add_header(otlp_client *client, const char *name, const char *value)
{
    size_t capacity = strlen(name) + strlen(value) + sizeof ": ";
    char *line = malloc(capacity);

    if (line == NULL)
        return false;
    /* libcurl sends an empty header only if a semicolon is in place of the colon. */
    snprintf(line, capacity, *value == '\0' ? "%s;" : "%s: %s", name, value);
    struct curl_slist *headers = curl_slist_append(client->headers, line);
    free(line);
    if (headers != NULL)
        client->headers = headers;
    return headers != NULL;
}

static bool add_headers(otlp_client *client, const otlp_settings *settings)
{
    bool is_added = add_header(client, "Content-Type", settings->writer->media_type);

    if (settings->compresses)
        is_added = is_added && add_header(client, "Content-Encoding", "gzip");
    for (size_t i = 0; i < settings->headers.count; i++)
        is_added = is_added && add_header(client, settings->headers.pairs[i].name,
                                          settings->headers.pairs[i].text.data);
    /* Without this, libcurl would wait for "100 Continue" before a large body. */
    struct curl_slist *headers = curl_slist_append(client->headers, "Expect:");
    if (headers != NULL)
        client->headers = headers;
    return is_added && headers != NULL;
}

/* Trusts the authorities of a file, and no longer those of the system, which libcurl has as a file
 * and as a folder. Returns false without memory. */
static bool set_authorities(CURL *easy, const char *file)
{
    return curl_easy_setopt(easy, CURLOPT_CAINFO, file) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CAPATH, NULL) == CURLE_OK;
}

/* Sets the files of https; NULL stands for libcurl's default. Returns false without memory. */
static bool set_files(CURL *easy, const otlp_settings *settings)
{
    if (settings->authorities != NULL && !set_authorities(easy, settings->authorities))
        return false;
    return curl_easy_setopt(easy, CURLOPT_SSLCERT, settings->certificate) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSLKEY, settings->key) == CURLE_OK;
}

/* Sets what all requests have in common. Returns false without memory. */
static bool set_up(otlp_client *client, const otlp_settings *settings)
{
    CURL *easy = client->easy;

    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L); /* does not wait for a name server */
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, client->headers);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, receive_head);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, client);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, receive_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    return curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "catga-otlp/" CATGA_VERSION) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_URL, settings->url) == CURLE_OK;
}

otlp_client *otlp_client_new(const otlp_settings *settings, const atomic_int_fast64_t *deadline)
{
    otlp_client *client = calloc(1, sizeof *client);

    if (client == NULL)
        return NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(client);
        return NULL;
    }
    client->deadline = deadline;
    client->multi = curl_multi_init();
    client->easy = curl_easy_init();
    if (client->multi != NULL && client->easy != NULL && add_headers(client, settings) &&
        set_up(client, settings) && set_files(client->easy, settings))
        return client;
    otlp_client_free(client);
    return NULL;
}

void otlp_client_free(otlp_client *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->easy);
    curl_multi_cleanup(client->multi);
    curl_slist_free_all(client->headers);
    curl_global_cleanup();
    free(client);
}

/* ---- Requests ---- */

void otlp_client_wait(otlp_client *client, int64_t milliseconds)
{
    int longest = milliseconds > INT_MAX ? INT_MAX : (int)milliseconds;

    if (longest > 0)
        curl_multi_poll(client->multi, NULL, 0, longest, NULL);
}

void otlp_client_wake(otlp_client *client)
{
    curl_multi_wakeup(client->multi);
}

/* Transfers until the end or the deadline. Returns the result of libcurl. */
static CURLcode transfer(otlp_client *client)
{
    int running = 0;
    int left = 0;

    while (curl_multi_perform(client->multi, &running) == CURLM_OK && running != 0) {
        int64_t left_ms = atomic_load(client->deadline) - otlp_now_ms();
        if (left_ms <= 0)
            return CURLE_OPERATION_TIMEDOUT;
        otlp_client_wait(client, left_ms);
    }
    const CURLMsg *message = curl_multi_info_read(client->multi, &left);
    return message == NULL ? CURLE_OUT_OF_MEMORY : message->data.result;
}

/* Takes the status and the header Retry-After from the transfer. */
static void read_result(otlp_client *client, CURLcode code, otlp_response *response)
{
    curl_off_t seconds = 0;

    curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &response->status);
    curl_easy_getinfo(client->easy, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds < 0) /* a date of the past */
        seconds = 0;
    if (response->status < 200) /* only 100 Continue and the like */
        response->status = 0;
    response->retry_after_ms = seconds > INT64_MAX / 1000 ? INT64_MAX : seconds * 1000;
    if (*response->error == '\0')
        snprintf(response->error, sizeof response->error, "%s", curl_easy_strerror(code));
}

void otlp_client_post(otlp_client *client, const otlp_buffer *body, int64_t timeout_ms,
                      otlp_response *response)
{
    CURL *easy = client->easy;

    response->status = 0;
    response->retry_after_ms = 0;
    response->length = 0;
    response->error[0] = '\0';
    client->received = 0;
    client->response = response;
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, response->error);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body->data);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->length);
    curl_multi_add_handle(client->multi, easy);
    CURLcode code = transfer(client);
    read_result(client, code, response);
    curl_multi_remove_handle(client->multi, easy);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, NULL);
}
