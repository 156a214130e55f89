/* Makes ids of keys; see idempotency_key.h. */
#include "idempotency_key.h"

#include <gnutls/crypto.h>
#include <stdio.h>

enum { LONGEST_KEY = 255, HASH = 32 };

/* Removes the quotes and escapes of a string. Returns false for an invalid key. */
static bool unquote(const char *value, char key[LONGEST_KEY + 1])
{
    size_t length = strlen(value);
    bool is_quoted = length >= 2 && value[0] == '"' && value[length - 1] == '"';
    size_t used = 0;

    for (size_t i = is_quoted; i < length - is_quoted; i++) {
        if (is_quoted && value[i] == '\\' && ++i == length - 1)
            return false;
        if (value[i] < ' ' || value[i] > '~' || used == LONGEST_KEY)
            return false;
        key[used++] = value[i];
    }
    key[used] = '\0';
    return used != 0;
}

/* Writes six bits of the hash in each character. */
static void encode(const uint8_t hash[HASH], char id[HTTP_IDEMPOTENCY_ID])
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    for (size_t i = 0; i < HTTP_IDEMPOTENCY_ID - 1; i++)
        id[i] = alphabet[hash[i] & 63];
    id[HTTP_IDEMPOTENCY_ID - 1] = '\0';
}

bool http_idempotency_id(const catga_route *route, const char *value, char id[HTTP_IDEMPOTENCY_ID])
{
    char key[LONGEST_KEY + 1];
    char text[LONGEST_KEY + 512];
    uint8_t hash[HASH];

    if (!unquote(value, key))
        return false;
    int length = snprintf(text, sizeof text, "%s %s %s", route->method, route->path, key);
    if (length < 0 || (size_t)length >= sizeof text ||
        gnutls_hash_fast(GNUTLS_DIG_SHA256, text, (size_t)length, hash) != 0)
        return false;
    encode(hash, id);
    return true;
}
