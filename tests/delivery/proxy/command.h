/* The commands of the proxy, one per line: changes of its faults, or immediate actions. */
#ifndef COMMAND_H
#define COMMAND_H

#include "faults.h"

typedef enum command_action {
    COMMAND_DONE,  /* the faults have been changed */
    COMMAND_RESET, /* reset every connection */
    COMMAND_CLOSE, /* close this direction of every connection */
    COMMAND_ERROR, /* send -ERR with `text` as if from the server */
    COMMAND_COUNT, /* print the counters */
    COMMAND_UNKNOWN
} command_action;

typedef struct command {
    command_action action;
    int direction;
    const char *text; /* part of the line */
} command;

/* Parses a line without its end, and applies changes of the faults. */
command command_read(char *line, fault_plan *faults);

#endif
