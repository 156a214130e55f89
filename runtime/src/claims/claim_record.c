/* Reads and writes the records of claims; see claim_record.h. */
#include "claims/claim_record.h"

#include "bus/envelope.h"
#include "bus/kv.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const state_words[] = {
    [CATGA_RECORD_NONE] = "",     [CATGA_RECORD_TAKEN] = "taken", [CATGA_RECORD_FREE] = "free",
    [CATGA_RECORD_DONE] = "done", [CATGA_RECORD_ENDED] = "ended",
};

/* ---- Writing ---- */

/* Adds the answer to a record: bytes, or the headers of an error. */
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

catga_status catga_record_write(catga_bus_state *state, catga_kv_key key,
                                const catga_record_content *content, uint64_t over,
                                uint64_t *revision, catga_problem *problem)
{
    char count[16], code[16];
    catga_header headers[8] = {{CATGA_HEADER_CLAIM, state_words[content->state]},
                               {CATGA_HEADER_OWNER, content->attempt},
                               {CATGA_HEADER_ATTEMPT, count}};
    catga_outgoing record = {.subject = "", .headers = headers, .header_count = 3};

    snprintf(count, sizeof count, "%" PRIu32, content->count);
    if (content->request[0] != '\0')
        headers[record.header_count++] = (catga_header){CATGA_HEADER_REQUEST, content->request};
    if (content->cause[0] != '\0')
        headers[record.header_count++] = (catga_header){CATGA_HEADER_CAUSE, content->cause};
    if (content->claim != NULL)
        add_answer(&record, headers, content->claim, code);
    return catga_kv_write(state, key, &record, over, revision, problem);
}

/* ---- Reading ---- */

const char *catga_record_header(const catga_read_record *record, const char *name)
{
    const char *value = record->bus_state->operations->header(&record->message, name);

    return value == NULL ? "" : value;
}

/* Reads the headers. A record of an unknown form counts as the claim of an absent owner. */
static void understand(catga_read_record *record)
{
    const char *word = catga_record_header(record, CATGA_HEADER_CLAIM);

    record->state = CATGA_RECORD_TAKEN;
    for (catga_record_state state = CATGA_RECORD_FREE; state <= CATGA_RECORD_ENDED; state++)
        if (strcmp(word, state_words[state]) == 0)
            record->state = state;
    record->count =
        (uint32_t)strtonum(catga_record_header(record, CATGA_HEADER_ATTEMPT), 0, INT32_MAX, NULL);
    snprintf(record->attempt, sizeof record->attempt, "%s",
             catga_record_header(record, CATGA_HEADER_OWNER));
}

catga_status catga_record_read(catga_bus_state *state, catga_kv_key key, catga_read_record *record)
{
    *record = (catga_read_record){.bus_state = state, .state = CATGA_RECORD_NONE};
    catga_status status = catga_kv_read(state, key, &record->message, &record->revision);
    record->found = status == CATGA_OK;
    if (record->found && record->revision != 0)
        understand(record);
    return status;
}

void catga_record_forget(catga_read_record *record)
{
    if (record->found && record->message.native != NULL)
        record->bus_state->operations->release(&record->message);
    record->found = false;
}
