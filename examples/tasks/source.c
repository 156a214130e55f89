/* tasks_source COUNT MILLISECONDS: puts tasks into the queue, and waits until all are done. */
#include "tasks.catga.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static catga_status put_tasks(catga_bus *bus, uint32_t count, uint32_t work_ms)
{
    catga_status status = CATGA_OK;

    for (uint32_t i = 0; i < count && status == CATGA_OK; i++)
        status = tasks_task_publish(bus, &TASKS_TASK(.number = i, .work_ms = work_ms));
    return status;
}

/* The queue has a task until a worker has done it. */
static catga_status wait_for_workers(catga_bus *bus)
{
    const struct timespec pause = {.tv_nsec = 20000000};
    catga_stream_state queue = {.messages = 1};
    catga_status status = CATGA_OK;

    while (status == CATGA_OK && queue.messages > 0) {
        nanosleep(&pause, NULL);
        status = catga_stream_get_state(bus, TASKS_QUEUE_STREAM, &queue);
    }
    return status;
}

int main(int argc, char **argv)
{
    catga_bus *bus;

    if (argc != 3) {
        fprintf(stderr, "usage: tasks_source COUNT MILLISECONDS\n");
        return 2;
    }
    uint32_t count = (uint32_t)strtoul(argv[1], NULL, 10);
    uint32_t work_ms = (uint32_t)strtoul(argv[2], NULL, 10);
    catga_status status = catga_open(&bus, NULL);
    if (status == CATGA_OK)
        status = put_tasks(bus, count, work_ms);
    if (status == CATGA_OK)
        status = wait_for_workers(bus);
    catga_close(bus);
    if (status != CATGA_OK)
        fprintf(stderr, "tasks_source: %s\n", catga_status_text(status));
    return status == CATGA_OK ? 0 : 1;
}
