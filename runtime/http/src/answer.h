/* Makes the response of a call's outcome. */
#ifndef CATGA_HTTP_ANSWER_H
#define CATGA_HTTP_ANSWER_H

#include "media.h"
#include "server.h"

#include <catga/routes.h>

/*
 * Makes the response of the outcome that a callback of ..._send gets: the result in a media type,
 * or a problem.
 */
http_response http_answer_make(const catga_route *route, http_media media, catga_status status,
                               const uint8_t *table, const catga_error *error);

#endif
