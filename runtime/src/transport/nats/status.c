#include "transport/nats/status.h"

/* One more than the status: 0 marks a gap, which a newer libnats may have. */
#define MEANS(status) (CATGA_##status + 1)

static const unsigned char meaning[] = {
    [NATS_OK] = MEANS(OK),
    [NATS_ERR] = MEANS(TRANSPORT_FAILED),
    [NATS_PROTOCOL_ERROR] = MEANS(DISCONNECTED), /* it ends the connection */
    [NATS_IO_ERROR] = MEANS(DISCONNECTED),
    [NATS_LINE_TOO_LONG] = MEANS(DISCONNECTED),
    [NATS_CONNECTION_CLOSED] = MEANS(DISCONNECTED),
    [NATS_NO_SERVER] = MEANS(DISCONNECTED),
    [NATS_STALE_CONNECTION] = MEANS(DISCONNECTED),
    [NATS_SECURE_CONNECTION_WANTED] = MEANS(NOT_PERMITTED),
    [NATS_SECURE_CONNECTION_REQUIRED] = MEANS(NOT_PERMITTED),
    [NATS_CONNECTION_DISCONNECTED] = MEANS(DISCONNECTED),
    [NATS_CONNECTION_AUTH_FAILED] = MEANS(NOT_PERMITTED),
    [NATS_NOT_PERMITTED] = MEANS(NOT_PERMITTED),
    [NATS_NOT_FOUND] = MEANS(TRANSPORT_FAILED),
    [NATS_ADDRESS_MISSING] = MEANS(INVALID_ARGUMENT),
    [NATS_INVALID_SUBJECT] = MEANS(INVALID_ARGUMENT),
    [NATS_INVALID_ARG] = MEANS(INVALID_ARGUMENT),
    [NATS_INVALID_SUBSCRIPTION] = MEANS(INVALID_ARGUMENT),
    [NATS_INVALID_TIMEOUT] = MEANS(INVALID_ARGUMENT),
    [NATS_ILLEGAL_STATE] = MEANS(TRANSPORT_FAILED),
    [NATS_SLOW_CONSUMER] = MEANS(OVERLOADED),
    [NATS_MAX_PAYLOAD] = MEANS(TOO_LARGE),
    [NATS_MAX_DELIVERED_MSGS] = MEANS(TRANSPORT_FAILED),
    [NATS_INSUFFICIENT_BUFFER] = MEANS(DISCONNECTED), /* of a reconnect buffer */
    [NATS_NO_MEMORY] = MEANS(NO_MEMORY),
    [NATS_SYS_ERROR] = MEANS(TRANSPORT_FAILED),
    [NATS_TIMEOUT] = MEANS(TIMEOUT),
    [NATS_FAILED_TO_INITIALIZE] = MEANS(TRANSPORT_FAILED),
    [NATS_NOT_INITIALIZED] = MEANS(TRANSPORT_FAILED),
    [NATS_SSL_ERROR] = MEANS(NOT_PERMITTED),
    [NATS_NO_SERVER_SUPPORT] = MEANS(TRANSPORT_FAILED), /* headers, of a server before 2.2 */
    [NATS_NOT_YET_CONNECTED] = MEANS(DISCONNECTED),
    [NATS_DRAINING] = MEANS(DRAINING),
    [NATS_INVALID_QUEUE_NAME] = MEANS(INVALID_ARGUMENT),
    [NATS_NO_RESPONDERS] = MEANS(NO_RESPONDERS),
    [NATS_MISMATCH] = MEANS(TRANSPORT_FAILED),
    [NATS_MISSED_HEARTBEAT] = MEANS(TRANSPORT_FAILED),
};

catga_status catga_nats_status(natsStatus status)
{
    size_t index = (size_t)status;

    if (index >= sizeof(meaning) || meaning[index] == 0)
        return CATGA_TRANSPORT_FAILED;
    return (catga_status)(meaning[index] - 1);
}

/* See nats-server/server/errors.json. CATGA_OVERLOADED means that a retry may succeed. */
catga_status catga_nats_jetstream_status(int64_t code)
{
    switch (code) {
    case 10005: /* no suitable peers for placement: the cluster is still forming */
    case 10008: /* JetStream system temporarily unavailable */
    case 10009: /* cluster not leader */
    case 10023: /* insufficient resources */
    case 10028: /* insufficient memory */
    case 10047: /* insufficient storage */
    case 10077: /* the stream is full */
        return CATGA_OVERLOADED;
    case 10071: /* wrong last sequence */
        return CATGA_CONFLICT;
    case 10054: /* larger than the stream allows */
    case 10097: /* headers too large */
        return CATGA_TOO_LARGE;
    case 10039: /* JetStream not enabled for the account */
    case 10076: /* JetStream not enabled */
        return CATGA_NO_JETSTREAM;
    default:
        return CATGA_REFUSED;
    }
}
