/* The record of a claim in the store; see claim_record.h. */
#include "bus/claim_record.h"

#include "bus/ask.h"
#include "bus/envelope.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* The time that the store has for an answer. */
#define STORE_WAIT (500 * CATGA_MILLISECOND)

static const char *const state_words[] = {
    [CATGA_RECORD_NONE] = "",
    [CATGA_RECORD_TAKEN] = "taken",
    [CATGA_RECORD_FREE] = "free",
    [CATGA_RECORD_DONE] = "done",
};

/* ---- Writing ---- */

typedef struct write_question {
    catga_record_place place;
    catga_outgoing record;
    uint64_t over;
} write_question;

static catga_status send_write(catga_core *core, const void *question, uint64_t token)
{
    const write_question *write = question;
    return core->operations->write_record(core->transport, write->place, &write->record,
                                          write->over, token);
}

/* The answer goes with the mark: bytes, or the headers of an error. */
static void add_answer(catga_outgoing *record, catga_header *headers, const catga_claim *claim,
                       char code[16])
{
    record->data = claim->answer.data;
    record->length = claim->answer.length;
    if (claim->error.code == 0)
        return;
    snprintf(code, 16, "%" PRIu32, claim->error.code);
    headers[record->header_count++] = (catga_header){CATGA_HEADER_ERROR_CODE, code};
    headers[record->header_count++] =
        (catga_header){CATGA_HEADER_ERROR_TEXT, claim->error.text.data};
    if (claim->error.name.length != 0)
        headers[record->header_count++] =
            (catga_header){CATGA_HEADER_ERROR, claim->error.name.data};
}

catga_status catga_record_write(catga_core *core, catga_record_place place,
                                const catga_record_content *content, uint64_t over,
                                uint64_t *revision, catga_problem *problem)
{
    char count[16], code[16];
    catga_header headers[7] = {{CATGA_HEADER_CLAIM, state_words[content->state]},
                               {CATGA_HEADER_OWNER, content->attempt},
                               {CATGA_HEADER_ATTEMPT, count}};
    write_question question = {.place = place,
                               .record = {.subject = "", .headers = headers, .header_count = 3},
                               .over = over};
    catga_incoming answer;

    snprintf(count, sizeof count, "%" PRIu32, content->count);
    if (content->request[0] != '\0')
        headers[question.record.header_count++] =
            (catga_header){CATGA_HEADER_REQUEST, content->request};
    if (content->claim != NULL)
        add_answer(&question.record, headers, content->claim, code);
    catga_status status =
        catga_ask(core, send_write, &question, catga_clock_now() + STORE_WAIT, &answer);
    if (status != CATGA_OK) /* too many calls are under way: that says nothing about the bucket */
        return status == CATGA_OVERLOADED ? CATGA_TRANSPORT_FAILED : status;
    status = core->operations->record_written(&answer, revision, problem);
    core->operations->release(&answer);
    return status;
}

/* ---- Reading ---- */

static catga_status send_read(catga_core *core, const void *question, uint64_t token)
{
    const catga_record_place *place = question;
    return core->operations->read_record(core->transport, *place, token);
}

const char *catga_record_header(const catga_read_record *record, const char *name)
{
    const char *value = record->core->operations->header(&record->message, name);
    return value == NULL ? "" : value;
}

/* A record of somebody else's making counts as a claim whose owner is gone. */
static void understand(catga_read_record *record)
{
    const char *word = catga_record_header(record, CATGA_HEADER_CLAIM);

    record->state = strcmp(word, state_words[CATGA_RECORD_DONE]) == 0   ? CATGA_RECORD_DONE
                    : strcmp(word, state_words[CATGA_RECORD_FREE]) == 0 ? CATGA_RECORD_FREE
                                                                        : CATGA_RECORD_TAKEN;
    record->count =
        (uint32_t)strtonum(catga_record_header(record, CATGA_HEADER_ATTEMPT), 0, INT32_MAX, NULL);
    snprintf(record->attempt, sizeof record->attempt, "%s",
             catga_record_header(record, CATGA_HEADER_OWNER));
}

catga_status catga_record_read(catga_core *core, catga_record_place place,
                               catga_read_record *record)
{
    catga_problem problem = {""};

    *record = (catga_read_record){.core = core, .state = CATGA_RECORD_NONE};
    catga_status status =
        catga_ask(core, send_read, &place, catga_clock_now() + STORE_WAIT, &record->message);
    if (status != CATGA_OK)
        return status;
    record->found = true;
    status = core->operations->record_found(&record->message, &record->revision, &problem);
    if (status == CATGA_OK && record->revision != 0)
        understand(record);
    return status;
}

void catga_record_forget(catga_read_record *record)
{
    if (record->found && record->message.native != NULL)
        record->core->operations->release(&record->message);
    record->found = false;
}
