/* Finds the facts of a log line: the instance, and the message that the thread handles. */
#ifndef CATGA_LOG_FACTS_H
#define CATGA_LOG_FACTS_H

#include "observe/log.h"

/* Sets the facts of a line of this thread; `bus` is a catga_bus_state. The texts are valid while
 * the message is handled. */
void catga_log_facts_read(const void *bus, catga_log_facts *facts);

#endif
