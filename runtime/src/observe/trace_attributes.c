/* Collects the attributes of messages; see trace_attributes.h. */
#include "observe/trace_attributes.h"

#include "base/text.h"
#include "server/context.h"

#include <assert.h>

static void add(catga_trace_attributes *attributes, catga_span_attribute attribute)
{
    assert(attributes->count < CATGA_TRACE_ATTRIBUTES);
    attributes->all[attributes->count++] = attribute;
}

static void add_text(catga_trace_attributes *attributes, const char *name, catga_string text)
{
    if (text.length != 0)
        add(attributes, (catga_span_attribute){name, text, 0});
}

static void add_number(catga_trace_attributes *attributes, const char *name, int64_t number)
{
    add(attributes, (catga_span_attribute){name, {NULL, 0}, number});
}

/* Adds the name of a status without its prefix, in small letters. */
static void add_error(catga_trace_attributes *attributes, catga_status status)
{
    const char *name = catga_status_name(status) + sizeof "CATGA_" - 1;
    size_t length = 0;

    if (status == CATGA_OK)
        return;
    for (; name[length] != '\0' && length < sizeof attributes->error - 1; length++) {
        bool is_letter = name[length] >= 'A' && name[length] <= 'Z';
        attributes->error[length] = (char)(is_letter ? name[length] - 'A' + 'a' : name[length]);
    }
    add_text(attributes, "error.type", (catga_string){attributes->error, length});
}

static void begin(catga_trace_attributes *attributes, const catga_bus_state *state,
                  const char *name, const char *type)
{
    attributes->count = 0;
    add_text(attributes, "messaging.system",
             catga_str(state->settings.local != NULL ? "local" : state->settings.kind->name));
    add_text(attributes, "messaging.operation.name", catga_str(name));
    add_text(attributes, "messaging.operation.type", catga_str(type));
}

/* Adds the subject, and of one with keys that of every key, which has few values. */
static void add_destination(catga_trace_attributes *attributes, const catga_bus_state *state,
                            const catga_message *message, catga_string subject)
{
    static const char standard[] = "catga.";

    add_text(attributes, "messaging.destination.name", subject);
    if (message->keys == NULL)
        return;
    const char *subjects = message->keys->subjects;
    bool has_prefix = strncmp(subjects, standard, sizeof standard - 1) == 0;
    (void)catga_text_format(attributes->subjects, sizeof attributes->subjects, "%.*s%s",
                            has_prefix ? (int)state->prefix.length : 0, state->prefix.data,
                            subjects + (has_prefix ? sizeof standard - 2 : 0));
    add_text(attributes, "messaging.destination.template", catga_str(attributes->subjects));
}

/* ---- Sent messages ---- */

static void add_ids(catga_trace_attributes *attributes, const catga_envelope *envelope)
{
    const char *id = catga_envelope_header(envelope, CATGA_HEADER_ID);
    const char *conversation = catga_envelope_header(envelope, CATGA_HEADER_CORRELATION);

    add_text(attributes, "messaging.message.id", catga_str(id));
    add_text(attributes, "messaging.message.conversation_id",
             catga_str(conversation != NULL ? conversation : id));
}

void catga_trace_attributes_sent(catga_trace_attributes *attributes, const catga_sending *sending,
                                 const catga_envelope *envelope)
{
    bool is_event = sending->message->kind == CATGA_EVENT;

    begin(attributes, sending->state, is_event ? "publish" : "request", "send");
    add_destination(attributes, sending->state, sending->message,
                    catga_str(envelope->outgoing.subject));
    add_ids(attributes, envelope);
    if (sending->attempt != 0)
        add_number(attributes, "messaging.message.body.size", (int64_t)envelope->outgoing.length);
    if (sending->attempt > 1)
        add_number(attributes, "catga.tries", sending->attempt);
    add_error(attributes, sending->status);
}

/* ---- Handled messages ---- */

/* Returns the queue group or durable consumer; absent for a broadcast, which has none. */
static catga_string group_of(const catga_context *context, char group[CATGA_CONSUMER_NAME])
{
    const catga_handler *handler = context->endpoint->handler;
    const catga_service *service = context->endpoint->service_instance->service;

    bool has_none = handler->sharing == CATGA_BROADCAST && context->message->delivery == NULL;

    if (context->message->kind != CATGA_EVENT)
        return catga_str(service->name);
    if (has_none || !catga_names_consumer(context->state, service, handler, group))
        return (catga_string){NULL, 0};
    return catga_str(group);
}

/* Copies a peer's text as valid UTF-8. */
static catga_string clean(char *copy, size_t capacity, catga_string text)
{
    return (catga_string){copy, catga_text_header(copy, capacity, text)};
}

void catga_trace_attributes_handled(catga_trace_attributes *attributes,
                                    const catga_context *context, catga_status failure)
{
    begin(attributes, context->state, "process", "process");
    add_destination(
        attributes, context->state, context->message,
        clean(attributes->subject, sizeof attributes->subject, context->incoming->subject));
    add_text(attributes, "messaging.consumer.group.name", group_of(context, attributes->group));
    add_text(attributes, "messaging.message.id",
             clean(attributes->id, sizeof attributes->id, catga_context_message_id(context)));
    add_text(attributes, "messaging.message.conversation_id",
             clean(attributes->conversation, sizeof attributes->conversation,
                   catga_context_correlation_id(context)));
    add_number(attributes, "messaging.message.body.size", (int64_t)context->incoming->length);
    if (context->attempt > 1)
        add_number(attributes, "catga.attempt", context->attempt);
    add_error(attributes, failure);
}
