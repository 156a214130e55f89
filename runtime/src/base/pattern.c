#include "base/pattern.h"

#include <stddef.h>
#include <string.h>

static bool is_wildcard(const char *token, size_t length, char wildcard)
{
    return length == 1 && *token == wildcard;
}

bool catga_pattern_is(const char *name)
{
    for (;;) {
        size_t length = strcspn(name, ".");
        if (is_wildcard(name, length, '*') || is_wildcard(name, length, '>'))
            return true;
        if (name[length] == '\0')
            return false;
        name += length + 1;
    }
}

/* "*" does not stand for the ">" of another pattern. */
static bool token_matches(const char *pattern, size_t wanted, const char *subject, size_t length)
{
    if (is_wildcard(pattern, wanted, '*'))
        return !is_wildcard(subject, length, '>');
    return wanted == length && memcmp(pattern, subject, length) == 0;
}

bool catga_pattern_matches(const char *pattern, const char *subject)
{
    for (;;) {
        size_t wanted = strcspn(pattern, ".");
        size_t length = strcspn(subject, ".");
        if (is_wildcard(pattern, wanted, '>'))
            return true;
        if (!token_matches(pattern, wanted, subject, length))
            return false;
        pattern += wanted;
        subject += length;
        if (*pattern == '\0' || *subject == '\0')
            return *pattern == *subject;
        pattern++;
        subject++;
    }
}

bool catga_pattern_overlap(const char *one, const char *other)
{
    for (;;) {
        size_t one_length = strcspn(one, ".");
        size_t other_length = strcspn(other, ".");
        if (is_wildcard(one, one_length, '>') || is_wildcard(other, other_length, '>'))
            return true;
        if (!token_matches(one, one_length, other, other_length) &&
            !token_matches(other, other_length, one, one_length))
            return false;
        one += one_length;
        other += other_length;
        if (*one == '\0' || *other == '\0')
            return *one == *other;
        one++;
        other++;
    }
}
