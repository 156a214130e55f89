/* Publishes a received event on another bus, for bridges. */
#include "client/publish.h"
#include "observe/hooks.h"
#include "server/context.h"

#include <inttypes.h>
#include <stdio.h>

/* Of an event without an id: its number, and the time in nanoseconds since 1970. */
enum { OWN_ID = 64 };

static bool is_only_received(const catga_message *message)
{
    return message->kind != CATGA_EVENT || strpbrk(message->subject, "*>") != NULL;
}

/*
 * Returns the id under which the other server stores the event: the same for each delivery, so that
 * it is stored once. Foreign publishers may send none, or one that is too long; the place of the
 * event in its stream replaces it. An event whose place is unknown, such as a replayed one, gets a
 * random id.
 */
static catga_string id_of(const catga_context *context, char own[OWN_ID])
{
    const catga_incoming *incoming = context->incoming;
    catga_string id = catga_context_message_id(context);

    if (id.length >= 1 && id.length <= CATGA_TOKEN_MAX && catga_is_header_value(id))
        return id;
    if (incoming->sequence == 0 || incoming->stored_ns == 0)
        return catga_str(NULL);
    snprintf(own, OWN_ID, "%" PRIu64 "-%" PRId64, incoming->sequence, incoming->stored_ns);
    return catga_str(own);
}

/* Publishes on behalf of the event, which has its correlation id and trace context, through the
 * state of the other bus. */
static catga_status publish(catga_bus *to, const catga_context *context, catga_problem *problem)
{
    const catga_incoming *incoming = context->incoming;
    char own[OWN_ID];
    const catga_call_settings settings = {.id = id_of(context, own)};
    catga_bus through = context->bus;
    catga_encode_buffer payload;

    through.state = to->state;
    through.headers = to->headers;
    through.header_count = to->header_count;
    catga_encode_buffer_wrap(&payload, (catga_bytes){incoming->data, incoming->length});
    return catga_publish_encoded(&through, context->message, &settings, &payload, problem);
}

catga_status catga_event_forward(catga_bus *to, const catga_context *context)
{
    const catga_message *message = context->message;
    catga_problem problem = {""};

    if (to->state == context->state || is_only_received(message))
        return CATGA_INVALID_ARGUMENT;
    catga_status status =
        message->delivery == NULL ? catga_bus_may_send(to) : catga_bus_may_wait(to);
    if (status == CATGA_OK)
        status = publish(to, context, &problem);
    else
        catga_hook_send_refused(to, message, status);
    catga_publish_report(to->state, message, status, &problem);
    return status;
}
