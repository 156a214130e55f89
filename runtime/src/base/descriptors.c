/* File descriptors; see descriptors.h. */
#include "base/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static bool is_open(int descriptor)
{
    return fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF;
}

/* open() returns the lowest free number. The root folder exists even without a /dev. */
bool catga_descriptors_fill_standard(void)
{
    for (int wanted = STDIN_FILENO; wanted <= STDERR_FILENO; wanted++) {
        if (is_open(wanted))
            continue;
        int got = open("/dev/null", O_RDWR);
        if (got < 0)
            got = open("/", O_RDONLY);
        if (got > STDERR_FILENO) /* another thread used the number meanwhile */
            close(got);
        if (!is_open(wanted))
            return false;
    }
    return true;
}

int catga_descriptor_above_standard(int descriptor)
{
    if (descriptor < 0 || descriptor > STDERR_FILENO)
        return descriptor;
    int above = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    close(descriptor);
    return above;
}

bool catga_descriptor_close_on_exec(int descriptor)
{
    int flags = fcntl(descriptor, F_GETFD);

    return flags >= 0 && fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) == 0;
}
