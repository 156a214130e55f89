/* mangle.h -- what the names of a schema become in C. The one place that knows, so that check.c
 * finds the collisions that view.c would make.
 *
 *     CreateOrder -> create_order    HTTPServer2 -> http_server2    OrderV2 -> order_v2
 */
#ifndef CATGAC_MANGLE_H
#define CATGAC_MANGLE_H

#include <stdbool.h>

#include "base/text.h"

slice mangle_snake(arena *memory, slice name);
slice mangle_upper(arena *memory, slice name);

/* shop.orders -> shop_orders_ */
slice mangle_prefix(arena *memory, slice namespace);
slice mangle_upper_prefix(arena *memory, slice namespace);

/* A member of a struct: snake case, and an underscore behind it when C or C++ keep the word or a
 * system header makes it a macro: class -> class_ */
slice mangle_member(arena *memory, slice name);

bool mangle_is_reserved(slice word);

#endif
