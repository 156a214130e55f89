/* Logs single messages; see message_log.h. */
#include "observe/message_log.h"

#include "server/context.h"

#include <inttypes.h>

static const char *id_of(const catga_envelope *envelope)
{
    const char *id = catga_envelope_header(envelope, CATGA_HEADER_ID);

    return id == NULL ? "none" : id;
}

static void log_sent(const catga_observer *self, const catga_sending *sending)
{
    (void)self;
    const catga_envelope *envelope = sending->envelope;
    const catga_message *message = sending->message;

    if (envelope != NULL)
        catga_log(&sending->state->settings.logger, CATGA_LOG_DEBUG,
                  "client: %s %s: %s (subject=%s, id=%s, bytes=%zu)",
                  message->kind == CATGA_EVENT ? "publish" : "call", message->table->name,
                  catga_status_text(sending->status), envelope->outgoing.subject, id_of(envelope),
                  envelope->outgoing.length);
}

static void log_handled(const catga_observer *self, const catga_context *context)
{
    (void)self;
    const catga_incoming *incoming = context->incoming;
    const catga_string none = CATGA_STR("none");
    catga_string id = catga_context_message_id(context);

    id = id.length == 0 ? none : id;
    catga_log(&context->state->settings.logger, CATGA_LOG_DEBUG,
              "server: handle %s in %s: %s (subject=%.*s, id=%.*s, bytes=%zu, delivery=%" PRIu32
              ")",
              context->message->table->name, context->endpoint->handler->name,
              catga_status_text(context->outcome), CATGA_PRINT(incoming->subject), CATGA_PRINT(id),
              incoming->length, incoming->deliveries);
}

const catga_observer catga_message_log = {.send_ends = log_sent, .handling_ends = log_handled};
