#include "transport/nats/validate.h"

#include "transport/validate.h"

bool catga_nats_reply_valid(const char *reply)
{
    return reply != NULL && reply[0] == '_' && catga_subject_valid(reply);
}
