/*
 * fetch.h: stored events that a program fetches, in place of a handler. An optional part of
 * libcatga: a program that does not use it does not link it. `fetch Task as take;` in a service
 * generates functions for a loop of the program:
 *
 *     catga_fetched tasks[10];
 *     size_t count;
 *
 *     status = shop_worker_take_fetch(bus, tasks, 10, 1000, &count);
 *     for (size_t i = 0; i < count; i++)
 *         if (print(shop_worker_take_view(&tasks[i])))
 *             status = catga_fetched_done(&tasks[i]);
 *         else
 *             status = catga_fetched_retry_after(&tasks[i], -1);
 *
 * ..._fetch(bus, events, n, wait_ms, &count) waits until `n` events have come or `wait_ms`
 * milliseconds are over, and returns CATGA_OK with as many events as came: fewer than `n`, or none,
 * is no error. With wait_ms 0 it returns the events that wait at the server, which takes up to 100
 * ms. A fetch requests only the events that it waits for, so several threads and processes share
 * the events of one consumer, and a program that does not fetch holds none. The first fetch creates
 * the consumer as serving a handler does, waits for the server as long, and may return the statuses
 * of ..._serve; a drain ends the wait. Fetches that have begun do not wait for it. The others are
 *
 *     CATGA_INVALID_ARGUMENT  n is 0, or wait_ms is negative
 *     CATGA_OVERLOADED        the program would hold more events than `unacknowledged`
 *     CATGA_DRAINING          the bus drains, or the fetches are being stopped
 *     CATGA_UNSUPPORTED       the transport cannot do it: Redis, or one without streams
 *     CATGA_WOULD_DEADLOCK    in a callback of the bus
 *     CATGA_CLOSED, CATGA_NO_MEMORY
 *
 * While the connection is lost, fetches wait for it and return no events.
 *
 * Each event is verified. One that is not valid becomes a dead letter, and is not returned. The
 * program settles each event once: as done, for a retry, or as rejected. Until then it may hold the
 * event for any time: while the process is connected, the runtime sends the in-progress acks that
 * prevent a redelivery. Attempts,
 * the pauses of @retry and dead letters are those of a handler; an attempt is an event that a fetch
 * returned. Metrics, traces and the message log see the event when it is settled, with the time
 * since its fetch. Middleware is not called.
 *
 * Delivery is at least once. The events of a process that dies are delivered again after
 * ack_wait_ms, and so is an event whose settlement is lost with the connection. If the connection
 * is lost, or the process is suspended, for longer than ack_wait_ms, the events that it holds are
 * delivered again too. The same program may then get an event that it still holds a second time.
 *
 * When the bus drains, or ..._stop(bus) is called, waiting fetches end. The program may settle the
 * events that it holds for half of drain_wait_ms. Then they go back to the server, which delivers
 * them again, and settling them returns CATGA_CLOSED. Their memory is valid until they are settled,
 * also after the bus is closed. The drain also waits until a NATS server knows no request of the
 * fetches any more: about a second, and half of drain_wait_ms at most. If that is shorter, a server
 * before 2.10.16 may deliver an event twice, and another one after ack_wait_ms only.
 *
 * A fetch after ..._stop begins anew. A thread that handles events while ..._stop runs may fetch
 * only afterwards, and then never sees CATGA_DRAINING. So end your threads before: set a variable
 * that they check before each fetch, join them, and then call ..._stop. Each ends after its
 * `wait_ms` at most. When the bus drains, every later fetch returns CATGA_DRAINING.
 *
 * A dead letter of a fetch has no handler: its replay returns CATGA_NO_RESPONDERS. Read it with
 * catga_dead_letters, and publish the event again.
 *
 * Any thread may fetch and settle, also in a handler. One thread at a time uses a catga_fetched.
 */
#ifndef CATGA_FETCH_H
#define CATGA_FETCH_H

#include <catga/gen.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A fetched event. Its table and its texts are valid until it is settled. */
typedef struct catga_fetched {
    const uint8_t *table;     /* verified; the generated ..._view reads it */
    catga_string subject;     /* with the prefix of the bus */
    catga_string message_id;  /* the same in each delivery; empty if its publisher gave none */
    catga_string traceparent; /* of its publisher; empty without a trace */
    uint64_t sequence;        /* number of the event in its stream */
    int64_t stored_ns;       /* when it was stored: nanoseconds since 1970, by the server's clock */
    uint32_t attempt;        /* from 1: see catga_context_attempt */
    struct catga_held *held; /* of the runtime; NULL: the event is settled */
} catga_fetched;

/*
 * These functions settle an event and free its memory, whatever they return; *event is then empty.
 * Do not settle a copy of it as well. They wait for the server only if it has not stored the dead
 * letters of many earlier events. In a callback of the bus they do not wait: the event then goes
 * back to the server, and is delivered again.
 *
 *     CATGA_OK                the settlement is sent, or will be
 *     CATGA_INVALID_ARGUMENT  the event is settled already
 *     CATGA_CLOSED            the event went back to the server before; or this process was forked
 *                             from the one that has the event
 */

/* The event was handled. */
CATGA_CHECKED catga_status catga_fetched_done(catga_fetched *event);

/* The attempt failed. The event is delivered again after `delay_ms` (a day at most), or for a
 * negative delay after the schema's pause, to any program that fetches. After its last attempt it
 * ends: as a dead letter, if it has @dead_letter. */
CATGA_CHECKED catga_status catga_fetched_retry_after(catga_fetched *event, int64_t delay_ms);

/* No attempt can succeed. The event becomes a dead letter at once, with the reason. */
CATGA_CHECKED catga_status catga_fetched_reject(catga_fetched *event, const char *format, ...)
    CATGA_PRINTF(2, 3);

/* Called by generated code. `service` has one handler, without a function. */
CATGA_CHECKED catga_status catga_fetch(catga_bus *bus, const catga_service *service,
                                       catga_fetched *events, size_t n, int wait_ms, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
