#include "middleware.h"

static const catga_string scheme = {"Bearer ", 7};

/* Compares all bytes, so that the time does not tell how many are right. */
static bool is_equal(const char *token, catga_string given)
{
    unsigned difference = 0;

    if (strlen(token) != given.length)
        return false;
    for (size_t i = 0; i < given.length; i++)
        difference |= (unsigned char)token[i] ^ (unsigned char)given.data[i];
    return difference == 0;
}

const char *user_of(const catga_context *context, const users *known)
{
    catga_string given = catga_context_header(context, "Authorization");

    if (given.length < scheme.length || memcmp(given.data, scheme.data, scheme.length) != 0)
        return NULL;
    given = (catga_string){given.data + scheme.length, given.length - scheme.length};
    for (size_t i = 0; i < known->count; i++)
        if (is_equal(known->list[i].token, given))
            return known->list[i].name;
    return NULL;
}

catga_status authorise(catga_context *context, catga_next *next, void *known)
{
    if (user_of(context, known) == NULL)
        return catga_deny(context, CATGA_NOT_PERMITTED, "the header Authorization names no user");
    return catga_run_next(next);
}
