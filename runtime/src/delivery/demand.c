/* Decides when a handler requests stored messages; see demand.h. */
#include "delivery/demand.h"

#include "base/monotime.h"

/* The average covers about the last RUNS runs. */
#define RUNS 8

/* Pause after a refusal: doubled each time, up to the longest. */
#define PAUSE         (50 * CATGA_MILLISECOND)
#define PAUSE_LONGEST CATGA_SECOND

static unsigned smaller(uint64_t a, uint64_t b)
{
    return (unsigned)(a < b ? a : b);
}

/* Returns the messages that keep the workers busy: one for each, and one more. */
static unsigned least(const catga_demand *demand)
{
    return smaller((uint64_t)demand->rules.workers + 1, demand->rules.limit);
}

/* Returns the messages that the workers finish within the horizon. */
static unsigned most(const catga_demand *demand)
{
    const catga_demand_rules *rules = &demand->rules;
    int64_t each_ns = demand->average_ns > 0 ? demand->average_ns : 1;
    uint64_t within = (uint64_t)(rules->horizon_ns / each_ns);

    if (within > rules->limit)
        return rules->limit;
    return smaller(rules->workers + within * rules->workers, rules->limit);
}

void catga_demand_init(catga_demand *demand, const catga_demand_rules *rules)
{
    *demand = (catga_demand){.rules = *rules};
    demand->allowed = least(demand);
}

void catga_demand_ran(catga_demand *demand, unsigned count, int64_t total_ns)
{
    unsigned weight = count < RUNS ? count : RUNS;

    if (count == 0)
        return;
    int64_t each_ns = total_ns / count;
    if (demand->average_ns == 0)
        demand->average_ns = each_ns > 0 ? each_ns : 1;
    else
        demand->average_ns += (each_ns - demand->average_ns) * weight / RUNS;
    demand->allowed = smaller((uint64_t)demand->allowed + count, most(demand));
    if (demand->allowed < least(demand))
        demand->allowed = least(demand);
}

/* ---- Pending requests ---- */

static void take_out(catga_demand *demand, unsigned index)
{
    demand->count--;
    for (unsigned i = index; i < demand->count; i++)
        demand->requests[i] = demand->requests[i + 1];
}

/* Removes the oldest request, for which all messages seem to have arrived. */
static void complete(catga_demand *demand)
{
    if (demand->requests[0].end_ns >= demand->completed.end_ns)
        demand->completed = demand->requests[0];
    take_out(demand, 0);
}

/* Attributes messages to requests, to the oldest one first. The server serves them in turns. */
static void attribute(catga_demand *demand, unsigned count)
{
    while (count > 0 && demand->count > 0) {
        catga_demand_request *oldest = &demand->requests[0];
        unsigned taken = smaller(count, oldest->left);
        oldest->left -= taken;
        count -= taken;
        if (oldest->left == 0)
            complete(demand);
    }
}

/* Adds messages that a request did not bring to the rest of another, since they were attributed to
 * the wrong one. */
static void attribute_back(catga_demand *demand, unsigned count)
{
    if (demand->count == 0 && demand->completed.token != 0)
        demand->requests[demand->count++] = demand->completed;
    if (demand->count > 0)
        demand->requests[0].left += count;
}

void catga_demand_arrived(catga_demand *demand, unsigned count, uint64_t waiting)
{
    demand->waiting = waiting;
    demand->failures = 0;
    demand->oversize = false;
    attribute(demand, count);
}

/* Removes a pending request. *left becomes the number of its missing messages, or 0. */
static bool remove_request(catga_demand *demand, uint64_t token, unsigned *left)
{
    *left = 0;
    for (unsigned i = 0; i < demand->count; i++) {
        if (demand->requests[i].token != token)
            continue;
        *left = demand->requests[i].left;
        take_out(demand, i);
        return true;
    }
    return false;
}

/*
 * Messages do not name their request. A difference to the expected rest of this request is moved to
 * another one, so that the sum is right.
 */
void catga_demand_ended(catga_demand *demand, uint64_t token, unsigned left)
{
    unsigned believed;

    if (!remove_request(demand, token, &believed) && token <= demand->lost)
        return;
    if (demand->completed.token == token)
        demand->completed = (catga_demand_request){0};
    if (left > 0)
        demand->waiting = 0;
    if (left == CATGA_DEMAND_ALL)
        return;
    if (left > believed)
        attribute(demand, left - believed);
    else if (left < believed)
        attribute_back(demand, believed - left);
}

static bool brought_nothing(const catga_demand_request *request, unsigned left)
{
    return request->count == (left == CATGA_DEMAND_ALL ? request->left : left);
}

void catga_demand_too_large(catga_demand *demand, uint64_t token, unsigned left)
{
    for (unsigned i = 0; i < demand->count; i++)
        demand->oversize |=
            demand->requests[i].token == token && brought_nothing(&demand->requests[i], left);
    catga_demand_ended(demand, token, left);
}

