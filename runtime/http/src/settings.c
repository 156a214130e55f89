/* Reads the options of a gateway; see settings.h. */
#include "settings.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LARGEST_FILE = 1 << 20 };

typedef struct number_rule {
    size_t option; /* offset in catga_http_options */
    size_t field;  /* offset in http_settings */
    const char *name;
    const char *environment; /* names separated by blanks */
    int standard;
    int lowest;
    int highest;
} number_rule;

#define RULE(name, environment, standard, lowest, highest)                                         \
    {                                                                                              \
        offsetof(catga_http_options, name), offsetof(http_settings, name), #name, environment,     \
            standard, lowest, highest                                                              \
    }

static const number_rule numbers[] = {
    RULE(port, "CATGA_HTTP_PORT NODE_PORT", 8080, -1, 65535),
    RULE(admin_port, "CATGA_HTTP_ADMIN_PORT", 0, -1, 65535),
    RULE(connections, "CATGA_HTTP_CONNECTIONS", 1024, 1, 1000000),
    RULE(connections_per_address, "CATGA_HTTP_CONNECTIONS_PER_ADDRESS", 0, 0, 1000000),
    RULE(body, "CATGA_HTTP_BODY", 1044480, 1, 67108864),
    RULE(head_ms, "CATGA_HTTP_HEAD_MS", 5000, 100, 3600000),
    RULE(body_ms, "CATGA_HTTP_BODY_MS", 10000, 100, 3600000),
    RULE(send_ms, "CATGA_HTTP_SEND_MS", 30000, 100, 3600000),
    RULE(idle_ms, "CATGA_HTTP_IDLE_MS", 30000, 1000, 3600000),
    RULE(streams, "CATGA_HTTP_STREAMS", 1024, 1, 1000000),
    RULE(leave_ms, "CATGA_HTTP_LEAVE_MS", 0, 0, 3600000),
    RULE(metrics, "CATGA_HTTP_METRICS", 0, 0, 1),
};

/* Returns the first variable of the list that is set and not empty; its name is in `name`. */
static const char *first_set(const char *list, char name[64])
{
    while (*list != '\0') {
        size_t length = strcspn(list, " ");
        snprintf(name, 64, "%.*s", (int)length, list);
        const char *value = getenv(name);
        if (value != NULL && *value != '\0')
            return value;
        list += length + strspn(list + length, " ");
    }
    return NULL;
}

/* ---- Numbers ---- */

static catga_status refuse_number(catga_problem *problem, const number_rule *rule, const char *name,
                                  const char *value)
{
    snprintf(problem->text, sizeof problem->text,
             "%.40s: accepted is: %sa number from %d to %d (value=\"%.16s\")", name,
             rule->lowest < 0 ? "-1 (any free port) or " : "", rule->lowest < 0 ? 1 : rule->lowest,
             rule->highest, value);
    return CATGA_INVALID_ARGUMENT;
}

static catga_status read_number(http_settings *settings, const catga_http_options *options,
                                const number_rule *rule, catga_problem *problem)
{
    int option = *(const int *)(const void *)((const char *)options + rule->option);
    int *field = (int *)(void *)((char *)settings + rule->field);
    char name[64];
    char text[16];
    const char *error = NULL;

    const char *value = option != 0 ? NULL : first_set(rule->environment, name);
    *field = option != 0 ? option : rule->standard;
    if (value != NULL) {
        *field = (int)strtonum(value, rule->lowest, rule->highest, &error);
        if (error != NULL || (*field == 0 && rule->standard != 0))
            return refuse_number(problem, rule, name, value);
        return CATGA_OK;
    }
    snprintf(text, sizeof text, "%d", *field);
    return *field >= rule->lowest && *field <= rule->highest
               ? CATGA_OK
               : refuse_number(problem, rule, rule->name, text);
}

static catga_status read_numbers(http_settings *settings, const catga_http_options *options,
                                 catga_problem *problem)
{
    catga_status status = CATGA_OK;

    for (size_t i = 0; status == CATGA_OK && i < sizeof numbers / sizeof numbers[0]; i++)
        status = read_number(settings, options, &numbers[i], problem);
    return status;
}

/* ---- Texts ---- */

