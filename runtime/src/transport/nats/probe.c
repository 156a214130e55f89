#include "transport/nats/probe.h"

#include "base/clock.h"
#include "transport/nats/send.h"

#include <stdio.h>

/* milliseconds that the server may take to confirm, and nats.c to report an error it has read */
enum { CONFIRM_MS = 2000, REPORT_MS = 300 };

static catga_status send_probe(catga_nats *nats, const catga_outgoing *probe)
{
    char reply[CATGA_NATS_REPLY + 1];

    snprintf(reply, sizeof reply, "%s.unread", nats->inbox); /* the inbox ignores the answer */
    return catga_nats_send(nats, probe, reply);
}

/* Returns true if the last error of the connection names the subject: its report will follow. */
static bool is_last_error(natsConnection *connection, const char *subject)
{
    const char *text = NULL;
    char named[CATGA_NATS_DENIED_SUBJECT];

    return natsConnection_GetLastError(connection, &text) == NATS_NOT_PERMITTED && text != NULL &&
           catga_nats_denied_subject(text, named) && strcmp(named, subject) == 0;
}

catga_status catga_nats_probe(catga_nats *nats, const catga_outgoing *probe, const char *right,
                              catga_problem *problem)
{
    catga_status status = send_probe(nats, probe);
    catga_nats_use use = catga_nats_link_enter(&nats->link);

    if (use.connection == NULL)
        return CATGA_OK;
    natsConnection_FlushTimeout(use.connection, CONFIRM_MS);
    bool suspect = is_last_error(use.connection, probe->subject);
    catga_nats_link_leave(use, 0);
    int64_t end = catga_clock_now() + REPORT_MS * CATGA_MILLISECOND;
    while (suspect && !catga_nats_is_denied(nats, probe->subject) && catga_clock_now() < end)
        nanosleep(&(struct timespec){.tv_nsec = CATGA_MILLISECOND}, NULL);
    if (status != CATGA_NOT_PERMITTED && !catga_nats_is_denied(nats, probe->subject))
        return CATGA_OK;
    snprintf(problem->text, sizeof problem->text, "no permission to publish to \"%s\"", right);
    return CATGA_NOT_PERMITTED;
}
