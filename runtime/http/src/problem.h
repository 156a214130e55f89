/* Error responses: application/problem+json (RFC 9457). */
#ifndef CATGA_HTTP_PROBLEM_H
#define CATGA_HTTP_PROBLEM_H

#include "server.h"

#include <catga/gen.h>

/* One wrong part of a request. */
typedef struct http_problem_part {
    const char *kind;  /* "pointer" (of JSON), "parameter" or "header"; NULL: no part is known */
    const char *where; /* "/lines/3/productId" */
} http_problem_part;

/* A problem; texts of clients are escaped. */
typedef struct http_problem {
    unsigned status;
    const char *retry_after; /* seconds, of the header; NULL for none */
    const char *type;        /* "urn:catga:error:shop.orders.OrderError.ProductNotFound"; NULL:
                                "about:blank", which says no more than the status */
    const char *title;
    catga_string detail; /* may be absent */
    uint32_t code;       /* of a declared error, else 0 */
    http_problem_part part;
} http_problem;

/* Makes the response of a problem. A response without a body is the result of a failed allocation.
 */
http_response http_problem_response(const http_problem *problem);

/* Returns the problem of a call that failed with a status of the runtime; its `detail` is not set.
 */
http_problem http_problem_of_status(catga_status status);

/* Returns the reason phrase of an HTTP status, as a title: "Not Found". */
const char *http_status_title(unsigned status);

#endif
