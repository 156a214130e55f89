/* Sends unstored messages: events, requests and answers. */
#ifndef CATGA_REDIS_SEND_H
#define CATGA_REDIS_SEND_H

#include "message.h"

#define CATGA_REDIS_ROUTES      "catga:routes:"
#define CATGA_REDIS_PATTERNS    "catga:patterns:" /* and the tokens before the first wildcard */
#define CATGA_REDIS_HEADS       "catga:heads"
#define CATGA_REDIS_INBOX_BEGIN "catga:inbox:"

/* subject of a message that marks the end of a subscription's messages in an inbox, before its id
 */
#define CATGA_REDIS_MARK "catga:left:"

/* inbox, "." and a token of 16 hexadecimal digits */
#define CATGA_REDIS_REPLY (CATGA_REDIS_INBOX + 17)

/* Makes the name of an inbox, which nobody can guess. */
void catga_redis_inbox_name(char inbox[CATGA_REDIS_INBOX + 1]);

/* Reads the token of an answer to this inbox. */
bool catga_redis_inbox_token(const catga_redis_transport *redis, catga_string subject,
                             uint64_t *token);

/* Checks what may be sent: CATGA_TOO_LARGE, CATGA_INVALID_ARGUMENT. */
catga_status catga_redis_may_send(const catga_outgoing *message);

/* Operations of transport.h. */
catga_status catga_redis_publish(catga_transport *transport, const catga_outgoing *message);
catga_status catga_redis_request(catga_transport *transport, const catga_outgoing *message,
                                 uint64_t token);
catga_status catga_redis_respond(catga_transport *transport, const catga_incoming *to,
                                 const catga_outgoing *message);

#endif
