#include "transport/local/message.h"

#include "transport/admission_queue.h"

#include <stdlib.h>

size_t catga_local_size(const catga_outgoing *outgoing)
{
    size_t size = outgoing->length;

    for (size_t i = 0; i < outgoing->header_count; i++)
        size += strlen(outgoing->headers[i].name) + strlen(outgoing->headers[i].value) + 4;
    return size;
}

/* Answers and records have no subject. */
static const char *subject_of(const catga_outgoing *outgoing)
{
    return outgoing->subject == NULL ? "" : outgoing->subject;
}

static catga_local_message *allocate(catga_local *broker, size_t size)
{
    catga_pool *pool = size <= CATGA_LOCAL_SMALL    ? &broker->small
                       : size <= CATGA_LOCAL_MEDIUM ? &broker->medium
                                                    : NULL;
    catga_local_message *message = pool != NULL ? catga_pool_take(pool) : malloc(size);

    if (message != NULL)
        message->pool = pool;
    return message;
}

static const char *append(uint8_t **end, const char *text)
{
    size_t size = strlen(text) + 1;
    char *copy = memcpy(*end, text, size);

    *end += size;
    return copy;
}

void catga_local_message_borrow(catga_local_message *message, const catga_outgoing *outgoing,
                                catga_local_transport *requester, uint64_t token)
{
    message->borrowed = true;
    message->requester = requester;
    message->token = token;
    message->deadline_ns = outgoing->deadline_ns;
    message->ack = NULL;
    message->subject = subject_of(outgoing);
    message->sequence = 0;
    message->deliveries = 0;
    message->stored_ns = 0;
    message->data = outgoing->data;
    message->length = outgoing->length;
    message->header_count = outgoing->header_count;
    for (size_t i = 0; i < outgoing->header_count; i++)
        message->headers[i] = outgoing->headers[i];
}

catga_local_message *catga_local_message_make(catga_local *broker, const catga_outgoing *outgoing,
                                              catga_local_transport *requester, uint64_t token)
{
    catga_local_message *message = allocate(broker, sizeof *message + catga_local_size(outgoing) +
                                                        strlen(subject_of(outgoing)) + 1);

    if (message == NULL)
        return NULL;
    catga_local_message_borrow(message, outgoing, requester, token);
    message->borrowed = false;
    atomic_init(&message->references, 1);
    if (requester != NULL)
        atomic_fetch_add(&requester->references, 1);

    uint8_t *end = message->bytes;
    message->data = end;
    if (outgoing->length != 0)
        memcpy(end, outgoing->data, outgoing->length);
    end += outgoing->length;
    message->subject = append(&end, subject_of(outgoing));
    for (size_t i = 0; i < outgoing->header_count; i++) {
        message->headers[i].name = append(&end, outgoing->headers[i].name);
        message->headers[i].value = append(&end, outgoing->headers[i].value);
    }
    return message;
}

/* Releases a reference; returns true for the last, which needs no atomic operation. */
static bool was_last(catga_local_message *message)
{
    return atomic_load_explicit(&message->references, memory_order_acquire) == 1 ||
           atomic_fetch_sub(&message->references, 1) == 1;
}

void catga_local_message_release(catga_local_message *message)
{
    if (message->borrowed || !was_last(message))
        return;
    if (message->requester != NULL)
        catga_local_transport_release(message->requester);
    if (message->pool != NULL)
        catga_pool_give(message->pool, message);
    else
        free(message);
}

void catga_local_release(catga_incoming *incoming)
{
    catga_admission_slot *slot = incoming->slot;

    if (slot != NULL)
        catga_admission_slot_settle(slot);
    if (incoming->native != NULL)
        catga_local_message_release(incoming->native);
    if (slot != NULL)
        catga_admission_slot_release(slot);
}

const char *catga_local_header(const catga_incoming *incoming, const char *name)
{
    const catga_local_message *message = incoming->native;

    for (size_t i = 0; message != NULL && i < message->header_count; i++)
        if (strcmp(message->headers[i].name, name) == 0)
            return message->headers[i].value;
    return NULL;
}
