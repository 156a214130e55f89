#include "transport/nats/ack.h"

#include "transport/admission_queue.h"
#include "transport/nats/send.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char ACK[] = "$JS.ACK.";

/* ---- Reading ---- */

/* Reads a number that a dot follows. */
static bool read_number(const char **at, uint64_t *number)
{
    char *end;

    if (**at < '0' || **at > '9')
        return false;
    *number = strtoull(*at, &end, 10);
    if (*end != '.')
        return false;
    *at = end + 1;
    return true;
}

/* Skips tokens and their dots. Returns NULL if there are fewer. */
static const char *skip_tokens(const char *at, int count)
{
    for (; at != NULL && count > 0; count--) {
        at = strchr(at, '.');
        at = at == NULL ? NULL : at + 1;
    }
    return at;
}

bool catga_nats_read_ack(catga_incoming *message, const char *of, catga_nats_place *place)
{
    size_t length = strlen(of);
    uint64_t deliveries;
    uint64_t stored;

    if (message->reply == NULL || strncmp(message->reply, ACK, sizeof ACK - 1) != 0)
        return false;
    const char *at = message->reply + sizeof ACK - 1;
    if (strncmp(at, of, length) != 0)
        at = skip_tokens(at, 2);
    if (at == NULL || strncmp(at, of, length) != 0)
        return false;
    at += length;
    if (!read_number(&at, &deliveries) || !read_number(&at, &message->sequence))
        return false;
    message->deliveries = deliveries > UINT32_MAX ? UINT32_MAX : (uint32_t)deliveries;
    if (!read_number(&at, &place->number) || !read_number(&at, &stored))
        return false;
    message->stored_ns = (int64_t)stored;
    place->pending = strtoull(at, NULL, 10);
    message->reply = NULL;
    return deliveries != 0;
}

/* ---- Settling ---- */

catga_status catga_nats_settle(catga_transport *transport, const catga_incoming *message,
                               catga_settlement settlement, int64_t delay_ns)
{
    catga_nats *nats = catga_nats_of(transport);
    const char *subject = message->native == NULL ? NULL : natsMsg_GetReply(message->native);
    char text[64];
    const char *bodies[] = {"+ACK", "+WPI", text, "+TERM"};

    if (settlement == CATGA_SETTLE_RETRY)
        snprintf(text, sizeof text, "-NAK {\"delay\": %" PRId64 "}", delay_ns > 0 ? delay_ns : 1);
    catga_outgoing ack = {.subject = subject,
                          .data = (const uint8_t *)bodies[settlement],
                          .length = strlen(bodies[settlement])};
    if (subject == NULL || strncmp(subject, ACK, sizeof ACK - 1) != 0)
        return CATGA_INVALID_ARGUMENT;
    if (message->slot != NULL && settlement != CATGA_SETTLE_PROGRESS)
        catga_admission_slot_settle(message->slot);
    return catga_nats_send_unawaited(nats, &ack);
}
