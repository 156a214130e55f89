/*
 * batches FILE COUNT: appends readings to a file in batches, and waits for the disk once for each
 * batch. All runs in one process, over its own server, with COUNT readings.
 */
#include "readings.catga.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BATCH = 100, WAIT_MS = 500 };

static bool write_batch(FILE *file, const catga_fetched *readings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        readings_measured_view reading = readings_archive_load_view(&readings[i]);
        fprintf(file, "%.*s %.1f\n", CATGA_PRINT(readings_measured_get_sensor(reading)),
                readings_measured_get_celsius(reading));
    }
    bool written = fflush(file) == 0 && !ferror(file) && fsync(fileno(file)) == 0;
    clearerr(file); /* for the next batch */
    return written;
}

/* Fetches and writes batches until no reading has come for some time. */
static catga_status archive(catga_bus *bus, FILE *file)
{
    catga_fetched readings[BATCH];
    catga_status status;
    size_t count;

    do {
        status = readings_archive_load_fetch(bus, readings, BATCH, WAIT_MS, &count);
        bool written = count > 0 && write_batch(file, readings, count);
        for (size_t i = 0; status == CATGA_OK && i < count; i++)
            status = written ? catga_fetched_done(&readings[i])
                             : catga_fetched_retry_after(&readings[i], -1);
        if (count > 0)
            printf("%s %zu readings\n", written ? "wrote" : "could not write", count);
    } while (status == CATGA_OK && count > 0);
    return status;
}

static catga_status measure(catga_bus *bus, int count)
{
    catga_status status = CATGA_OK;

    for (int i = 0; status == CATGA_OK && i < count; i++)
        status = readings_measured_publish(
            bus, &(readings_measured){.sensor = CATGA_STR("roof"), .celsius = 20 + i % 10 / 2.0});
    return status;
}

int main(int argc, char **argv)
{
    catga_local *server = NULL;
    catga_bus *bus = NULL;

    if (argc != 3) {
        fprintf(stderr, "usage: batches FILE COUNT\n");
        return 2;
    }
    FILE *file = fopen(argv[1], "a");
    if (file == NULL) {
        perror(argv[1]);
        return 1;
    }
    catga_status status = catga_local_open(&server);
    if (status == CATGA_OK)
        status = catga_open(&bus, &(catga_options){.local = server});
    if (status == CATGA_OK)
        status = measure(bus, atoi(argv[2]));
    if (status == CATGA_OK)
        status = archive(bus, file);
    catga_close(bus);
    catga_local_close(server);
    if (fclose(file) != 0 || status != CATGA_OK)
        fprintf(stderr, "batches: %s\n", catga_status_text(status));
    return status == CATGA_OK ? 0 : 1;
}
