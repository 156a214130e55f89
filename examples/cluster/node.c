/*
 * The program cluster_node: a node with an HTTP API and handlers.
 *
 *   cluster_node NODE_ID PORT    or NODE_ID and NODE_PORT in the environment, and NATS_URL
 */
#include "node.catga.h"
#include "node.routes.h"
#include "order_id.h"
#include "program.h"
#include "shop_log.h"

#include <stdio.h>
#include <stdlib.h>

enum { TRACKING = 32, ENDPOINT = 64, LARGEST_PORT = 65535 };

static void publish_created(catga_context *context, cluster_node_create_order_view request,
                            const char *id)
{
    const cluster_node_order_created event =
        CLUSTER_NODE_ORDER_CREATED(.order_id = catga_str(id),
                                   .product_id = cluster_node_create_order_get_product_id(request),
                                   .quantity = cluster_node_create_order_get_quantity(request));

    catga_ignore(cluster_node_order_created_publish(catga_context_bus(context), &event));
}

static catga_status publish_shipped(catga_context *context, const char *id)
{
    char tracking_number[TRACKING];

    snprintf(tracking_number, sizeof tracking_number, "TRK-%s", id);
    const cluster_node_order_shipped event =
        CLUSTER_NODE_ORDER_SHIPPED(.order_id = catga_str(id),
                                   .tracking_number = catga_str(tracking_number));
    return cluster_node_order_shipped_publish(catga_context_bus(context), &event);
}

static catga_status handle_create_order(catga_context *context,
                                        cluster_node_create_order_view request)
{
    const char *node = catga_instance(catga_context_bus(context));
    char id[ORDER_ID_SIZE];

    order_id_of(catga_context_message_id(context), id);
    shop_info(context, "📦 Processing order %s on %s", id, node);
    publish_created(context, request, id);
    catga_status status = publish_shipped(context, id);
    if (status != CATGA_OK)
        return status;
    const cluster_node_create_order_response response =
        CLUSTER_NODE_CREATE_ORDER_RESPONSE(.order_id = catga_str(id),
                                           .status = CLUSTER_NODE_ORDER_STATUS_CREATED,
                                           .processed_by = catga_str(node));
    return cluster_node_create_order_reply(context, &response);
}

/* The time in the log lines of events shows how far apart they arrive. */
static catga_status handle_hear_created(catga_context *context,
                                        cluster_node_order_created_view event)
{
    char now[CATGA_TIMESTAMP_TEXT];

    shop_info(context, "📝 [QoS 0] Order created event received (may be lost): %.*s at %s",
              CATGA_PRINT(cluster_node_order_created_get_order_id(event)),
              catga_timestamp_text(catga_timestamp_now(), now));
    return CATGA_OK;
}

static catga_status handle_hear_shipped(catga_context *context,
                                        cluster_node_order_shipped_view event)
{
    char now[CATGA_TIMESTAMP_TEXT];

    shop_info(context, "📦 [QoS 1] Order shipped event received (guaranteed delivery): %.*s at %s",
              CATGA_PRINT(cluster_node_order_shipped_get_order_id(event)),
              catga_timestamp_text(catga_timestamp_now(), now));
    return CATGA_OK;
}

static catga_status serve(catga_bus *bus, void *user)
{
    static const cluster_node_node service = CLUSTER_NODE_NODE(handle);

    return cluster_node_node_serve(bus, &service, user);
}

/* Returns the port, or 0 for a text that is none. */
static int read_port(const char *text)
{
    char *end;
    long port = text == NULL ? 0 : strtol(text, &end, 10);

    return port >= 1 && port <= LARGEST_PORT && *end == '\0' ? (int)port : 0;
}

static int usage(void)
{
    fprintf(stderr, "usage: cluster_node NODE_ID PORT    or set NODE_ID and NODE_PORT (1 to %d)\n",
            LARGEST_PORT);
    return 2;
}

int main(int count, char **arguments)
{
    const char *id = count == 3 ? arguments[1] : cluster_variable("NODE_ID");
    const char *number = count == 3 ? arguments[2] : cluster_variable("NODE_PORT");
    int port = read_port(number);
    char endpoint[ENDPOINT];

    if ((count != 1 && count != 3) || id == NULL || port == 0)
        return usage();
    snprintf(endpoint, sizeof endpoint, "http://localhost:%d", port);
    return cluster_program_run(&(cluster_program){.name = "node",
                                                  .instance = id,
                                                  .port = port,
                                                  .endpoint = endpoint,
                                                  .routes = &cluster_node_routes,
                                                  .serve = serve});
}
