/* Writes log lines as JSON. */
#ifndef CATGA_LOG_JSON_H
#define CATGA_LOG_JSON_H

#include "observe/log.h"

/* Size of the longest line with its line end, in bytes: a pipe takes so many at once. */
enum { CATGA_LOG_LINE = 4096 };

/*
 * Writes an object and a line end to `line`, and returns its length. Absent facts have no member.
 * Bytes that are no UTF-8 become U+FFFD; a fact is cut after 64 bytes, the text where the line is
 * full.
 */
size_t catga_log_json(char line[CATGA_LOG_LINE], int64_t time, const char *level,
                      const catga_log_facts *facts, catga_string text);

#endif