void catga_demand_failed(catga_demand *demand, uint64_t token, int64_t now)
{
    int64_t pause_ns = PAUSE << (demand->failures < 8 ? demand->failures : 8);
    unsigned left;

    (void)remove_request(demand, token, &left);
    demand->failures++;
    demand->paused_ns = catga_clock_after(now, pause_ns < PAUSE_LONGEST ? pause_ns : PAUSE_LONGEST);
}

void catga_demand_forget(catga_demand *demand)
{
    demand->count = 0;
    demand->completed = (catga_demand_request){0};
    demand->failures = 0;
    demand->paused_ns = 0;
}

unsigned catga_demand_requested(const catga_demand *demand)
{
    unsigned requested = 0;

    for (unsigned i = 0; i < demand->count; i++)
        requested += demand->requests[i].left;
    return requested;
}

/* A lost request did not bring what the server had announced: other replicas have those messages.
 */
static void expire(catga_demand *demand, int64_t now)
{
    for (unsigned i = demand->count; i-- > 0;) {
        uint64_t token = demand->requests[i].token;
        if (demand->requests[i].end_ns > now)
            continue;
        demand->lost = token > demand->lost ? token : demand->lost;
        demand->waiting = 0;
        take_out(demand, i);
    }
}

/* ---- Requesting ---- */

/*
 * Gives a request a quarter of the free bytes. Returns false if there is no room for the largest
 * message. If nothing is held or requested, one message is always allowed.
 */
static bool bytes_for(const catga_demand *demand, unsigned held, size_t held_bytes, size_t *bytes)
{
    const catga_demand_rules *rules = &demand->rules;
    size_t taken = held_bytes;

    for (unsigned i = 0; i < demand->count; i++)
        taken += demand->requests[i].bytes;
    size_t room = taken < rules->byte_limit ? rules->byte_limit - taken : 0;
    *bytes = room / 4 > rules->largest ? room / 4 : rules->largest;
    return room >= rules->largest || (held == 0 && demand->count == 0);
}

/*
 * Returns whether to request a batch now: half of the allowed number, so that one batch arrives
 * while another is handled. A worker that will soon be free gets its message at once.
 */
static bool is_low(const catga_demand *demand, uint64_t taken)
{
    return taken <= demand->allowed / 2 || taken < least(demand);
}

static int64_t lifetime(const catga_demand *demand, const catga_demand_batch *batch)
{
    return batch->once ? demand->rules.once_ns : demand->rules.lifetime_ns;
}

/* Notes a request that is lost at `end_ns`, and completes the batch, whose `bytes` and `once` are
 * set. */
static bool request(catga_demand *demand, unsigned count, size_t bytes, int64_t end_ns,
                    catga_demand_batch *batch)
{
    batch->token = ++demand->token;
    batch->count = count;
    demand->requests[demand->count++] = (catga_demand_request){
        .token = batch->token, .count = count, .left = count, .bytes = bytes, .end_ns = end_ns};
    return true;
}

/* Requests one message of any size, if nothing else is held. */
static bool request_oversize(catga_demand *demand, unsigned held, int64_t now,
                             catga_demand_batch *batch)
{
    batch->bytes = 0;
    batch->once = false;
    return held == 0 && demand->count == 0 && now >= demand->paused_ns &&
           request(demand, 1, demand->rules.byte_limit,
                   catga_clock_after(now, lifetime(demand, batch)), batch);
}

bool catga_demand_next(catga_demand *demand, unsigned held, size_t held_bytes, int64_t now,
                       catga_demand_batch *batch)
{
    expire(demand, now);
    if (demand->oversize)
        return request_oversize(demand, held, now, batch);
    uint64_t taken = (uint64_t)held + catga_demand_requested(demand);
    if (!is_low(demand, taken) || demand->count == CATGA_DEMAND_REQUESTS ||
        now < demand->paused_ns || !bytes_for(demand, held, held_bytes, &batch->bytes))
        return false;
    uint64_t useful = catga_demand_requested(demand) < demand->waiting
                          ? demand->waiting - catga_demand_requested(demand)
                          : 0;
    uint64_t busy = taken < least(demand) ? least(demand) - taken : 0;
    batch->once = useful > busy;
    unsigned count = smaller(demand->allowed - taken, batch->once ? useful : busy);
    return count != 0 && request(demand, count, batch->bytes,
                                 catga_clock_after(now, lifetime(demand, batch)), batch);
}

bool catga_demand_fetch(catga_demand *demand, unsigned wanted, unsigned held, int64_t lifetime_ns,
                        int64_t now, catga_demand_batch *batch)
{
    expire(demand, now);
    uint64_t coming = (uint64_t)held + catga_demand_requested(demand);
    if (wanted <= coming || demand->count == CATGA_DEMAND_REQUESTS || now < demand->paused_ns)
        return false;
    batch->bytes = 0;
    batch->once = false;
    return request(demand, wanted - (unsigned)coming, 0, catga_clock_after(now, lifetime_ns),
                   batch);
}

bool catga_demand_has_room(const catga_demand *demand, unsigned held)
{
    return held < demand->allowed;
}
