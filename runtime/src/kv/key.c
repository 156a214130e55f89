#include "kv/key.h"

#include <string.h>

static bool is_alphanumeric(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool catga_bucket_name_valid(const char *name)
{
    size_t length = 0;

    for (; name != NULL && name[length] != '\0'; length++)
        if (!is_alphanumeric(name[length]) && name[length] != '-' && name[length] != '_')
            return false;
    return length > 0 && length <= CATGA_BUCKET_NAME_MAX;
}

static bool token_valid(const char *token, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!is_alphanumeric(token[i]) && memchr("-_/=", token[i], 4) == NULL)
            return false;
    return length > 0;
}

/* Returns true if each token is valid, or a wildcard in a pattern. */
static bool tokens_valid(catga_string text, bool is_pattern)
{
    size_t begin = 0;

    for (;;) {
        const char *token = text.data + begin;
        const char *dot = memchr(token, '.', text.length - begin);
        size_t length = dot == NULL ? text.length - begin : (size_t)(dot - token);
        bool wildcard =
            is_pattern && length == 1 && (*token == '*' || (*token == '>' && dot == NULL));
        if (!wildcard && !token_valid(token, length))
            return false;
        if (dot == NULL)
            return true;
        begin += length + 1;
    }
}

static bool is_valid(catga_string text, bool is_pattern)
{
    return text.data != NULL && text.length > 0 && text.length <= CATGA_BUCKET_KEY_MAX &&
           tokens_valid(text, is_pattern);
}

bool catga_bucket_key_valid(catga_string key)
{
    return is_valid(key, false);
}

bool catga_bucket_pattern_valid(catga_string pattern)
{
    return is_valid(pattern, true);
}
