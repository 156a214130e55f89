/* respond.h: the constant answer of the other sides of HTTP. */
#ifndef HTTP_RESPOND_H
#define HTTP_RESPOND_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

/* Answers a request with an order, as created or as found. */
static inline enum MHD_Result http_respond(struct MHD_Connection *connection, bool is_created)
{
    static const char order[] = "{\"orderId\":\"ORDER-00000001\",\"productId\":\"PROD-001\","
                                "\"quantity\":2,\"total\":1999.98}";
    struct MHD_Response *response = MHD_create_response_from_buffer(
        sizeof order - 1, (void *)(uintptr_t)order, MHD_RESPMEM_PERSISTENT);

    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result result = MHD_queue_response(connection, is_created ? 201 : 200, response);
    MHD_destroy_response(response);
    return result;
}

#endif
