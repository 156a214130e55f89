/* Reads lists of names and values; see pairs.h. */
#include "pairs.h"

#include <stdlib.h>

static const char BLANKS[] = " \t";

static size_t count_entries(const char *list)
{
    size_t count = 1;

    for (; *list != '\0'; list++)
        count += *list == ',';
    return count;
}

/* Returns the value of a hexadecimal digit; -1 for another character. */
static int digit(char letter)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = letter == '\0' ? NULL : strchr(digits, letter);

    return found == NULL ? -1 : (int)(found - digits) % 16;
}

/* Decodes a value in place, and terminates it. Returns false for a wrong percent sign. */
static bool decode(char *text, size_t *length)
{
    char *end = text;

    for (const char *at = text; *at != '\0'; at++) {
        char letter = *at;
        if (letter == '%') {
            int high = digit(at[1]);
            int low = high < 0 ? -1 : digit(at[2]);
            if (low < 0)
                return false;
            letter = (char)(high * 16 + low);
            at += 2;
        }
        *end++ = letter;
    }
    *end = '\0';
    *length = (size_t)(end - text);
    return true;
}

/* Removes blanks at both ends. Returns the new beginning. */
static char *trim(char *text)
{
    char *begin = text + strspn(text, BLANKS);
    size_t length = strlen(begin);

    while (length != 0 && strchr(BLANKS, begin[length - 1]) != NULL)
        length--;
    begin[length] = '\0';
    return begin;
}

/* Reads one entry. Returns false if it is wrong. */
static bool read_entry(otlp_pairs *pairs, char *entry)
{
    char *value = strchr(entry, '=');
    size_t length;

    if (value == NULL)
        return *trim(entry) == '\0';
    *value++ = '\0';
    char *name = trim(entry);
    value = trim(value);
    if (*name == '\0' || !decode(value, &length))
        return false;
    pairs->pairs[pairs->count++] = (catga_span_attribute){name, {value, length}, 0};
    return true;
}

catga_status otlp_pairs_read(otlp_pairs *pairs, const char *list)
{
    bool is_right = true;

    *pairs = (otlp_pairs){.text = strdup(list),
                          .pairs = calloc(count_entries(list), sizeof *pairs->pairs)};
    if (pairs->text == NULL || pairs->pairs == NULL)
        return CATGA_NO_MEMORY;
    for (char *entry = pairs->text, *next; entry != NULL && is_right; entry = next) {
        next = strchr(entry, ',');
        if (next != NULL)
            *next++ = '\0';
        is_right = read_entry(pairs, entry);
    }
    return is_right ? CATGA_OK : CATGA_INVALID_ARGUMENT;
}

void otlp_pairs_free(otlp_pairs *pairs)
{
    free(pairs->text);
    free(pairs->pairs);
    *pairs = (otlp_pairs){0};
}
