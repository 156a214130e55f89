/* explain.h -- how services and messages meet, for people, for programs, and as a picture.
 *
 * Input: a model and what of it is asked for. Nothing here is decided: subjects, streams, durables and
 * bounds are those of the generated code.
 */
#ifndef CATGAC_EXPLAIN_H
#define CATGAC_EXPLAIN_H

#include "base/diag.h"
#include "explain/format.h"
#include "model/model.h"

/* What is explained, in the order of the files. */
typedef struct explained {
    const struct part_list *parts; /* of all services of the model, by message */
    const model_message **messages;
    size_t message_count;
    const model_service **services;
    size_t service_count;
} explained;

/* Everything that the given files declare, or what has one of `names`: a message, a service, or a
 * namespace with all that is in it. A name that nothing has is reported. */
explained explain_choose(arena *memory, diagnostics *diags, const model *facts,
                         const char *const *names, size_t name_count);

void explain_print(arena *memory, const explained *chosen, explain_format format, buffer *out);

#endif
