/*
 * What may go out. nats.c writes subjects and header names into its protocol as they are, so a line end in one is a
 * command of whoever chose it; and a line that the server does not understand ends the connection. Header values are
 * checked too: nats.c only turns line ends into blanks.
 */
#include "transport_nats.h"

/* A subject and a reply must fit into the server's control line (4096 bytes) with room to spare. */
#define SUBJECT_MAX 1024

/* What a byte is in a subject. UTF-8 is ordinary. */
enum { ORDINARY, DOT, WILDCARD, FORBIDDEN };

static inline int class_of(unsigned char byte)
{
    if (byte > '>')
        return byte == 127 ? FORBIDDEN : ORDINARY;
    if (byte <= ' ')
        return FORBIDDEN;
    if (byte == '*' || byte == '>')
        return WILDCARD;
    return byte == '.' ? DOT : ORDINARY;
}

/* True when the token of `length` bytes before `end` stands where it may: `>` only as the last one. */
static bool token_valid(const unsigned char *end, size_t length, bool last, bool wildcard)
{
    if (length == 0)
        return false;
    return !wildcard || (length == 1 && (end[-1] == '*' || last));
}

static bool valid(const char *text, bool wildcards)
{
    if (text == NULL)
        return false;
    const unsigned char *at = (const unsigned char *)text;
    const unsigned char *token = at;
    bool wildcard = false;
    for (;; at++) {
        int class = class_of(*at);
        if (class == ORDINARY)
            continue;
        if (class == WILDCARD) {
            wildcard = true;
            if (!wildcards)
                return false;
            continue;
        }
        bool last = *at == '\0';
        if (class == FORBIDDEN && !last)
            return false;
        if (!token_valid(at, (size_t)(at - token), last, wildcard))
            return false;
        if (last)
            return at - (const unsigned char *)text <= SUBJECT_MAX;
        token = at + 1;
        wildcard = false;
    }
}

bool catga_nats_subject_valid(const char *subject)
{
    return valid(subject, false);
}

bool catga_nats_pattern_valid(const char *pattern)
{
    return valid(pattern, true);
}

bool catga_nats_reply_valid(const char *reply)
{
    return reply != NULL && reply[0] == '_' && valid(reply, false);
}

static bool header_name_valid(const char *name)
{
    size_t length = 0;
    for (; name[length] != '\0'; length++) {
        char c = name[length];
        bool good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (!good || length == 64)
            return false;
    }
    return length > 0;
}

bool catga_nats_header_valid(const catga_header *header)
{
    if (header->name == NULL || header->value == NULL || !header_name_valid(header->name))
        return false;
    for (const unsigned char *at = (const unsigned char *)header->value; *at != '\0'; at++)
        if (*at < ' ' || *at == 127)
            return false;
    return true;
}
