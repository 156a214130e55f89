/* parts.h -- shared by the files of this folder: the services of a message, and NATS names. */
#ifndef CATGAC_EXPLAIN_PARTS_H
#define CATGAC_EXPLAIN_PARTS_H

#include "explain/explain.h"

typedef enum role { ROLE_CALLS, ROLE_PUBLISHES, ROLE_HANDLES, ROLE_SUBSCRIBES } role;

/* The part of a service in one message. */
typedef struct part {
    role role;
    const model_service *service;
    const model_message *message;
    const model_subscription *subscription; /* of HEARS */
    size_t number;                          /* in the order of services and their members */
} part;

typedef struct part_list {
    part *items;
    size_t count;
} part_list;

/* All parts of all services, sorted for parts_of_message(). */
const part_list *parts_by_message(arena *memory, const model *facts);

part_list parts_of_message(const part_list *all, const model_message *message);

/* Returns all parts of a service, in the order of its members of each kind. */
part_list parts_of_service(arena *memory, const model_service *service);

const char *
message_word(const model_message *message); /* Returns the word for a message: "command". */

/* Appends shop.orders.CreateOrder. */
void append_full_name(buffer *out, const model_origin *origin);

/* Append the name of a queue group or durable; nothing if there is none, as for a broadcast or
 * an event that is not stored. <instance> is the placeholder of the replica's name. */
void append_queue_group(buffer *out, const part *of);
void append_durable(buffer *out, const part *of);

void explain_text(arena *memory, const explained *chosen, buffer *out);
void explain_json(const explained *chosen, buffer *out);
void explain_dot(arena *memory, const explained *chosen, buffer *out);
void explain_mermaid(arena *memory, const explained *chosen, buffer *out);

#endif
