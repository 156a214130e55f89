/* Delivers batches to the collector; see delivery.h. */
#include "delivery.h"

#include "answer.h"
#include "clock.h"
#include "report.h"

#include <stdlib.h>

enum { FIRST_PAUSE_MS = 1000, LONGEST_PAUSE_MS = 5000 };

/* Less time is not enough for another try, which would hide the reason of the last one. */
enum { SHORTEST_TRY_MS = 250 };

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- Answers ---- */

static bool is_accepted(const otlp_response *response)
{
    return response->status >= 200 && response->status < 300;
}

/* Returns whether another try may succeed, by the rules of OTLP. */
static bool may_retry(const otlp_response *response)
{
    return response->status == 0 || response->status == 429 || response->status == 502 ||
           response->status == 503 || response->status == 504;
}

/* Returns how many of the spans of an accepted request the collector rejected. */
static uint64_t count_rejected(const catga_otlp *exporter, const otlp_response *response,
                               uint64_t spans)
{
    catga_bytes body = {response->body, response->length};
    uint64_t rejected = exporter->settings.writer == &otlp_json
                            ? otlp_answer_rejected_json(body)
                            : otlp_answer_rejected_protobuf(body);

    return rejected < spans ? rejected : spans;
}

/* ---- Retries ---- */

static int64_t latest(const catga_otlp *exporter, int64_t give_up_ms)
{
    return lesser(give_up_ms, atomic_load(&exporter->deadline));
}

/* Returns a pause that doubles with each try, from half of it to the whole. */
static int64_t backoff(unsigned tries)
{
    int64_t pause = lesser((int64_t)FIRST_PAUSE_MS << lesser(tries, 8), LONGEST_PAUSE_MS);

    return pause / 2 + arc4random_uniform((uint32_t)(pause / 2) + 1);
}

/* Waits until a time. Closing ends a wait that the collector did not ask for. Returns false if the
 * time is too late. */
static bool pause_until(catga_otlp *exporter, int64_t time_ms, bool is_asked, int64_t give_up_ms)
{
    bool was_closing = atomic_load(&exporter->closes);

    for (;;) {
        int64_t now = otlp_now_ms();
        bool may_hurry = !is_asked && !was_closing && atomic_load(&exporter->closes);
        if (now >= time_ms || may_hurry || now >= latest(exporter, give_up_ms))
            return now < latest(exporter, give_up_ms);
        if (time_ms >= latest(exporter, give_up_ms) && (is_asked || was_closing))
            return false;
        otlp_client_wait(exporter->client, lesser(time_ms, latest(exporter, give_up_ms)) - now);
    }
}

/* Waits before the next try. Returns false if there is no time for one. */
static bool pause_after(catga_otlp *exporter, const otlp_response *response, unsigned tries,
                        int64_t give_up_ms)
{
    int64_t now = otlp_now_ms();
    bool is_asked = response->retry_after_ms != 0;
    int64_t pause = is_asked ? lesser(response->retry_after_ms, INT64_MAX - now) : backoff(tries);

    return pause_until(exporter, now + pause, is_asked, give_up_ms);
}

/* Sends until there is an answer that does not allow another try, or no time for one. */
static void send_with_retries(catga_otlp *exporter, const otlp_buffer *body,
                              otlp_response *response)
{
    int64_t give_up_ms = otlp_now_ms() + exporter->settings.export_ms;
    unsigned tries = 0;
    int64_t left;

    do {
        left = latest(exporter, give_up_ms) - otlp_now_ms();
        if (left <= (tries == 0 ? 0 : SHORTEST_TRY_MS))
            return;
        otlp_client_post(exporter->client, body, lesser(left, exporter->settings.timeout_ms),
                         response);
    } while (may_retry(response) && pause_after(exporter, response, tries++, give_up_ms));
}

void otlp_deliver(catga_otlp *exporter, const otlp_buffer *body, uint64_t spans)
{
    otlp_response response = {.error = "closing"};
    uint64_t rejected = spans;

    send_with_retries(exporter, body, &response);
    if (is_accepted(&response))
        rejected = count_rejected(exporter, &response, spans);
    atomic_fetch_add(&exporter->exported, spans - rejected);
    atomic_fetch_add(&exporter->lost, rejected);
    if (response.status == 0)
        otlp_report(exporter, "%s", response.error);
    else if (rejected != 0)
        otlp_report(exporter, "the collector answers with status %ld", response.status);
}
