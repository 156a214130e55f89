/* Checks subjects and headers before they are sent. nats.c writes them into its protocol without a
 * check: a line end in one of them would start a protocol command of the caller's choice. */
#ifndef CATGA_NATS_VALIDATE_H
#define CATGA_NATS_VALIDATE_H

#include "transport/transport.h"

/* Returns true if `subject` can be published to: tokens without wildcards, blanks or line ends. */
bool catga_nats_subject_valid(const char *subject);

/* Returns true if `pattern` can be subscribed to: whole tokens may be wildcards. */
bool catga_nats_pattern_valid(const char *pattern);

/* Returns true if an answer may be sent to `reply`, the reply subject of a request. A service
 * publishes to it with its own permissions, so the requester must not choose any subject. The first
 * token must begin with an underscore, as in inboxes (_INBOX) and between accounts and clusters
 * (_R_, _GR_). */
bool catga_nats_reply_valid(const char *reply);

bool catga_nats_header_valid(const catga_header *header);

#endif
