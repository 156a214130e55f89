/* Verifies received messages; see received.h. */
#include "server/received.h"

#include "bus/subject.h"

#include <stdio.h>

/* Longest part of a subject in a problem, in bytes. */
enum { SHOWN = 60 };

static catga_string end_of(catga_string text, size_t length)
{
    size_t left_out = text.length > length ? text.length - length : 0;

    return (catga_string){text.data + left_out, text.length - left_out};
}

/* Compares the last tokens of the subject with the keys of the payload. */
static catga_status check_keys(const catga_message *message, catga_string subject,
                               const uint8_t *table, catga_problem *problem)
{
    char text[CATGA_SUBJECT_MAX + 1];
    size_t length = message->keys->put(message, table, text, sizeof text, problem);
    const catga_string keys = {text, length};

    if (length == 0)
        return CATGA_BAD_MESSAGE;
    if (catga_string_equal(end_of(subject, length), keys))
        return CATGA_OK;
    snprintf(problem->text, sizeof problem->text,
             "its keys are \"%.*s\", its subject ends in \"%.*s\"",
             CATGA_PRINT(end_of((catga_string){text + 1, length - 1}, SHOWN)),
             CATGA_PRINT(end_of(subject, SHOWN)));
    return CATGA_BAD_MESSAGE;
}

catga_status catga_received_verify(const catga_message *message, const catga_incoming *incoming,
                                   const uint8_t **table, catga_problem *problem)
{
    catga_status status =
        catga_verify(message->table, incoming->data, incoming->length, table, problem);

    return status == CATGA_OK ? check_keys(message, incoming->subject, *table, problem) : status;
}
