/* Round trips to JetStream's API. */
#ifndef CATGA_NATS_API_H
#define CATGA_NATS_API_H

#include "transport/nats/json.h"
#include "transport/nats/nats_transport.h"

/* size of a subject of the API */
#define CATGA_NATS_API_SUBJECT 512

/* milliseconds that the server may take while a caller waits */
#define CATGA_NATS_API_WAIT_MS 2000

/* An answer; `object` points into `message`. */
typedef struct catga_nats_api_answer {
    natsMsg *message;
    catga_string object;
    int64_t error; /* err_code; 0: none */
} catga_nats_api_answer;

/* Sends a request and waits for its answer. Free *answer with catga_nats_api_free, whatever the
 * status. CATGA_NO_JETSTREAM; CATGA_NOT_PERMITTED without waiting: *problem names the subject. */
catga_status catga_nats_api_request(catga_nats *nats, const char *subject, const char *body,
                                    int wait_ms, catga_nats_api_answer *answer,
                                    catga_problem *problem);
void catga_nats_api_free(catga_nats_api_answer *answer);

/* Returns the status of an answer with an error, and describes it in *problem as "KIND NAME:
 * ...". */
catga_status catga_nats_api_error(const catga_nats_api_answer *answer, catga_problem *problem,
                                  const char *kind, const char *name);

#endif
