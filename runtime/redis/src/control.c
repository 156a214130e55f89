#include "control.h"

#include "base/text.h"
#include "sigpipe.h"

enum { PARTS_MAX = 300 };

void catga_redis_control_init(catga_redis_control *control, const catga_redis_link_options *options)
{
    pthread_mutex_init(&control->lock, NULL);
    catga_redis_link_init(&control->link);
    control->options = *options;
}

void catga_redis_control_end(catga_redis_control *control)
{
    catga_redis_link_end(&control->link);
    pthread_mutex_destroy(&control->lock);
}

/* The server refuses the command before it changes anything. The first group of errors passes. */
catga_status catga_redis_status_of(const char *error)
{
    static const char *const later[] = {"OOM",     "LOADING",  "READONLY",   "BUSY ",
                                        "MISCONF", "NOSCRIPT", "NOREPLICAS", "MASTERDOWN"};

    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
        if (strncmp(error, later[i], strlen(later[i])) == 0 || strstr(error, "OOM ") != NULL)
            return CATGA_OVERLOADED;
    return strncmp(error, "NOPERM", 6) == 0 || strncmp(error, "NOAUTH", 6) == 0
               ? CATGA_NOT_PERMITTED
               : CATGA_REFUSED;
}

static redisReply *try(catga_redis_control *control, unsigned count, const char *const *parts,
                       catga_redis_script script, catga_problem *problem)
{
    const char *all[PARTS_MAX];
    unsigned own = script < CATGA_REDIS_SCRIPTS ? 2 : 0;

    if (control->link.context == NULL &&
        catga_redis_link_open(&control->link, &control->options, problem) != CATGA_OK)
        return NULL;
    if (own != 0) {
        all[0] = "EVALSHA";
        all[1] = control->link.sha[script];
    }
    for (unsigned i = 0; i < count; i++)
        all[own + i] = parts[i];
    redisReply *reply = catga_redis_link_call(&control->link, own + count, all, NULL);
    bool unusable =
        reply == NULL || catga_redis_is_demoted(reply) || catga_redis_is_error(reply, "NOSCRIPT");
    if (!unusable)
        return reply;
    (void)catga_text_format(problem->text, sizeof problem->text, "%s: %s", control->link.server,
                            reply == NULL ? control->link.context->errstr : reply->str);
    freeReplyObject(reply);
    catga_redis_link_close(&control->link);
    return NULL;
}

static catga_status run(catga_redis_control *control, unsigned count, const char *const *parts,
                        catga_redis_script script, redisReply **reply, catga_problem *problem)
{
    catga_redis_sigpipe signals;

    *reply = NULL;
    if (count > PARTS_MAX - 2)
        return CATGA_TOO_LARGE;
    catga_redis_sigpipe_block(&signals);
    pthread_mutex_lock(&control->lock);
    for (int i = 0; i < 2 && *reply == NULL; i++)
        *reply = try(control, count, parts, script, problem);
    pthread_mutex_unlock(&control->lock);
    catga_redis_sigpipe_restore(&signals);
    if (*reply == NULL)
        return CATGA_DISCONNECTED;
    if ((*reply)->type != REDIS_REPLY_ERROR)
        return CATGA_OK;
    catga_status status = catga_redis_status_of((*reply)->str);
    (void)catga_text_format(problem->text, sizeof problem->text, "the server says: %s",
                            (*reply)->str);
    freeReplyObject(*reply);
    *reply = NULL;
    return status;
}

catga_status catga_redis_control_run(catga_redis_control *control, unsigned count,
                                     const char *const *parts, redisReply **reply,
                                     catga_problem *problem)
{
    return run(control, count, parts, CATGA_REDIS_SCRIPTS, reply, problem);
}

catga_status catga_redis_control_script(catga_redis_control *control, catga_redis_script script,
                                        unsigned count, const char *const *parts,
                                        redisReply **reply, catga_problem *problem)
{
    return run(control, count, parts, script, reply, problem);
}
