/*
 * Both sides ask for the order of three lines with the same bytes and are answered with the same
 * bytes. Ours encodes, verifies and dispatches by type; the other moves bytes. Each service is a
 * process of its own, forked before any thread exists.
 */

#include "request.h"

#include "../bench.h"
#include "nats_side.h"
#include "our_requests.h"
#include "ours.h"
#include "service.h"

enum { TIMEOUT_MS = 5000 };

static const char echo_subject[] = "bench.echo";

typedef struct sides {
    catga_bus *bus;
    natsConnection *connection;
    uint8_t request[OUR_REQUEST_CAPACITY];
    size_t request_length;
    uint8_t answer[SAMPLE_CAPACITY];
    side_bytes order;
} sides;

static void serve_ours(void *state)
{
    catga_bus *bus = NULL;

    (void)state;
    bench_need(catga_open(&bus, NULL) == CATGA_OK, "catga_open of the service");
    our_requests_serve(bus);
}

static void serve_default(void *state)
{
    sides *both = state;

    side_serve(side_connect(false), echo_subject, &both->order);
}

static void serve_asap(void *state)
{
    sides *both = state;

    side_serve(side_connect(true), echo_subject, &both->order);
}

static double ours(void *state)
{
    return our_requests_median(((sides *)state)->bus);
}

static double other(void *state)
{
    sides *both = state;
    double micros[OUR_REQUESTS];

    for (size_t i = 0; i < OUR_REQUESTS; i++) {
        natsMsg *reply = NULL;
        uint64_t start = bench_now();
        natsStatus status =
            natsConnection_Request(&reply, both->connection, echo_subject, both->request,
                                   (int)both->request_length, TIMEOUT_MS);
        micros[i] = bench_each(start, 1000);
        bench_need(status == NATS_OK, "natsConnection_Request");
        natsMsg_Destroy(reply);
    }
    return bench_median(micros, OUR_REQUESTS);
}

int bench_request(const char *name, const char *who, bool send_asap)
{
    static sides both;

    both.order = (side_bytes){both.answer, ours_encode_to(both.answer, sizeof both.answer)};
    both.request_length = our_requests_encode(both.request);
    bench_need(both.order.length > 0, "encode");
    pid_t our_service = service_start(serve_ours, &both);
    pid_t other_service = service_start(send_asap ? serve_asap : serve_default, &both);
    bench_need(catga_open(&both.bus, NULL) == CATGA_OK, "catga_open");
    both.connection = side_connect(send_asap);
    bench_compare(&(bench_pair){
        .name = name,
        .unit = "us",
        .who = who,
        .ours = ours,
        .other = other,
        .state = &both,
    });
    catga_close(both.bus);
    natsConnection_Destroy(both.connection);
    service_stop(our_service);
    service_stop(other_service);
    nats_Close();
    return 0;
}
