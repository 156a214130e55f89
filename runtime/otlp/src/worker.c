/* The thread of an exporter; see worker.h. */
#include "worker.h"

#include "clock.h"
#include "delivery.h"
#include "report.h"
#include "request.h"

#include <signal.h>

static void report_overflow(catga_otlp *exporter)
{
    uint64_t overflowed = atomic_load(&exporter->overflowed);

    if (overflowed != exporter->reported_overflow && otlp_report(exporter, "the queue is full"))
        exporter->reported_overflow = overflowed;
}

/* Delivers the oldest spans, at most a batch. */
static void export_batch(catga_otlp *exporter)
{
    const otlp_settings *settings = &exporter->settings;
    otlp_buffer *body = &exporter->body;

    size_t spans = otlp_request_write(settings->writer, body, &settings->resource, exporter->queue,
                                      (size_t)settings->batch_size);
    otlp_deliver(exporter, exporter->gzip == NULL ? body : otlp_gzip_pack(exporter->gzip, body),
                 spans);
}

/* Returns whether the oldest span is being filled: its thread may be suspended for long. */
static bool is_first_unfilled(catga_otlp *exporter)
{
    return otlp_queue_count(exporter->queue) != 0 && otlp_queue_first(exporter->queue) == NULL;
}

/* Returns the milliseconds until a batch must be sent; 0 or less: now. */
static int64_t left_ms(catga_otlp *exporter, int64_t next_ms)
{
    bool is_full = otlp_queue_count(exporter->queue) >= (size_t)exporter->settings.batch_size;
    int64_t left = is_full || atomic_load(&exporter->closes) ? 0 : next_ms - otlp_now_ms();

    return left <= 0 && is_first_unfilled(exporter) ? 1 : left;
}

/* After the deadline, spans that are filled are still counted as lost; no other is waited for. */
static bool is_finished(catga_otlp *exporter)
{
    if (!atomic_load(&exporter->closes))
        return false;
    return otlp_queue_count(exporter->queue) == 0 ||
           (is_first_unfilled(exporter) && otlp_now_ms() >= atomic_load(&exporter->deadline));
}

static void *run(void *user)
{
    catga_otlp *exporter = user;
    int64_t next_ms = otlp_now_ms() + exporter->settings.delay_ms;

    while (!is_finished(exporter)) {
        /* Before the look at the queue: a span that comes after it wakes the thread. */
        atomic_store(&exporter->is_woken, false);
        int64_t left = left_ms(exporter, next_ms);
        if (left > 0) {
            otlp_client_wait(exporter->client, left);
            continue;
        }
        if (otlp_queue_first(exporter->queue) != NULL)
            export_batch(exporter);
        report_overflow(exporter);
        next_ms = otlp_now_ms() + exporter->settings.delay_ms;
    }
    return NULL;
}

bool otlp_worker_start(catga_otlp *exporter)
{
    sigset_t all;
    sigset_t before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&exporter->thread, NULL, run, exporter);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error == 0;
}

void otlp_worker_stop(catga_otlp *exporter)
{
    atomic_store(&exporter->deadline, otlp_now_ms() + exporter->settings.close_ms);
    atomic_store(&exporter->closes, true);
    otlp_client_wake(exporter->client);
    pthread_join(exporter->thread, NULL);
}
