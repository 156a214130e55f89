/* tasks_worker: does one task after the other, until SIGTERM. Start as many as the work needs. */
#include "tasks.catga.h"

#include <stdio.h>
#include <time.h>

/* A real worker would convert a file, or send a mail. */
static catga_status my_work(catga_context *context, tasks_task_view task)
{
    uint32_t ms = tasks_task_get_work_ms(task);
    const struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

    (void)context;
    nanosleep(&time, NULL);
    printf("task-%u\n", (unsigned)tasks_task_get_number(task));
    fflush(stdout);
    return CATGA_OK;
}

int main(void)
{
    static const tasks_worker service = TASKS_WORKER(my);
    catga_bus *bus;
    catga_status status = catga_open(&bus, NULL);

    if (status == CATGA_OK)
        status = tasks_worker_serve(bus, &service, NULL);
    if (status == CATGA_OK) {
        puts("ready");
        fflush(stdout);
        status = catga_run(bus);
    }
    catga_close(bus);
    if (status != CATGA_OK)
        fprintf(stderr, "tasks_worker: %s\n", catga_status_text(status));
    return status == CATGA_OK ? 0 : 1;
}
