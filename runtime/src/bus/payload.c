/* The bytes of a message on their way out; see payload.h. */
#include "bus/payload.h"

static catga_status encode_large(catga_payload *payload, catga_core *core, const catga_table *table,
                                 const void *input, catga_problem *problem)
{
    uint8_t *buffer = catga_pool_take(&core->payloads);
    if (buffer == NULL)
        return CATGA_NO_MEMORY;
    catga_status status =
        catga_encode(table, input, buffer, core->payloads.size, &payload->length, problem);
    if (status != CATGA_OK) {
        catga_pool_give(&core->payloads, buffer);
        return status;
    }
    payload->data = payload->large = buffer;
    return CATGA_OK;
}

catga_status catga_payload_encode(catga_payload *payload, catga_core *core,
                                  const catga_table *table, const void *input,
                                  catga_problem *problem)
{
    payload->data = payload->stack;
    payload->length = 0;
    payload->large = NULL;
    problem->text[0] = '\0';
    if (table == NULL)
        return CATGA_OK;
    catga_status status = catga_encode(table, input, payload->stack, sizeof payload->stack,
                                       &payload->length, problem);
    return status == CATGA_TOO_LARGE ? encode_large(payload, core, table, input, problem) : status;
}

void catga_payload_free(catga_payload *payload, catga_core *core)
{
    if (payload->large != NULL)
        catga_pool_give(&core->payloads, payload->large);
}
