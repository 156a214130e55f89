/*
 * What may go out. nats.c writes subjects and header names into its protocol as they are, so a line end in one is a
 * command of whoever chose it; and a line that the server does not understand ends the connection. Header values are
 * checked too: nats.c only turns line ends into blanks.
 */
#include "transport_nats.h"

/* A subject and a reply must fit into the server's control line (4096 bytes) with room to spare. */
#define SUBJECT_MAX 1024

/* Subjects are looked at eight bytes at a time, for this is on the path of every event. */
#define WORD sizeof(uint64_t)
#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* Not 0 when a byte of `word` is less than `limit`, 1 to 128. */
static inline uint64_t any_below(uint64_t word, uint64_t limit)
{
    return (word - EACH(limit)) & ~word & EACH(0x80);
}

static inline uint64_t any_is(uint64_t word, uint64_t byte)
{
    return any_below(word ^ EACH(byte), 1);
}

/* True when none of eight bytes is a control character, a blank, a wildcard, or the first of two dots. Reads nine. */
static inline bool word_valid(const char *at)
{
    uint64_t word, next;
    memcpy(&word, at, WORD);
    memcpy(&next, at + 1, WORD);
    uint64_t two_dots = any_below((word ^ EACH('.')) | (next ^ EACH('.')), 1);
    return (any_below(word, ' ' + 1) | any_is(word, 127) | any_is(word, '*') | any_is(word, '>') | two_dots) == 0;
}

static bool subject_valid(const char *subject, size_t length)
{
    if (length == 0 || length > SUBJECT_MAX || subject[0] == '.' || subject[length - 1] == '.')
        return false;
    if (length < WORD) {
        char padded[WORD + 1] = "aaaaaaaa";
        memcpy(padded, subject, length);
        return word_valid(padded);
    }
    const char *last = subject + length - WORD;
    for (const char *at = subject; at < last; at += WORD)
        if (!word_valid(at))
            return false;
    return word_valid(last);
}

bool catga_nats_subject_valid(const char *subject)
{
    return subject != NULL && subject_valid(subject, strlen(subject));
}

bool catga_nats_reply_valid(const char *reply)
{
    return reply != NULL && reply[0] == '_' && subject_valid(reply, strlen(reply));
}

bool catga_nats_pattern_valid(const char *pattern)
{
    if (pattern == NULL || strlen(pattern) > SUBJECT_MAX)
        return false;
    for (;;) {
        size_t length = strcspn(pattern, ".");
        bool last = pattern[length] == '\0';
        bool wildcard = length == 1 && (*pattern == '*' || (*pattern == '>' && last));
        if (!wildcard && !subject_valid(pattern, length))
            return false;
        if (last)
            return true;
        pattern += length + 1;
    }
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
