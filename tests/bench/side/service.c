/* A service in a process of its own; see service.h. */

#include "service.h"

#include "../bench.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t service_start(void serve(void *state), void *state)
{
    int ready[2];
    char byte = 0;

    bench_need(pipe(ready) == 0, "pipe");
    pid_t child = fork();
    bench_need(child >= 0, "fork");
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(state);
        bench_need(write(ready[1], &byte, 1) == 1, "tell that the service is ready");
        for (;;)
            pause();
    }
    close(ready[1]);
    bench_need(read(ready[0], &byte, 1) == 1, "the service is ready");
    close(ready[0]);
    return child;
}

void service_stop(pid_t service)
{
    kill(service, SIGKILL);
    waitpid(service, NULL, 0);
}
