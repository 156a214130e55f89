/* A program over Redis, without a server. */
#include <catga/redis.h>

#include <stdio.h>

static void log_nothing(void *user, catga_log_level level, const char *text)
{
    (void)user;
    (void)level;
    (void)text;
}

int main(void)
{
    catga_bus *bus;
    const catga_options options = {.servers = "unix:///nonexistent/redis",
                                   .transport = catga_redis(),
                                   .connect_wait_ms = 1,
                                   .log = log_nothing};

    if (catga_open(&bus, &options) != CATGA_DISCONNECTED)
        return 1;
    printf("no Redis\n");
    return 0;
}
