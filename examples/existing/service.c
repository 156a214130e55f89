/* A service in a system that exists already; see README.md. Ends with SIGTERM. */
#include "users.catga.h"

#include <stdio.h>

static catga_status my_ping(catga_context *context, existing_users_ping_view request)
{
    catga_string text = existing_users_ping_get_text(request);

    if (catga_string_equal(text, CATGA_STR("hello")))
        text = CATGA_STR("pong");
    return existing_users_ping_reply(context, &EXISTING_USERS_PONG(.text = text));
}

/* Asks a program of the system for the zone, and publishes an event for the others. */
static catga_status my_welcome(catga_context *context, existing_users_user_created_view event)
{
    catga_bus *bus = catga_context_bus(context);
    catga_string user_id = existing_users_user_created_get_user_id(event);
    existing_users_zone_reply reply;

    catga_status status =
        existing_users_find_zone_call(bus, &EXISTING_USERS_FIND_ZONE(.user_id = user_id), &reply);
    if (status == CATGA_OK) {
        catga_string zone = existing_users_zone_get_name(reply.view);
        printf("welcome %.*s of %.*s\n", CATGA_PRINT(user_id), CATGA_PRINT(zone));
        status = existing_users_user_welcomed_publish(
            bus, &EXISTING_USERS_USER_WELCOMED(.user_id = user_id, .zone = zone));
    } else {
        printf("no zone of %.*s: %s: %.*s\n", CATGA_PRINT(user_id), catga_status_name(status),
               CATGA_PRINT(reply.error.text));
    }
    existing_users_zone_reply_free(&reply);
    return status;
}

static catga_status my_see(catga_context *context, existing_users_any_event_view event)
{
    printf("event on %.*s of user %.*s\n", CATGA_PRINT(catga_context_subject(context)),
           CATGA_PRINT(existing_users_any_event_get_user_id(event)));
    return CATGA_OK;
}

static catga_status my_work(catga_context *context, existing_users_task_view event)
{
    (void)context;
    printf("done %.*s\n", CATGA_PRINT(existing_users_task_get_task(event)));
    return CATGA_OK;
}

static catga_status my_print(catga_context *context, existing_users_letter_view event)
{
    (void)context;
    printf("printed %.*s\n", CATGA_PRINT(existing_users_letter_get_text(event)));
    return CATGA_OK;
}

int main(void)
{
    static const existing_users_user_service service = EXISTING_USERS_USER_SERVICE(my);
    catga_bus *bus;

    setvbuf(stdout, NULL, _IOLBF, 0);
    catga_status status = catga_open(&bus, NULL);
    if (status == CATGA_OK)
        status = existing_users_user_service_serve(bus, &service, NULL);
    if (status == CATGA_OK) {
        puts("ready");
        status = catga_run(bus);
    }
    catga_close(bus);
    return status == CATGA_OK ? 0 : 1;
}
