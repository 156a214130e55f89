/* Subjects of an inbox: "_INBOX." and 22 random characters; "." and a token of 16 hexadecimal
 * digits; then, if the source of an answer is restricted, a source (answer_source.h). */
#ifndef CATGA_NATS_INBOX_SUBJECT_H
#define CATGA_NATS_INBOX_SUBJECT_H

#include <catga/catga.h>

#define CATGA_NATS_INBOX 29
#define CATGA_NATS_REPLY (CATGA_NATS_INBOX + 1 + 16)

/* Makes the name of an inbox, which nobody can guess. */
void catga_nats_inbox_name(char inbox[CATGA_NATS_INBOX + 1]);

/* Writes the pattern of all subjects of an inbox. */
void catga_nats_inbox_pattern(char pattern[CATGA_NATS_INBOX + sizeof ".*"], const char *inbox);

/* Writes the reply subject of a token. */
void catga_nats_inbox_reply(char reply[CATGA_NATS_REPLY + 1], const char *inbox, uint64_t token);

/* Reads the token of a reply subject; more characters may follow. Returns false if it has none. */
bool catga_nats_inbox_token(catga_string subject, uint64_t *token);

#endif
