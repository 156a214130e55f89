/* What the proxy is told, a line each: changes of its faults, or something to be done at once. */
#ifndef COMMAND_H
#define COMMAND_H

#include "faults.h"

typedef enum command_action {
    COMMAND_DONE,  /* the faults have been changed */
    COMMAND_RESET, /* every connection ends with a reset */
    COMMAND_CLOSE, /* this direction of every connection ends */
    COMMAND_ERROR, /* the server seems to say -ERR with `text` */
    COMMAND_COUNT, /* what has been counted is asked for */
    COMMAND_UNKNOWN
} command_action;

typedef struct command {
    command_action action;
    int direction;
    const char *text; /* in the line */
} command;

/* Reads a line, without its end, and does what concerns the faults. */
command command_read(char *line, fault_plan *faults);

#endif