static const char *read_text(const char *option, const char *environment, const char *standard)
{
    char name[64];
    const char *value = option != NULL ? option : first_set(environment, name);

    return value != NULL ? value : standard;
}

/* Returns whether a text can be the value of Access-Control-Allow-Origin. */
static bool is_origin(const char *text)
{
    bool is_visible = *text != '\0';

    for (const char *at = text; *at != '\0'; at++)
        is_visible = is_visible && *at > ' ' && *at <= '~' && *at != ',';
    return is_visible && (strcmp(text, "*") == 0 || strstr(text, "://") != NULL);
}

static catga_status read_origin(http_settings *settings, const catga_http_options *options,
                                catga_problem *problem)
{
    settings->cors_origin = read_text(options->cors_origin, "CATGA_HTTP_CORS_ORIGIN", NULL);
    if (settings->cors_origin == NULL || is_origin(settings->cors_origin))
        return CATGA_OK;
    snprintf(problem->text, sizeof problem->text,
             "cors_origin: accepted is: one origin, \"https://shop.example\", or \"*\" "
             "(value=\"%.40s\")",
             settings->cors_origin);
    return CATGA_INVALID_ARGUMENT;
}

/* ---- Files ---- */

/* Reads a file that begins as a text. Returns NULL with errno. */
static char *read_open_file(int fd)
{
    struct stat found;

    if (fstat(fd, &found) != 0)
        return NULL;
    if (!S_ISREG(found.st_mode) || found.st_size > LARGEST_FILE) {
        errno = EFBIG;
        return NULL;
    }
    size_t length = (size_t)found.st_size;
    char *text = malloc(length + 1);
    ssize_t got = text == NULL ? -1 : read(fd, text, length);
    if (got < 0) {
        free(text);
        return NULL;
    }
    text[got] = '\0';
    return text;
}

static catga_status read_file(const char *path, char **text, catga_problem *problem)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    *text = fd < 0 ? NULL : read_open_file(fd);
    int error = errno;
    if (fd >= 0)
        close(fd);
    if (*text != NULL)
        return CATGA_OK;
    snprintf(problem->text, sizeof problem->text, "cannot read the file %.80s: %s", path,
             strerror(error));
    return CATGA_INVALID_ARGUMENT;
}

static catga_status read_certificate(http_settings *settings, const catga_http_options *options,
                                     catga_problem *problem)
{
    const char *certificate =
        read_text(options->certificate_file, "CATGA_HTTP_CERTIFICATE_FILE", NULL);
    const char *key = read_text(options->key_file, "CATGA_HTTP_KEY_FILE", NULL);

    if (certificate == NULL && key == NULL)
        return CATGA_OK;
    if (certificate == NULL || key == NULL) {
        snprintf(problem->text, sizeof problem->text,
                 "TLS needs both certificate_file and key_file");
        return CATGA_INVALID_ARGUMENT;
    }
    catga_status status = read_file(certificate, &settings->certificate, problem);
    return status == CATGA_OK ? read_file(key, &settings->key, problem) : status;
}

catga_status http_settings_read(http_settings *settings, const catga_http_options *options,
                                const catga_bus *bus, catga_problem *problem)
{
    static const catga_http_options none;
    const catga_http_options *given = options == NULL ? &none : options;

    *settings = (http_settings){.checks = given->checks,
                                .check_count = given->check_count,
                                .sources = given->sources,
                                .source_count = given->source_count};
    settings->address = read_text(given->address, "CATGA_HTTP_ADDRESS", "127.0.0.1");
    settings->name = read_text(given->name, "CATGA_NAME", catga_instance(bus));
    settings->endpoint = read_text(given->endpoint, "CATGA_HTTP_ENDPOINT", NULL);
    settings->version = given->version;
    catga_status status = read_numbers(settings, given, problem);
    if (status == CATGA_OK)
        status = read_origin(settings, given, problem);
    if (status == CATGA_OK)
        status = http_forward_headers_read(
            &settings->forward_headers,
            read_text(given->forward_headers, "CATGA_HTTP_FORWARD_HEADERS", NULL), problem);
    return status == CATGA_OK ? read_certificate(settings, given, problem) : status;
}

void http_settings_free(http_settings *settings)
{
    free(settings->certificate);
    if (settings->key != NULL)
        explicit_bzero(settings->key, strlen(settings->key));
    free(settings->key);
}
