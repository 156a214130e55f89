/* A gateway of nothing but libmicrohttpd and nats.c: it sends finished bytes to the order service,
 * with a reply subject for each request, and answers with a constant when the service has answered.
 * It reads no JSON, writes none and checks nothing. Prints its port. */
#include "../bench.h"
#include "../side/nats_side.h"
#include "http.catga.h"
#include "respond.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IN_FLIGHT = 4096, BYTES = 256, NAME = 64 };

typedef struct message {
    const char *subject;
    uint8_t bytes[BYTES];
    size_t length;
} message;

typedef struct gateway {
    natsConnection *connection;
    char inbox[NAME];
    message command;
    message query;
    uint64_t sent;
    _Atomic(struct MHD_Connection *) waiting[IN_FLIGHT]; /* by the number of their request */
} gateway;

/* ---- Requests ---- */

static void send_message(gateway *bare, const message *to_send, struct MHD_Connection *connection)
{
    char reply[NAME + 24];
    uint64_t number = bare->sent++;

    snprintf(reply, sizeof reply, "%s.%" PRIu64, bare->inbox, number);
    MHD_suspend_connection(connection);
    atomic_store(&bare->waiting[number % IN_FLIGHT], connection);
    bench_need(natsConnection_PublishRequest(bare->connection, to_send->subject, reply,
                                             to_send->bytes, (int)to_send->length) == NATS_OK,
               "natsConnection_PublishRequest");
}

static void on_reply(natsConnection *connection, natsSubscription *subscription, natsMsg *reply,
                     void *user)
{
    gateway *bare = user;
    uint64_t number = strtoull(natsMsg_GetSubject(reply) + strlen(bare->inbox) + 1, NULL, 10);
    struct MHD_Connection *waiting = atomic_exchange(&bare->waiting[number % IN_FLIGHT], NULL);

    (void)connection;
    (void)subscription;
    bench_need(!natsMsg_IsNoResponders(reply), "a service that answers");
    natsMsg_Destroy(reply);
    bench_need(waiting != NULL, "an answer to each request");
    MHD_resume_connection(waiting);
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *size, void **context)
{
    static char begun, sent;
    gateway *bare = user;
    bool is_command = strcmp(method, "POST") == 0;

    (void)url;
    (void)version;
    (void)data;
    if (*context == &sent)
        return http_respond(connection, is_command);
    if (*context == NULL || *size != 0) {
        *context = &begun;
        *size = 0;
        return MHD_YES;
    }
    *context = &sent;
    send_message(bare, is_command ? &bare->command : &bare->query, connection);
    return MHD_YES;
}

/* ---- Start ---- */

static void encode_messages(gateway *bare)
{
    const bench_http_place_order command = {.product_id = CATGA_STR("PROD-001"), .quantity = 2};
    const bench_http_find_order query = {.order_id = CATGA_STR("ORDER-00000001")};

    bare->command.subject = "catga.commands.bench.http.v1.PlaceOrder";
    bare->query.subject = "catga.queries.bench.http.v1.FindOrder";
    bench_need(bench_http_place_order_encode(&command, bare->command.bytes, BYTES,
                                             &bare->command.length, NULL) == CATGA_OK &&
                   bench_http_find_order_encode(&query, bare->query.bytes, BYTES,
                                                &bare->query.length, NULL) == CATGA_OK,
               "encoding");
}

static void subscribe(gateway *bare)
{
    natsSubscription *subscription;
    natsInbox *inbox;
    char pattern[NAME + 2];

    bare->connection = side_connect(false);
    bench_need(natsInbox_Create(&inbox) == NATS_OK, "an inbox");
    snprintf(bare->inbox, sizeof bare->inbox, "%s", inbox);
    natsInbox_Destroy(inbox);
    snprintf(pattern, sizeof pattern, "%s.*", bare->inbox);
    bench_need(natsConnection_Subscribe(&subscription, bare->connection, pattern, on_reply, bare) ==
                   NATS_OK,
               "subscribing");
}

int main(void)
{
    static gateway bare;

    encode_messages(&bare);
    subscribe(&bare);
    struct MHD_Daemon *daemon =
        MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL,
                         on_request, &bare, MHD_OPTION_CONNECTION_LIMIT, 20000U, MHD_OPTION_END);
    bench_need(daemon != NULL, "starting libmicrohttpd");
    printf("%u\n", MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT)->port);
    fflush(stdout);
    pause();
    return 0;
}
