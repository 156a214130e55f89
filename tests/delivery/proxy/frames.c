/* The protocol of NATS, split into frames; see frames.h. */
#include "frames.h"

#include <stdlib.h>
#include <string.h>

enum { WORDS = 6, WORD = 256 };

/* Returns the words of a line, terminated; a longer line is cut. */
typedef struct words {
    char text[WORDS][WORD];
    size_t count;
} words;

static void split(words *out, const uint8_t *line, size_t length)
{
    size_t at = 0;

    out->count = 0;
    while (at < length && out->count < WORDS) {
        size_t end = at;
        while (end < length && line[end] != ' ' && line[end] != '\r' && line[end] != '\n')
            end++;
        size_t size = end - at < WORD ? end - at : WORD - 1;
        if (size > 0) {
            memcpy(out->text[out->count], line + at, size);
            out->text[out->count++][size] = '\0';
        }
        at = end + 1;
    }
}

static bool has_payload(const words *line)
{
    static const char *const verbs[] = {"PUB", "HPUB", "MSG", "HMSG"};

    for (size_t i = 0; line->count > 2 && i < sizeof verbs / sizeof verbs[0]; i++)
        if (strcmp(line->text[0], verbs[i]) == 0)
            return true;
    return false;
}

bool frame_read(const uint8_t *data, size_t length, frame *found)
{
    const uint8_t *end = memchr(data, '\n', length);
    words line;

    if (end == NULL)
        return false;
    *found = (frame){data, (size_t)(end - data) + 1, (size_t)(end - data) + 1};
    split(&line, data, found->line);
    if (has_payload(&line))
        found->length += strtoul(line.text[line.count - 1], NULL, 10) + 2;
    return found->length <= length;
}

static bool payload_begins(const frame *self, const char *text)
{
    size_t length = strlen(text);

    return self->length - self->line >= length &&
           memcmp(self->data + self->line, text, length) == 0;
}

static bool payload_has(const frame *self, const char *text)
{
    return memmem(self->data + self->line, self->length - self->line, text, strlen(text)) != NULL;
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool is_message_dropped(const frame *self, const words *line, fault_plan *faults)
{
    if (payload_begins(self, "{\"stream\":")) {
        if (payload_has(self, "\"duplicate\":"))
            faults->duplicates++;
        if (faults_drop(faults, PUBACK))
            return true;
    }
    return begins(line->text[1], faults->prefix) && faults_drop(faults, MESSAGE);
}

bool frame_is_dropped(const frame *self, int direction, fault_plan *faults)
{
    words line;

    split(&line, self->data, self->line);
    if (line.count == 0)
        return false;
    const char *verb = line.text[0];
    if (direction == DOWN && strcmp(verb, "PONG") == 0)
        return faults_drop(faults, PONG);
    if (direction == DOWN && has_payload(&line))
        return is_message_dropped(self, &line, faults);
    if (direction == UP && has_payload(&line) && begins(line.text[1], "$JS.ACK.") &&
        payload_begins(self, "+ACK\r\n"))
        return faults_drop(faults, ACK);
    return false;
}
