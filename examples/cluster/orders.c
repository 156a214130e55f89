/*
 * The handlers of OrderService. Handling a command stores nothing by itself: its answer becomes the
 * stored order when the runtime records it (order_files.h).
 */
#include "orders.h"

#include "order_id.h"
#include "shop_log.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>

enum { ARENA = 32768, TRACKING = 32 };

/* ---- CreateOrder ---- */

static int64_t total_of(const cluster_orders_order_item_slice *items)
{
    int64_t total = 0;

    for (size_t i = 0; i < items->length; i++)
        total += items->data[i].price * items->data[i].quantity;
    return total;
}

static void announce(catga_context *context, const cluster_orders_order *order)
{
    const cluster_orders_order_created event =
        CLUSTER_ORDERS_ORDER_CREATED(.order_id = order->order_id, .customer_id = order->customer_id,
                                     .total = order->total);

    catga_ignore(cluster_orders_order_created_publish(catga_context_bus(context), &event));
}

/* Answers with the order, which the runtime then stores. A repeated command makes the same id. */
static catga_status accept(catga_context *context, const cluster_orders_create_order *command)
{
    char id[ORDER_ID_SIZE];

    order_id_of(catga_context_message_id(context), id);
    const cluster_orders_order order =
        CLUSTER_ORDERS_ORDER(.order_id = catga_str(id), .customer_id = command->customer_id,
                             .items = command->items, .total = total_of(&command->items),
                             .status = CLUSTER_ORDERS_ORDER_STATUS_CREATED,
                             .created_at = catga_timestamp_now(),
                             .processed_by = catga_str(catga_instance(catga_context_bus(context))));
    announce(context, &order);
    return cluster_orders_create_order_reply(context, &order);
}

static catga_status handle_create_order(catga_context *context,
                                        cluster_orders_create_order_view request)
{
    _Alignas(max_align_t) uint8_t memory[ARENA];
    catga_arena arena = {.data = memory, .capacity = sizeof memory};
    cluster_orders_create_order command;
    catga_status status = cluster_orders_create_order_unpack(request, &command, &arena);

    shop_info(context, "处理命令: CreateOrderCommand");
    if (status != CATGA_OK)
        return status;
    if (command.items.length == 0)
        return cluster_orders_order_error_empty_order(context, "an order needs at least one item");
    return accept(context, &command);
}

/* ---- GetOrder ---- */

static catga_status handle_get_order(catga_context *context, cluster_orders_get_order_view request)
{
    const order_files *files = catga_context_user(context);
    catga_string id = cluster_orders_get_order_get_order_id(request);
    _Alignas(max_align_t) uint8_t memory[ARENA];
    catga_arena arena = {.data = memory, .capacity = sizeof memory};
    uint8_t bytes[ORDER_BYTES];
    cluster_orders_order_view view;
    cluster_orders_order order;

    if (!order_files_read(files, id, bytes, &view))
        return cluster_orders_order_error_order_not_found(context, "no such order");
    catga_status status = cluster_orders_order_unpack(view, &order, &arena);
    if (status != CATGA_OK)
        return status;
    if (order_files_is_shipped(files, id))
        order.status = CLUSTER_ORDERS_ORDER_STATUS_SHIPPED;
    return cluster_orders_get_order_reply(context, &order);
}

/* ---- ShipOrder ---- */

/* Publishes OrderShipped. Returns when the event is stored: every subscriber then receives it. */
static catga_status publish_shipped(catga_context *context, const cluster_orders_shipment *shipment)
{
    const cluster_orders_order_shipped event =
        CLUSTER_ORDERS_ORDER_SHIPPED(.order_id = shipment->order_id,
                                     .tracking_number = shipment->tracking_number);

    return cluster_orders_order_shipped_publish(catga_context_bus(context), &event);
}

/* The tracking number is made from the id, so an order that is shipped twice is one parcel. */
static catga_status handle_ship_order(catga_context *context,
                                      cluster_orders_ship_order_view request)
{
    const order_files *files = catga_context_user(context);
    catga_string id = cluster_orders_ship_order_get_order_id(request);
    uint8_t bytes[ORDER_BYTES];
    cluster_orders_order_view order;
    char tracking_number[TRACKING];

    shop_info(context, "处理命令: ShipOrderCommand");
    if (!order_files_read(files, id, bytes, &order))
        return cluster_orders_order_error_order_not_found(context, "no such order");
    snprintf(tracking_number, sizeof tracking_number, "TRK-%.*s", CATGA_PRINT(id));
    const cluster_orders_shipment shipment =
        CLUSTER_ORDERS_SHIPMENT(.order_id = id, .tracking_number = catga_str(tracking_number));
    catga_status status = publish_shipped(context, &shipment);
    if (status != CATGA_OK)
        return status;
    if (!order_files_ship(files, id)) {
        shop_warn(context, "订单未发货: %.*s, errno %d", CATGA_PRINT(id), errno);
        return CATGA_HANDLER_FAILED;
    }
    return cluster_orders_ship_order_reply(context, &shipment);
}

catga_status orders_serve(catga_bus *bus, void *files)
{
    static const cluster_orders_order_service service = CLUSTER_ORDERS_ORDER_SERVICE(handle);

    return cluster_orders_order_service_serve(bus, &service, files);
}
