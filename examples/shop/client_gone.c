/*
 * Ships an order of a customer without an account. The notification service rejects the event,
 * which becomes a dead letter. An operator then lists the dead letter, replays it, which fails
 * again, and removes it.
 */
#include "client.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#define STREAM SHOP_ORDERS_ORDER_SHIPPED_STREAM

enum { LETTER_WAIT_MS = 5000, LOOK_EVERY_MS = 20, REPLAY_WAIT_MS = 5000, JSON_MAX = 512 };

/* The search for a dead letter: the order to find, and the result. */
typedef struct search {
    const char *order_id;
    uint64_t number; /* number of the dead letter; 0 if none was found */
    char cause[CATGA_PROBLEM_TEXT];
    char handler[CATGA_PROBLEM_TEXT];
    char json[JSON_MAX];
} search;

/* The dead letter is valid until this returns. Its bytes are those of the event. */
static bool look(const catga_dead_letter *letter, void *user)
{
    search *self = user;
    shop_orders_order_shipped_view event;

    if (shop_orders_order_shipped_open(letter->data.data, letter->data.length, &event, NULL) !=
            CATGA_OK ||
        !catga_string_equal(shop_orders_order_shipped_get_order_id(event),
                            catga_str(self->order_id)))
        return true;
    self->number = letter->number;
    snprintf(self->handler, sizeof self->handler, "%.*s", CATGA_PRINT(letter->handler));
    snprintf(self->cause, sizeof self->cause, "%.*s", CATGA_PRINT(letter->cause));
    shop_orders_order_shipped_print(event, self->json, sizeof self->json);
    return false;
}

static bool find_letter(shop_client *self, const char *order_id, search *found)
{
    *found = (search){.order_id = order_id};
    catga_status status = catga_dead_letters(self->bus, STREAM, 1, look, found);
    expect_status(&self->checks, "looking", status, CATGA_OK);
    return found->number != 0;
}

/* The notification service may still be handling the event. */
static bool await_letter(shop_client *self, const char *order_id, search *found)
{
    const struct timespec pause = {.tv_nsec = LOOK_EVERY_MS * 1000000L};

    for (int waited = 0; waited < LETTER_WAIT_MS; waited += LOOK_EVERY_MS) {
        if (find_letter(self, order_id, found))
            return true;
        nanosleep(&pause, NULL);
    }
    return false;
}

static void try_again(shop_client *self, uint64_t number)
{
    catga_problem problem = {""};

    step(&self->checks, "The dead letter %" PRIu64 " is replayed", number);
    catga_status status =
        catga_dead_letter_replay(self->bus, STREAM, number, REPLAY_WAIT_MS, &problem);
    step_gave(&self->checks, "%s: %s", catga_status_name(status), problem.text);
    expect_status(&self->checks, "the outcome", status, CATGA_HANDLER_FAILED);
}

static void throw_away(shop_client *self, const char *order_id, uint64_t number)
{
    search found;

    step(&self->checks, "The dead letter %" PRIu64 " is removed", number);
    expect_status(&self->checks, "the outcome", catga_dead_letter_remove(self->bus, STREAM, number),
                  CATGA_OK);
    expect_true(&self->checks, "it is gone", !find_letter(self, order_id, &found));
}

void client_shows_gone(shop_client *self)
{
    char order_id[65];
    search found;

    if (!client_order_and_ship(self, "GONE-001", order_id))
        return;
    step(&self->checks, "The dead letters are listed");
    if (!expect_true(&self->checks, "there is one", await_letter(self, order_id, &found)))
        return;
    step_gave(&self->checks, "%s: %s: %s", found.handler, found.cause, found.json);
    expect_text(&self->checks, "the handler that rejected it", catga_str(found.handler),
                "NotificationService__track");
    try_again(self, found.number);
    throw_away(self, order_id, found.number);
}
