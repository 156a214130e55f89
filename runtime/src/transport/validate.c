#include "transport/validate.h"

#include "base/block.h"

/* longest subject: a subject and a reply fit into the server's control line of 4096 bytes */
#define SUBJECT_MAX 1024

#define HEADER_NAME_MAX 64

/* Texts are checked in blocks of sixteen bytes: this is on the path of every message. */
#define BLOCK sizeof(catga_block)

/* Returns true if the blocks of a text are valid, the last of which may overlap another. A block
 * may read the byte behind it. */
static inline bool blocks_valid(const char *text, size_t length, bool (*block_valid)(const char *))
{
    if (length < BLOCK) {
        char padded[BLOCK + 1] = "aaaaaaaaaaaaaaaa";
        memcpy(padded, text, length);
        return block_valid(padded);
    }
    const char *last = text + length - BLOCK;
    for (const char *at = text; at < last; at += BLOCK)
        if (!block_valid(at))
            return false;
    return block_valid(last);
}

/* ---- Subjects ---- */

/* Returns true if none of 16 bytes is a control character, a blank, a wildcard, or the first of two
 * dots. Reads 17 bytes. */
static inline bool subject_block_valid(const char *at)
{
    catga_block bytes = catga_block_load(at);
    catga_block next = catga_block_load(at + 1);

    return catga_block_is_zero((catga_block)((bytes <= ' ') | (bytes == 127) | (bytes == '*') |
                                             (bytes == '>') | ((bytes == '.') & (next == '.'))));
}

static bool subject_valid(const char *subject, size_t length)
{
    return length != 0 && length <= SUBJECT_MAX && subject[0] != '.' &&
           subject[length - 1] != '.' && blocks_valid(subject, length, subject_block_valid);
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

/* ---- Headers ---- */

/* Returns true if 16 bytes are letters, digits, - and _. */
static inline bool name_block_valid(const char *at)
{
    catga_block c = catga_block_load(at);
    catga_block small = c | 0x20; /* of a letter */

    return catga_block_is_zero((catga_block) ~(
        ((small >= 'a') & (small <= 'z')) | ((c >= '0') & (c <= '9')) | (c == '-') | (c == '_')));
}

/* Returns true if none of 16 bytes is a control character. */
static inline bool value_block_valid(const char *at)
{
    catga_block bytes = catga_block_load(at);

    return catga_block_is_zero((catga_block)((bytes < ' ') | (bytes == 127)));
}

bool catga_header_valid(const catga_header *header)
{
    if (header->name == NULL || header->value == NULL)
        return false;
    size_t length = strlen(header->name);
    return length >= 1 && length <= HEADER_NAME_MAX &&
           blocks_valid(header->name, length, name_block_valid) &&
           blocks_valid(header->value, strlen(header->value), value_block_valid);
}
