#include "memory_policy.h"

#include <stdio.h>
#include <stdlib.h>

/* Returns the value of a line "NAME:VALUE", or "". */
static const char *value_of(const char *info, const char *name)
{
    size_t length = strlen(name);

    for (const char *at = info; at != NULL; at = strchr(at, '\n')) {
        at += *at == '\n';
        if (strncmp(at, name, length) == 0 && at[length] == ':')
            return at + length + 1;
    }
    return "";
}

static uint64_t number_of(const char *info, const char *name)
{
    return strtoull(value_of(info, name), NULL, 10);
}

bool catga_redis_memory_nearly_full(const char *info)
{
    uint64_t most = number_of(info, "maxmemory");

    return most != 0 && number_of(info, "used_memory") >= most - most / 10;
}

catga_status catga_redis_memory_may_store(catga_redis_control *control, catga_problem *problem)
{
    static const char *const parts[] = {"INFO", "memory"};
    redisReply *reply;
    catga_status status = catga_redis_control_run(control, 2, parts, &reply, problem);

    if (status != CATGA_OK)
        return status == CATGA_DISCONNECTED ? status : CATGA_OK;
    const char *info = reply->type == REDIS_REPLY_STRING ? reply->str : "";
    const char *policy = value_of(info, "maxmemory_policy");
    if (number_of(info, "maxmemory") != 0 && strncmp(policy, "noeviction", 10) != 0) {
        snprintf(problem->text, sizeof problem->text,
                 "the server's maxmemory-policy is %.*s: it would drop stored messages and claims; "
                 "set it to noeviction",
                 (int)strcspn(policy, "\r\n"), policy);
        status = CATGA_REFUSED;
    }
    freeReplyObject(reply);
    return status;
}
