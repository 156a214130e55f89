/* Logs one line of level debug for each message. */
#ifndef CATGA_MESSAGE_LOG_H
#define CATGA_MESSAGE_LOG_H

#include "observe/observer.h"

/* The observer that logs; only used if lines of level debug are logged. */
extern const catga_observer catga_message_log;

#endif
