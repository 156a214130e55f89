/* Logs single messages; see message_log.h. */
#include "bus/message_log.h"

#include <inttypes.h>

static const char *id_of(const catga_outgoing *outgoing)
{
    for (size_t i = 0; i < outgoing->header_count; i++)
        if (strcmp(outgoing->headers[i].name, CATGA_HEADER_ID) == 0)
            return outgoing->headers[i].value;
    return "none";
}

void catga_message_log_sent(const catga_bus_state *state, const catga_message *message,
                            const catga_outgoing *outgoing, catga_status status)
{
    const catga_logger *logger = &state->settings.logger;

    if (catga_log_wants(logger, CATGA_LOG_DEBUG))
        catga_log(logger, CATGA_LOG_DEBUG, "client: %s %s: %s (subject=%s, id=%s, bytes=%zu)",
                  message->kind == CATGA_EVENT ? "publish" : "call", message->table->name,
                  catga_status_text(status), outgoing->subject, id_of(outgoing), outgoing->length);
}

void catga_message_log_received(const catga_context *context, const char *handler,
                                const char *outcome)
{
    const catga_logger *logger = &context->state->settings.logger;

    if (!catga_log_wants(logger, CATGA_LOG_DEBUG))
        return;
    const catga_incoming *incoming = context->incoming;
    catga_string id = catga_context_message_id(context);
    const catga_string none = CATGA_STR("none");
    id = id.length == 0 ? none : id;
    catga_log(logger, CATGA_LOG_DEBUG,
              "server: handle %s in %s: %s (subject=%.*s, id=%.*s, bytes=%zu, delivery=%" PRIu32
              ")",
              context->message->table->name, handler, outcome, CATGA_PRINT(incoming->subject),
              CATGA_PRINT(id), incoming->length, incoming->deliveries);
}
