#include "transport/validate.h"

/* longest subject: a subject and a reply fit into the server's control line of 4096 bytes */
#define SUBJECT_MAX 1024

/* Subjects are checked in blocks of sixteen bytes: this is on the path of every event. */
typedef uint8_t block __attribute__((vector_size(16)));
#define BLOCK sizeof(block)

/* Returns true if none of 16 bytes is a control character, a blank, a wildcard, or the first of two
 * dots. Reads 17 bytes. */
static inline bool block_valid(const char *at)
{
    block bytes, next;

    memcpy(&bytes, at, BLOCK);
    memcpy(&next, at + 1, BLOCK);
    block bad = (block)((bytes <= ' ') | (bytes == 127) | (bytes == '*') | (bytes == '>') |
                        ((bytes == '.') & (next == '.')));
    uint64_t halves[2];
    memcpy(halves, &bad, BLOCK);
    return (halves[0] | halves[1]) == 0;
}

static bool subject_valid(const char *subject, size_t length)
{
    if (length == 0 || length > SUBJECT_MAX || subject[0] == '.' || subject[length - 1] == '.')
        return false;
    if (length < BLOCK) {
        char padded[BLOCK + 1] = "aaaaaaaaaaaaaaaa";
        memcpy(padded, subject, length);
        return block_valid(padded);
    }
    const char *last = subject + length - BLOCK;
    for (const char *at = subject; at < last; at += BLOCK)
        if (!block_valid(at))
            return false;
    return block_valid(last);
}

bool catga_subject_valid(const char *subject)
{
    return subject != NULL && subject_valid(subject, strlen(subject));
}

bool catga_pattern_valid(const char *pattern)
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
        bool good = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                    c == '-' || c == '_';
        if (!good || length == 64)
            return false;
    }
    return length > 0;
}

bool catga_header_valid(const catga_header *header)
{
    if (header->name == NULL || header->value == NULL || !header_name_valid(header->name))
        return false;
    for (const unsigned char *at = (const unsigned char *)header->value; *at != '\0'; at++)
        if (*at < ' ' || *at == 127)
            return false;
    return true;
}
