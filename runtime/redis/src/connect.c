/* Each connection is made and checked with hiredis' blocking functions: HELLO says in one round
 * trip whether the login is right, which version this is, and whether it is a cluster, a Sentinel
 * or a replica. */
#include "connect.h"

#include "base/descriptors.h"
#include "base/monotime.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

enum { PARTS_MAX = 8 };

void catga_redis_link_init(catga_redis_link *link)
{
    *link = (catga_redis_link){0};
    pthread_mutex_init(&link->lock, NULL);
}

void catga_redis_link_end(catga_redis_link *link)
{
    catga_redis_link_close(link);
    pthread_mutex_destroy(&link->lock);
}

static void publish_context(catga_redis_link *link, redisContext *context)
{
    pthread_mutex_lock(&link->lock);
    link->context = context;
    if (context != NULL && link->interrupted)
        shutdown(context->fd, SHUT_RDWR);
    pthread_mutex_unlock(&link->lock);
}

void catga_redis_link_close(catga_redis_link *link)
{
    redisContext *context = link->context;

    publish_context(link, NULL);
    if (context != NULL)
        redisFree(context);
}

void catga_redis_link_interrupt(catga_redis_link *link)
{
    pthread_mutex_lock(&link->lock);
    link->interrupted = true;
    if (link->context != NULL)
        shutdown(link->context->fd, SHUT_RDWR);
    pthread_mutex_unlock(&link->lock);
}

static struct timeval timeval_of(int64_t span_ns)
{
    return (struct timeval){.tv_sec = span_ns / CATGA_SECOND,
                            .tv_usec = span_ns % CATGA_SECOND / 1000};
}

bool catga_redis_link_set_timeout(catga_redis_link *link, int64_t timeout_ns)
{
    return redisSetTimeout(link->context, timeval_of(timeout_ns)) == REDIS_OK;
}

redisReply *catga_redis_link_call(catga_redis_link *link, unsigned count, const char *const *parts,
                                  const size_t *lengths)
{
    return redisCommandArgv(link->context, (int)count, (const char **)(uintptr_t)parts, lengths);
}

/* ---- Replies ---- */

bool catga_redis_is_error(const redisReply *reply, const char *word)
{
    return reply != NULL && reply->type == REDIS_REPLY_ERROR &&
           strncmp(reply->str, word, strlen(word)) == 0;
}

bool catga_redis_is_demoted(const redisReply *reply)
{
    return catga_redis_is_error(reply, "READONLY") || catga_redis_is_error(reply, "LOADING") ||
           catga_redis_is_error(reply, "MASTERDOWN") || catga_redis_is_error(reply, "UNBLOCKED");
}

static bool is_text(const redisReply *reply)
{
    return reply->type == REDIS_REPLY_STRING || reply->type == REDIS_REPLY_STATUS;
}

/* Returns the value of a field in the reply of HELLO, or "". */
static const char *field_of(const redisReply *hello, const char *name)
{
    for (size_t i = 0; hello->type == REDIS_REPLY_ARRAY && i + 1 < hello->elements; i += 2)
        if (is_text(hello->element[i]) && strcmp(hello->element[i]->str, name) == 0 &&
            is_text(hello->element[i + 1]))
            return hello->element[i + 1]->str;
    return "";
}

/* ---- Checking ---- */

static catga_status explain(catga_problem *problem, const char *server, catga_status status,
                            const char *reason)
{
    char text[sizeof problem->text];

    (void)catga_text_format(text, sizeof text, "%s%s%s: %s", problem->text,
                            problem->text[0] == '\0' ? "" : "; ", server, reason);
    memcpy(problem->text, text, sizeof text);
    return status;
}

static redisReply *say_hello(redisContext *context, const catga_redis_address *address,
                             const char *name)
{
    const char *parts[PARTS_MAX] = {"HELLO", "2"};
    int count = 2;

    if (address->password[0] != '\0') {
        parts[count++] = "AUTH";
        parts[count++] = address->user[0] == '\0' ? "default" : address->user;
        parts[count++] = address->password;
    }
    if (name != NULL) {
        parts[count++] = "SETNAME";
        parts[count++] = name;
    }
    return redisCommandArgv(context, count, parts, NULL);
}

