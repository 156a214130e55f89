/* parts.h -- what the files of this folder share: who has to do with a message, and how things are
 * called outside of the schema. */
#ifndef CATGAC_EXPLAIN_PARTS_H
#define CATGAC_EXPLAIN_PARTS_H

#include "explain/explain.h"

typedef enum role { ROLE_CALLS, ROLE_PUBLISHES, ROLE_HANDLES, ROLE_HEARS } role;

/* A service and what it does with one message. */
typedef struct part {
    role role;
    const model_service *service;
    const model_message *message;
    const model_subscription *heard; /* of HEARS */
    size_t number;                   /* in the order of services and their lines */
} part;

typedef struct part_list {
    part *items;
    size_t count;
} part_list;

/* All parts of all services, in which parts_of_message() finds those in one message. */
const part_list *parts_by_message(arena *memory, const model *facts);

part_list parts_of_message(const part_list *all, const model_message *message);

/* All parts that a service has, in the order of its lines of each kind. */
part_list parts_of_service(arena *memory, const model_service *service);

const char *message_word(const model_message *message); /* "command" */

/* Appends shop.orders.CreateOrder. */
void append_full_name(buffer *out, const model_origin *origin);

/* Appends the subject with its keys: catga.events.shop.orders.v1.OrderPaid.{shop_id} */
void append_subject(buffer *out, const model_message *message);

/* Append the name of what the server knows: empty when there is none, as for a broadcast or for an event
 * that is not stored. <instance> stands for the name of the replica. */
void append_queue_group(buffer *out, const part *of);
void append_durable(buffer *out, const part *of);

void explain_text(arena *memory, const explained *chosen, buffer *out);
void explain_json(arena *memory, const explained *chosen, buffer *out);
void explain_dot(arena *memory, const explained *chosen, buffer *out);
void explain_mermaid(arena *memory, const explained *chosen, buffer *out);

#endif
