/* The other side: libmicrohttpd, which reads each request and answers with a constant. Prints its
 * port. */
#include "respond.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static enum MHD_Result respond(void *user, struct MHD_Connection *connection, const char *url,
                               const char *method, const char *version, const char *data,
                               size_t *size, void **context)
{
    static char begun;

    (void)user;
    (void)url;
    (void)version;
    (void)data;
    if (*context == NULL) {
        *context = &begun;
        return MHD_YES;
    }
    if (*size != 0) {
        *size = 0;
        return MHD_YES;
    }
    return http_respond(connection, strcmp(method, "POST") == 0);
}

int main(void)
{
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, respond, NULL,
                         MHD_OPTION_CONNECTION_LIMIT, 20000U, MHD_OPTION_END);

    if (daemon == NULL)
        return 1;
    printf("%u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    pause();
    return 0;
}
