/* Ids that senders give their own calls. */
#ifndef CATGA_CALL_ID_H
#define CATGA_CALL_ID_H

#include "bus/subject.h"

#include <catga/gen.h>

#define CATGA_CALL_ID_RULE "an id of an idempotent command is 1 to 64 of A-Z a-z 0-9 _ -"

static inline bool catga_call_id_allowed(const catga_message *message, catga_string id)
{
    return message->claims != NULL && catga_is_token(id);
}

#endif
