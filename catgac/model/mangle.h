/* mangle.h -- converts names of a schema to C names. check.c uses the same functions to find
 * collisions.
 *
 * CreateOrder -> create_order, HTTPServer2 -> http_server2, OrderV2 -> order_v2
 */
#ifndef CATGAC_MANGLE_H
#define CATGAC_MANGLE_H

#include "base/text.h"

#include <stdbool.h>

slice mangle_snake(arena *memory, slice name);
slice mangle_upper(arena *memory, slice name);

/* shop.orders -> shop_orders_ */
slice mangle_prefix(arena *memory, slice namespace);
slice mangle_upper_prefix(arena *memory, slice namespace);

/* Returns the name of a struct member: snake case, with an underscore appended to reserved words
 * of C and C++ and to macros of system headers: class -> class_ */
slice mangle_member(arena *memory, slice name);

/* The same for the handler of an event. Its name is also part of a queue group or a durable, and so
 * does not depend on the macros of headers. */
slice mangle_handler(arena *memory, slice name);

/* product_id -> productId */
slice mangle_camel(arena *memory, slice name);

bool mangle_is_reserved(slice word);

#endif
