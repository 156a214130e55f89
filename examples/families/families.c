/*
 * families FILE: an audit and an archive of every event of a namespace, in ten lines each. All run
 * in one process, over its own server.
 */
#include "orders.catga.h"

#include <stdio.h>

static catga_status my_audit(catga_context *context, const catga_event *event)
{
    char json[512];

    (void)context;
    (void)catga_event_print(event, json, sizeof json);
    printf("%s %s\n", event->name, json);
    return CATGA_OK;
}

static catga_status my_archive(catga_context *context, const catga_event *event)
{
    catga_string subject = catga_context_subject(context);
    catga_bytes bytes = catga_context_payload(context);
    FILE *file = catga_context_user(context);

    (void)event;
    flockfile(file); /* handlers of several events run at once */
    fprintf(file, "%.*s %zu\n", CATGA_PRINT(subject), bytes.length);
    bool written = fwrite(bytes.data, 1, bytes.length, file) == bytes.length;
    fputc('\n', file);
    funlockfile(file);
    return written ? CATGA_OK : CATGA_HANDLER_FAILED;
}

static catga_status publish_orders(catga_bus *bus)
{
    const orders_order_seen seen = {.order_id = CATGA_STR("A-1")};
    const orders_order_paid paid = {.order_id = CATGA_STR("A-1"), .cents = 1250};
    catga_status status = orders_order_seen_publish(bus, &seen);

    return status == CATGA_OK ? orders_order_paid_publish(bus, &paid) : status;
}

/* Serves both, publishes two events, and waits until they are handled. */
static catga_status run(catga_local *server, catga_bus *bus, FILE *file)
{
    static const orders_audit audit = ORDERS_AUDIT(my);
    static const orders_archive archive = ORDERS_ARCHIVE(my);
    catga_status status = orders_audit_serve(bus, &audit, NULL);

    if (status == CATGA_OK)
        status = orders_archive_serve(bus, &archive, file);
    if (status == CATGA_OK)
        status = publish_orders(bus);
    return status == CATGA_OK ? catga_local_wait_idle(server, 5000) : status;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "wb") : NULL;
    catga_local *server = NULL;
    catga_bus *bus = NULL;

    if (file == NULL) {
        fprintf(stderr, "usage: families FILE\n");
        return 2;
    }
    catga_status status = catga_local_open(&server);
    if (status == CATGA_OK)
        status = catga_open(&bus, &(catga_options){.local = server});
    if (status == CATGA_OK)
        status = run(server, bus, file);
    catga_close(bus);
    catga_local_close(server);
    if (fclose(file) != 0 || status != CATGA_OK)
        fprintf(stderr, "families: %s\n", catga_status_text(status));
    return status == CATGA_OK ? 0 : 1;
}
