/*
 * An append-only file of what one process did and saw: each record is a line, and one write(2) to a
 * file opened with O_APPEND, so it is there as soon as ledger_write has returned, whatever kills
 * the process next. tests/delivery/README.md lists the records.
 */
#ifndef LEDGER_H
#define LEDGER_H

#include <stdint.h>

typedef struct ledger {
    int file;
} ledger;

/* Makes the file or adds to it. Whoever cannot write a ledger proves nothing: the process ends. */
void ledger_open(ledger *self, const char *path);

/* Adds a record: the text, the time, a line end. From any thread. */
void ledger_write(const ledger *self, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Nanoseconds of the clock that all processes of a machine share. */
int64_t ledger_now(void);

#endif
