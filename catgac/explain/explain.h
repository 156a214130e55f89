/* explain.h -- describes services, messages and stores: as text, as JSON, or as a graph.
 *
 * Input: a model and the selected names. Subjects, streams, durables and bounds are those of the
 * generated code.
 */
#ifndef CATGAC_EXPLAIN_H
#define CATGAC_EXPLAIN_H

#include "base/diag.h"
#include "explain/format.h"
#include "explain/stores.h"
#include "model/model.h"

/* The selected messages, buckets, object stores and services, in the order of the files. */
typedef struct explained {
    const struct part_list *parts; /* of all services of the model, by message */
    const model_message **messages;
    size_t message_count;
    explained_store *stores;
    size_t store_count;
    const model_service **services;
    size_t service_count;
    const model *facts;
} explained;

/* Selects everything in the given files, or the messages, stores, services and namespaces in
 * `names`.
 * Reports unknown names. */
explained explain_choose(arena *memory, diagnostics *diags, const model *facts,
                         const char *const *names, size_t name_count);

void explain_print(arena *memory, const explained *chosen, explain_format format, buffer *out);

#endif
