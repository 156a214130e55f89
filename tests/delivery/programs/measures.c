/* Scrapes and writes metrics; see measures.h. */
#include "measures.h"

#include <err.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

static catga_status discard(void *user, const char *text, size_t length)
{
    (void)user;
    (void)text;
    (void)length;
    return CATGA_OK;
}

static void *scrape(void *user)
{
    static const struct timespec pause = {.tv_nsec = 100000000};
    measures *self = user;

    while (!atomic_load(&self->ends)) {
        catga_status status =
            catga_metrics_write(self->metrics, CATGA_METRICS_TEXT, NULL, 0, discard, NULL);
        if (status != CATGA_OK)
            errx(2, "metrics: %s", catga_status_text(status));
        nanosleep(&pause, NULL);
    }
    return NULL;
}

void measures_begin(measures *self, catga_bus *bus)
{
    catga_status status = catga_metrics_open(&self->metrics, bus);

    if (status != CATGA_OK)
        errx(2, "metrics: %s", catga_status_text(status));
    atomic_store(&self->ends, false);
    if (pthread_create(&self->thread, NULL, scrape, self) != 0)
        errx(2, "metrics: no thread");
}

static catga_status put(void *user, const char *text, size_t length)
{
    return fwrite(text, 1, length, user) == length ? CATGA_OK : CATGA_TRANSPORT_FAILED;
}

void measures_end(measures *self, const char *ledger_path)
{
    char path[512];

    atomic_store(&self->ends, true);
    pthread_join(self->thread, NULL);
    snprintf(path, sizeof path, "%s.%d.metrics", ledger_path, (int)getpid());
    FILE *file = fopen(path, "w");
    if (file == NULL)
        err(2, "%s", path);
    catga_status status =
        catga_metrics_write(self->metrics, CATGA_METRICS_TEXT, NULL, 0, put, file);
    if (fclose(file) != 0 || status != CATGA_OK)
        err(2, "%s", path);
}
