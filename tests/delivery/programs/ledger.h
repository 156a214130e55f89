/*
 * An append-only file with the actions and observations of one process. Each record is one line and
 * one write(2) to a file opened with O_APPEND. So it persists once ledger_write has returned,
 * whatever kills the process next. tests/delivery/README.md lists the records.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stdint.h>

typedef struct ledger {
    int file;
} ledger;

/*
 * Opens the file, and creates it if it is absent. Ends the process on failure, since a run without
 * ledger proves nothing.
 */
void ledger_open(ledger *self, const char *path);

/* Adds a record: the text, the time, a line end. From any thread. */
void ledger_write(const ledger *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Returns nanoseconds of the clock that all processes of a machine share. */
int64_t ledger_now(void);

#endif
