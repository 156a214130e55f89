#include "transport/nats/inbox_subject.h"

#include "transport/nats/hex.h"

#include <stdlib.h>

enum { TOKEN_DIGITS = 16 };

/* The names that nats.c 3.4.1 makes come from rand(): a peer that guesses one can answer instead of
 * the server. */
void catga_nats_inbox_name(char inbox[CATGA_NATS_INBOX + 1])
{
    static const char letters[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    size_t length = strlcpy(inbox, "_INBOX.", CATGA_NATS_INBOX + 1);

    while (length < CATGA_NATS_INBOX)
        inbox[length++] = letters[arc4random_uniform(sizeof letters - 1)];
    inbox[length] = '\0';
}

void catga_nats_inbox_pattern(char pattern[CATGA_NATS_INBOX + sizeof ".*"], const char *inbox)
{
    strlcpy(pattern, inbox, CATGA_NATS_INBOX + sizeof ".*");
    strlcat(pattern, ".*", CATGA_NATS_INBOX + sizeof ".*");
}

void catga_nats_inbox_reply(char reply[CATGA_NATS_REPLY + 1], const char *inbox, uint64_t token)
{
    char *end = reply + CATGA_NATS_INBOX;

    memcpy(reply, inbox, CATGA_NATS_INBOX);
    *end++ = '.';
    *catga_nats_hex_write(end, token, TOKEN_DIGITS) = '\0';
}

bool catga_nats_inbox_token(catga_string subject, uint64_t *token)
{
    return subject.length >= CATGA_NATS_REPLY &&
           catga_nats_hex_read(subject.data + CATGA_NATS_INBOX + 1, token, TOKEN_DIGITS);
}
