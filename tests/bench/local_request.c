/*
 * local_request: nanoseconds of one typed call inside the process, from the filled command to the
 * verified answer. No other library does this. The other side is the minimal cost of a request to
 * another thread: the same bytes through a socket pair.
 */

#include "bench.h"
#include "side/ours.h"

#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIMES = 20000, REQUEST_CAPACITY = 128 };

typedef struct sides {
    catga_bus *bus;
    int socket;
    uint8_t request[REQUEST_CAPACITY];
    size_t request_length;
    uint8_t answer[SAMPLE_CAPACITY];
    size_t answer_length;
    int far_socket;
} sides;

static const bench_get_order query = {.id = {"ORD-0001", 8}};

static catga_status get_order(catga_context *context, bench_get_order_view request)
{
    (void)request;
    bench_order_line lines[SAMPLE_LINES];
    bench_order order = ours_order(&sample, lines);
    return bench_get_order_reply(context, &order);
}

static double ours(void *state)
{
    sides *both = state;
    catga_status worst = CATGA_OK;
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++) {
        bench_order_reply reply;
        worst |= bench_get_order_call(both->bus, &query, &reply);
        bench_order_reply_free(&reply);
    }
    double each = bench_each(start, TIMES);
    bench_need(worst == CATGA_OK, "call");
    return each;
}

/* Answers each request at the far end, until the near end is closed. */
static void *answer_requests(void *state)
{
    const sides *both = state;
    uint8_t buffer[SAMPLE_CAPACITY];

    while (recv(both->far_socket, buffer, sizeof buffer, 0) > 0)
        bench_need(send(both->far_socket, both->answer, both->answer_length, 0) > 0, "answer");
    return NULL;
}

static double other(void *state)
{
    const sides *both = state;
    uint8_t buffer[SAMPLE_CAPACITY];
    uint64_t start = bench_now();

    for (size_t i = 0; i < TIMES; i++) {
        bench_need(send(both->socket, both->request, both->request_length, 0) > 0, "request");
        bench_need(recv(both->socket, buffer, sizeof buffer, 0) > 0, "answer");
    }
    return bench_each(start, TIMES);
}

static void start_far_end(sides *both, pthread_t *thread)
{
    int ends[2];

    bench_need(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends) == 0, "socketpair");
    both->socket = ends[0];
    both->far_socket = ends[1];
    both->answer_length = ours_encode_to(both->answer, sizeof both->answer);
    catga_status status = bench_get_order_encode(&query, both->request, sizeof both->request,
                                                 &both->request_length, NULL);
    bench_need(status == CATGA_OK && both->answer_length > 0, "encode");
    bench_need(pthread_create(thread, NULL, answer_requests, both) == 0, "thread");
}

int main(void)
{
    static const bench_order_service service = {.get_order = get_order};
    static sides both;
    catga_local *local = NULL;
    pthread_t thread;

    bench_need(catga_local_open(&local) == CATGA_OK, "catga_local_open");
    bench_need(catga_open(&both.bus, &(catga_options){.local = local}) == CATGA_OK, "catga_open");
    bench_need(bench_order_service_serve(both.bus, &service, NULL) == CATGA_OK, "serve");
    start_far_end(&both, &thread);
    bench_compare(&(bench_pair){
        .name = "local_request",
        .unit = "ns",
        .who = "the same bytes between two threads over a socket pair",
        .ours = ours,
        .other = other,
        .state = &both,
    });
    close(both.socket);
    pthread_join(thread, NULL);
    catga_close(both.bus);
    catga_local_close(local);
    return 0;
}
