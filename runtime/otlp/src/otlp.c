/* Starts and closes exporters; see catga/otlp.h. */
#include "exporter.h"
#include "request.h"
#include "worker.h"

#include <stdlib.h>
#include <unistd.h>

/* ---- The sink ---- */

/* Wakes the thread when a batch is full, once until it looks at the queue. */
static void wake_for_batch(catga_otlp *exporter)
{
    if (otlp_queue_count(exporter->queue) >= (size_t)exporter->settings.batch_size &&
        !atomic_exchange(&exporter->is_woken, true))
        otlp_client_wake(exporter->client);
}

static void export(void *user, const catga_span *span)
{
    catga_otlp *exporter = user;
    otlp_slot *slot = otlp_queue_reserve(exporter->queue);

    if (slot == NULL) {
        atomic_fetch_add(&exporter->overflowed, 1);
        return;
    }
    otlp_buffer buffer = {.data = slot->data, .capacity = sizeof slot->data};
    otlp_span_write(exporter->settings.writer, &buffer, span);
    slot->length = (uint32_t)buffer.length;
    otlp_queue_fill(slot);
    wake_for_batch(exporter);
}

/* ---- Starting ---- */

static void destroy(catga_otlp *exporter)
{
    if (exporter == NULL)
        return;
    otlp_client_free(exporter->client);
    otlp_gzip_free(exporter->gzip);
    otlp_queue_free(exporter->queue);
    free(exporter->body.data);
    otlp_settings_free(&exporter->settings);
    free(exporter);
}

/* Allocates everything that the exporter ever needs. */
static catga_status allocate(catga_otlp *exporter)
{
    const otlp_settings *settings = &exporter->settings;

    exporter->body.capacity =
        otlp_request_capacity(&settings->resource, (size_t)settings->batch_size);
    exporter->body.data = malloc(exporter->body.capacity);
    exporter->queue = otlp_queue_new((size_t)settings->queue_size);
    exporter->client = otlp_client_new(settings, &exporter->deadline);
    if (settings->compresses)
        exporter->gzip = otlp_gzip_new(exporter->body.capacity);
    return exporter->body.data != NULL && exporter->queue != NULL && exporter->client != NULL &&
                   (exporter->gzip != NULL || !settings->compresses)
               ? CATGA_OK
               : CATGA_NO_MEMORY;
}

static catga_status start(catga_otlp *exporter)
{
    catga_status status = allocate(exporter);

    if (status != CATGA_OK)
        return status;
    exporter->process = getpid();
    return otlp_worker_start(exporter) ? CATGA_OK : CATGA_NO_MEMORY;
}

catga_status catga_otlp_start(catga_otlp **exporter, const catga_otlp_options *options,
                              catga_problem *problem)
{
    static const catga_otlp_options none;
    catga_problem ignored;
    catga_otlp *made = calloc(1, sizeof *made);

    *exporter = NULL;
    if (made == NULL)
        return CATGA_NO_MEMORY;
    atomic_init(&made->deadline, INT64_MAX);
    catga_status status = otlp_settings_read(&made->settings, options == NULL ? &none : options,
                                             problem == NULL ? &ignored : problem);
    bool is_wanted = status == CATGA_OK && made->settings.is_wanted;
    if (is_wanted)
        status = start(made);
    if (is_wanted && status == CATGA_OK)
        *exporter = made;
    else
        destroy(made);
    return status;
}

/* ---- Using and closing ---- */

catga_trace_options catga_otlp_trace_options(catga_otlp *exporter)
{
    return (catga_trace_options){.sink = export,
                                 .user = exporter,
                                 .ratio = exporter->settings.ratio,
                                 .ignores_parent = exporter->settings.ignores_parent};
}

catga_otlp_counters catga_otlp_count(const catga_otlp *exporter)
{
    return (catga_otlp_counters){.exported = atomic_load(&exporter->exported),
                                 .dropped = atomic_load(&exporter->overflowed) +
                                            atomic_load(&exporter->lost)};
}

void catga_otlp_close(catga_otlp *exporter)
{
    if (exporter == NULL || exporter->process != getpid())
        return;
    otlp_worker_stop(exporter);
    destroy(exporter);
}
