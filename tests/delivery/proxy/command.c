/*
 * The commands of the proxy; see command.h.
 *
 *     pass                              no faults any more
 *     delay up|down MILLISECONDS        throttle up|down BYTES_A_SECOND
 *     hold up|down                      cut up|down BYTES           flip up|down BYTES
 *     stall                             refuse
 *     drop puback|ack|pong FIRST COUNT  drop message FIRST COUNT SUBJECT
 *     close up|down                     reset                       error TEXT
 *     count
 */
#include "command.h"

#include <stdlib.h>
#include <string.h>

static const char *const matters[MATTERS] = {"puback", "ack", "pong", "message"};

/* Returns the next word of *rest, or "". */
static const char *word(char **rest)
{
    char *found = strsep(rest, " ");

    return found == NULL ? "" : found;
}

static uint64_t number(char **rest)
{
    return strtoull(word(rest), NULL, 10);
}

/* Returns UP, DOWN, or DIRECTIONS for any other word. */
static int direction(char **rest)
{
    const char *name = word(rest);

    return strcmp(name, "up") == 0 ? UP : strcmp(name, "down") == 0 ? DOWN : DIRECTIONS;
}

static bool set_way(const char *verb, char **rest, fault_plan *faults)
{
    int at = direction(rest);

    if (at == DIRECTIONS)
        return false;
    fault_way *way = &faults->ways[at];
    if (strcmp(verb, "delay") == 0)
        way->delay_ns = (int64_t)number(rest) * 1000000;
    else if (strcmp(verb, "throttle") == 0)
        way->rate = number(rest);
    else if (strcmp(verb, "hold") == 0)
        way->held = true;
    else if (strcmp(verb, "cut") == 0)
        way->cut = number(rest);
    else if (strcmp(verb, "flip") == 0)
        way->flip = number(rest);
    else
        return false;
    return true;
}

static bool set_drop(char **rest, fault_plan *faults)
{
    const char *name = word(rest);

    for (size_t i = 0; i < MATTERS; i++) {
        if (strcmp(name, matters[i]) != 0)
            continue;
        uint64_t first = number(rest);
        faults->drops[i].count = number(rest);
        faults->drops[i].pass = first > 0 ? first - 1 : 0;
        if (i == MESSAGE)
            strncpy(faults->prefix, word(rest), sizeof faults->prefix - 1);
        return true;
    }
    return false;
}

static bool set(const char *verb, char **rest, fault_plan *faults)
{
    if (strcmp(verb, "drop") == 0)
        return set_drop(rest, faults);
    if (strcmp(verb, "pass") == 0)
        faults_clear(faults);
    else if (strcmp(verb, "stall") == 0)
        faults->stall = true;
    else if (strcmp(verb, "refuse") == 0)
        faults->refuse = true;
    else
        return set_way(verb, rest, faults);
    return true;
}

command command_read(char *line, fault_plan *faults)
{
    char *rest = line;
    const char *verb = word(&rest);

    if (strcmp(verb, "reset") == 0)
        return (command){.action = COMMAND_RESET};
    if (strcmp(verb, "count") == 0)
        return (command){.action = COMMAND_COUNT};
    if (strcmp(verb, "error") == 0)
        return (command){.action = COMMAND_ERROR, .text = rest == NULL ? "" : rest};
    if (strcmp(verb, "close") == 0) {
        int at = direction(&rest);
        return (command){.action = at == DIRECTIONS ? COMMAND_UNKNOWN : COMMAND_CLOSE,
                         .direction = at};
    }
    return (command){.action = set(verb, &rest, faults) ? COMMAND_DONE : COMMAND_UNKNOWN};
}
