/*
 * The header Idempotency-Key (draft-ietf-httpapi-idempotency-key-header): a string in quotes, which
 * many clients send without quotes.
 */
#ifndef CATGA_HTTP_IDEMPOTENCY_KEY_H
#define CATGA_HTTP_IDEMPOTENCY_KEY_H

#include <catga/routes.h>

enum { HTTP_IDEMPOTENCY_ID = 23 };

/*
 * Makes the id of a call from the route and the key, so that one key on two routes makes two calls.
 * The id is a hash (SHA-256, 132 bits of it): nobody can choose the id of another key. Returns
 * false if the key is not 1 to 255 printable characters.
 */
bool http_idempotency_id(const catga_route *route, const char *key, char id[HTTP_IDEMPOTENCY_ID]);

#endif
