/* Append-only records; see ledger.h. */
#include "ledger.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int64_t ledger_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void ledger_open(ledger *self, const char *path)
{
    self->file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (self->file < 0)
        err(2, "%s", path);
}

void ledger_write(const ledger *self, const char *format, ...)
{
    char line[256];
    va_list arguments;

    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (length < 0 || (size_t)length + 32 > sizeof line)
        errx(2, "a record is too long: %s", format);
    length += snprintf(line + length, sizeof line - (size_t)length, " %" PRId64 "\n", ledger_now());
    if (write(self->file, line, (size_t)length) != length)
        err(2, "the ledger");
}