/* Explains an error of HELLO. Its text is not shown: it may repeat the password, as "unknown
 * command" does. */
static catga_status judge_error(const char *error, const char *server, catga_problem *problem)
{
    static const struct {
        const char *part;
        catga_status status;
        const char *reason;
    } known[] = {{"WRONGPASS", CATGA_NOT_PERMITTED, "WRONGPASS: the user or the password is wrong"},
                 {"NOAUTH", CATGA_NOT_PERMITTED, "NOAUTH: the address needs a password"},
                 {"NOPERM", CATGA_NOT_PERMITTED, "NOPERM: the user may not use HELLO"},
                 {"unknown command", CATGA_UNSUPPORTED, "no Redis 7.0 or later: it has no HELLO"},
                 {"AUTH <password> called", CATGA_NOT_PERMITTED, "the server takes no password"},
                 {"LOADING", CATGA_DISCONNECTED, "LOADING: the server loads its data"},
                 {"max number of clients", CATGA_DISCONNECTED, "the server has too many clients"},
                 {"DENIED", CATGA_DISCONNECTED, "DENIED: the server is in protected mode"}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strstr(error, known[i].part) != NULL)
            return explain(problem, server, known[i].status, known[i].reason);
    return explain(problem, server, CATGA_DISCONNECTED, "HELLO fails");
}

static catga_status judge(const redisReply *hello, const char *server, catga_problem *problem)
{
    if (hello->type == REDIS_REPLY_ERROR)
        return judge_error(hello->str, server, problem);
    if (strtol(field_of(hello, "version"), NULL, 10) < 7)
        return explain(problem, server, CATGA_UNSUPPORTED,
                       "no Redis 7.0 or later, whose commands this transport uses");
    if (strcmp(field_of(hello, "mode"), "cluster") == 0)
        return explain(problem, server, CATGA_UNSUPPORTED,
                       "a Redis Cluster: a script of this transport changes keys of several slots; "
                       "use a master, with Sentinels if it has to fail over");
    if (strcmp(field_of(hello, "mode"), "sentinel") == 0)
        return explain(problem, server, CATGA_INVALID_ARGUMENT,
                       "a Sentinel: its address is sentinel://HOST:PORT/MASTER");
    if (strcmp(field_of(hello, "role"), "master") != 0)
        return explain(problem, server, CATGA_DISCONNECTED, "a replica, not the master");
    return CATGA_OK;
}

/* Logs in, and checks that the server is a master of the right kind. */
static catga_status greet(redisContext *context, const catga_redis_address *address,
                          const char *name, const char *server, catga_problem *problem)
{
    redisReply *hello = say_hello(context, address, name);

    if (hello == NULL)
        return explain(problem, server, CATGA_DISCONNECTED, context->errstr);
    catga_status status = judge(hello, server, problem);
    freeReplyObject(hello);
    if (status != CATGA_OK || address->database == 0)
        return status;
    redisReply *selected = redisCommand(context, "SELECT %d", address->database);
    if (selected == NULL || selected->type == REDIS_REPLY_ERROR)
        status = explain(problem, server, CATGA_NOT_PERMITTED,
                         selected == NULL ? context->errstr : selected->str);
    freeReplyObject(selected);
    return status;
}

/* ---- Connecting ---- */

static redisContext *connect_to(const catga_redis_address *address, int64_t timeout_ns,
                                catga_problem *problem)
{
    char server[96];
    struct timeval timeout = timeval_of(timeout_ns);
    redisContext *context = address->kind == CATGA_REDIS_UNIX
                                ? redisConnectUnixWithTimeout(address->host, timeout)
                                : redisConnectWithTimeout(address->host, address->port, timeout);

    catga_redis_address_show(address, server, sizeof server);
    if (context != NULL && context->err == 0 && redisSetTimeout(context, timeout) == REDIS_OK &&
        catga_descriptor_close_on_exec(context->fd))
        return context;
    (void)explain(problem, server, CATGA_DISCONNECTED,
                  context == NULL ? "out of memory" : context->errstr);
    if (context != NULL)
        redisFree(context);
    return NULL;
}

