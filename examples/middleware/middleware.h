/* Three middlewares, each for any service: its `run` for catga_middleware, and the type of its
 * `user`. */
#ifndef MIDDLEWARE_H
#define MIDDLEWARE_H

#include <catga/catga.h>

#include <stdatomic.h>

/* ---- Authorisation: the header Authorization names a known user ---- */

typedef struct user {
    const char *name;
    const char *token;
} user;

typedef struct users {
    const user *list;
    size_t count;
} users;

/* Denies messages without the token of a user. */
catga_status authorise(catga_context *context, catga_next *next, void *users);

/* Returns the name of the user whose token the message has, or NULL. */
const char *user_of(const catga_context *context, const users *users);

/* ---- Rate limit: at most `burst` messages at once, and one more in each `interval_ns` ---- */

typedef struct rate {
    int64_t interval_ns;
    int64_t burst;
    _Atomic(int64_t) full_at; /* monotonic time at which the whole burst is allowed again */
} rate;

/* Denies messages above the rate; their callers retry. */
catga_status limit_rate(catga_context *context, catga_next *next, void *rate);

/* ---- Audit: one line in the log for each message, with its outcome ---- */

/* `users` is the list of the users, whose names the lines have. */
catga_status audit(catga_context *context, catga_next *next, void *users);

#endif
