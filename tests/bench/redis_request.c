/*
 * redis_request: median microseconds of a single request over Redis, compared with the same bytes
 * over bare hiredis: XADD, XREADGROUP, and a list for the reply. Each service is a process of its
 * own, forked before any thread exists.
 */

#include "bench.h"
#include "side/our_requests.h"
#include "side/ours.h"
#include "side/redis_side.h"
#include "side/service.h"

#include <catga/redis.h>

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#define STREAM "bench:requests"
#define LIST   "bench:replies"

typedef struct sides {
    catga_bus *bus;
    redisContext *context;
    uint8_t request[OUR_REQUEST_CAPACITY];
    size_t request_length;
    uint8_t answer[SAMPLE_CAPACITY];
    size_t answer_length;
} sides;

/* ---- Ours ---- */

static void serve_ours(void *state)
{
    catga_bus *bus = NULL;

    (void)state;
    bench_need(catga_open(&bus, &(catga_options){.transport = catga_redis()}) == CATGA_OK,
               "catga_open of the service");
    our_requests_serve(bus);
}

static double ours(void *state)
{
    return our_requests_median(((sides *)state)->bus);
}

/* ---- hiredis ---- */

/* Answers one entry; its fields are m, the request, r, and the list of the reply. */
static void answer(redisContext *context, const redisReply *entry, const sides *both)
{
    const redisReply *list = entry->element[1]->element[3];

    redis_side_acknowledge(context, STREAM, entry);
    bench_need(redisAppendCommand(context, "RPUSH %s %b", list->str, both->answer,
                                  both->answer_length) == REDIS_OK,
               "RPUSH");
    freeReplyObject(redis_side_reply(context));
    freeReplyObject(redis_side_reply(context));
}

/* Creates the group. A process of its own serves, since service_start waits for this one. */
static void serve_other(void *state)
{
    redisContext *context = redis_side_connect();

    redis_side_do(context, "XGROUP CREATE " STREAM " g 0 MKSTREAM");
    if (fork() != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
        redisReply *reply;
        const redisReply *entries = redis_side_read(context, STREAM, 1, &reply);
        for (size_t i = 0; i < entries->elements; i++)
            answer(context, entries->element[i], state);
        freeReplyObject(reply);
    }
}

static double other(void *state)
{
    sides *both = state;
    const redis_bytes request = {both->request, both->request_length};
    double micros[OUR_REQUESTS];

    for (size_t i = 0; i < OUR_REQUESTS; i++) {
        uint64_t start = bench_now();
        redis_side_add(both->context, STREAM, LIST, request);
        bench_need(redisAppendCommand(both->context, "BLPOP " LIST " 5") == REDIS_OK, "BLPOP");
        freeReplyObject(redis_side_reply(both->context));
        redisReply *reply = redis_side_reply(both->context);
        micros[i] = bench_each(start, 1000);
        bench_need(reply->type == REDIS_REPLY_ARRAY, "a reply");
        freeReplyObject(reply);
    }
    return bench_median(micros, OUR_REQUESTS);
}

int main(void)
{
    static sides both;

    both.answer_length = ours_encode_to(both.answer, sizeof both.answer);
    both.request_length = our_requests_encode(both.request);
    bench_need(both.answer_length > 0, "encode");
    pid_t our_service = service_start(serve_ours, &both);
    pid_t other_service = service_start(serve_other, &both);
    bench_need(catga_open(&both.bus, &(catga_options){.transport = catga_redis()}) == CATGA_OK,
               "catga_open");
    both.context = redis_side_connect();
    bench_compare(&(bench_pair){
        .name = "redis_request",
        .unit = "us",
        .who = "hiredis: XADD, XREADGROUP, RPUSH, BLPOP",
        .ours = ours,
        .other = other,
        .state = &both,
    });
    catga_close(both.bus);
    redisFree(both.context);
    service_stop(our_service);
    service_stop(other_service);
    return 0;
}