/* Asks a Sentinel for the address of the master. */
static bool find_master(const catga_redis_address *sentinel,
                        const catga_redis_link_options *options, catga_redis_address *master,
                        char host[64], catga_problem *problem)
{
    char server[96];
    redisContext *context = connect_to(sentinel, options->timeout_ns, problem);

    if (context == NULL)
        return false;
    catga_redis_address_show(sentinel, server, sizeof server);
    redisReply *reply =
        redisCommand(context, "SENTINEL get-master-addr-by-name %s", sentinel->master);
    bool found = reply != NULL && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
                 is_text(reply->element[0]) && is_text(reply->element[1]) &&
                 reply->element[0]->len < 64;
    if (found) {
        *master = *sentinel;
        master->kind = CATGA_REDIS_TCP;
        master->host = strcpy(host, reply->element[0]->str);
        master->port = (int)strtonum(reply->element[1]->str, 1, UINT16_MAX, NULL);
    } else {
        (void)explain(problem, server, CATGA_DISCONNECTED,
                      reply == NULL                      ? context->errstr
                      : reply->type == REDIS_REPLY_ERROR ? reply->str
                                                         : "the Sentinel knows no such master");
    }
    freeReplyObject(reply);
    redisFree(context);
    return found && master->port != 0;
}

bool catga_redis_link_load(catga_redis_link *link, catga_problem *problem)
{
    for (int i = 0; i < CATGA_REDIS_SCRIPTS; i++) {
        redisReply *reply = redisCommand(link->context, "SCRIPT LOAD %s",
                                         catga_redis_script_text((catga_redis_script)i));
        bool loaded = reply != NULL && is_text(reply) && reply->len == CATGA_REDIS_SHA - 1;
        if (loaded && memcmp(link->sha[i], reply->str, CATGA_REDIS_SHA) != 0)
            memcpy(link->sha[i], reply->str, CATGA_REDIS_SHA); /* once: others read it meanwhile */
        if (!loaded)
            (void)explain(problem, link->server, CATGA_DISCONNECTED,
                          reply == NULL                      ? link->context->errstr
                          : reply->type == REDIS_REPLY_ERROR ? reply->str
                                                             : "it does not load scripts");
        freeReplyObject(reply);
        if (!loaded)
            return false;
    }
    return true;
}

static catga_status open_one(catga_redis_link *link, const catga_redis_address *address,
                             const catga_redis_link_options *options, catga_problem *problem)
{
    char host[64];
    catga_redis_address at = *address;

    if (address->kind == CATGA_REDIS_SENTINEL && !find_master(address, options, &at, host, problem))
        return CATGA_DISCONNECTED;
    redisContext *context = connect_to(&at, options->timeout_ns, problem);
    if (context == NULL)
        return CATGA_DISCONNECTED;
    catga_redis_address_show(&at, link->server, sizeof link->server);
    catga_status status = greet(context, &at, options->name, link->server, problem);
    if (status != CATGA_OK) {
        redisFree(context);
        return status;
    }
    publish_context(link, context);
    if (catga_redis_link_load(link, problem))
        return CATGA_OK;
    catga_redis_link_close(link);
    return CATGA_DISCONNECTED;
}

static bool is_interrupted(catga_redis_link *link)
{
    pthread_mutex_lock(&link->lock);
    bool interrupted = link->interrupted;
    pthread_mutex_unlock(&link->lock);
    return interrupted;
}

catga_status catga_redis_link_open(catga_redis_link *link, const catga_redis_link_options *options,
                                   catga_problem *problem)
{
    catga_status status = CATGA_DISCONNECTED;

    *problem = (catga_problem){""};
    for (int i = 0; i < options->addresses->count && !is_interrupted(link); i++) {
        catga_status of_one = open_one(link, &options->addresses->list[i], options, problem);
        if (of_one == CATGA_OK)
            return CATGA_OK;
        if (of_one != CATGA_DISCONNECTED)
            status = of_one;
    }
    return status;
}
