/* One direction of a connection; see flow.h. */
#include "flow.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CHUNK = 64 * 1024, FULL = 256 * 1024, BURST = 4096 };

#define SECOND INT64_C(1000000000)

struct piece {
    piece *next;
    int64_t due;
    size_t length, sent;
    uint8_t data[];
};

void flow_open(flow *self, int from, int to, int direction, fault_plan *faults)
{
    *self = (flow){.from = from, .to = to, .direction = direction, .faults = faults};
    self->last = &self->first;
}

void flow_free(flow *self)
{
    while (self->first != NULL) {
        piece *gone = self->first;
        self->first = gone->next;
        free(gone);
    }
    free(self->input);
}

static fault_way *way_of(const flow *self)
{
    return &self->faults->ways[self->direction];
}

/* ---- Input ---- */

void flow_put(flow *self, const uint8_t *data, size_t length, int64_t now)
{
    piece *added = malloc(sizeof *added + length);

    if (added == NULL)
        err(2, "a piece");
    *added = (piece){.due = now + way_of(self)->delay_ns, .length = length};
    memcpy(added->data, data, length);
    *self->last = added;
    self->last = &added->next;
    self->waiting += length;
}

static void take_frames(flow *self, int64_t now)
{
    size_t done = 0;
    frame found;

    while (frame_read(self->input + done, self->input_length - done, &found)) {
        if (!self->quiet && !frame_is_dropped(&found, self->direction, self->faults))
            flow_put(self, found.data, found.length, now);
        done += found.length;
        if (self->faults->stall && self->direction == DOWN)
            self->quiet = true;
    }
    memmove(self->input, self->input + done, self->input_length - done);
    self->input_length -= done;
}

static void make_room(flow *self)
{
    if (self->input_capacity - self->input_length >= CHUNK)
        return;
    self->input_capacity = self->input_length + 4 * (size_t)CHUNK;
    self->input = realloc(self->input, self->input_capacity);
    if (self->input == NULL)
        err(2, "a buffer");
}

static int64_t clock_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * SECOND + now.tv_nsec;
}

flow_state flow_read(flow *self)
{
    make_room(self);
    ssize_t length = read(self->from, self->input + self->input_length, CHUNK);
    if (length < 0)
        return errno == EAGAIN || errno == EINTR ? FLOWS : FLOW_BROKEN;
    self->input_length += (size_t)length;
    self->ended = length == 0;
    take_frames(self, clock_now());
    return FLOWS;
}

bool flow_wants(const flow *self)
{
    return !self->ended && self->waiting < FULL;
}

/* ---- Output ---- */

static void earn(flow *self, int64_t now)
{
    double rate = (double)way_of(self)->rate;

    if (self->credit_ns != 0)
        self->credit += rate * (double)(now - self->credit_ns) / SECOND;
    if (self->credit > BURST)
        self->credit = BURST;
    self->credit_ns = now;
}

int64_t flow_due(const flow *self, int64_t now)
{
    const fault_way *way = way_of(self);

    if (way->held || self->first == NULL)
        return INT64_MAX;
    if (self->first->due > now)
        return self->first->due;
    return way->rate > 0 && self->credit < 1 ? now + SECOND / 1000 : now;
}

/* Returns the number of bytes of a piece that may go out now. */
static size_t allowed(flow *self, const piece *next)
{
    const fault_way *way = way_of(self);
    size_t length = next->length - next->sent;

    if (way->rate > 0 && (double)length > self->credit)
        length = (size_t)self->credit;
    if (way->cut != NEVER && length > way->cut)
        length = (size_t)way->cut;
    return length;
}

/* `length` bytes from `data` on are about to go out. */
static void spoil(flow *self, uint8_t *data, size_t length)
{
    fault_way *way = way_of(self);

    if (way->flip != NEVER && way->flip < length) {
        data[way->flip] ^= 0xff;
        way->flip = NEVER;
    }
}

static void count_out(flow *self, size_t length)
{
    fault_way *way = way_of(self);

    self->waiting -= length;
    self->credit -= (double)length;
    if (way->cut != NEVER)
        way->cut -= length;
    if (way->flip != NEVER)
        way->flip -= length;
}

static void drop_first(flow *self)
{
    piece *gone = self->first;

    self->first = gone->next;
    if (self->first == NULL)
        self->last = &self->first;
    free(gone);
}

/* Bytes are inverted as they go out; those that the socket does not accept are restored. */
static ssize_t write_some(flow *self, piece *next, size_t length)
{
    uint64_t flip = way_of(self)->flip;
    uint8_t *at = next->data + next->sent;

    spoil(self, at, length);
    ssize_t sent = send(self->to, at, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (flip < length && (sent < 0 || flip >= (uint64_t)sent)) {
        at[flip] ^= 0xff;
        way_of(self)->flip = flip;
    }
    return sent;
}

flow_state flow_write(flow *self, int64_t now)
{
    earn(self, now);
    while (flow_due(self, now) <= now) {
        piece *next = self->first;
        size_t length = allowed(self, next);
        ssize_t sent = write_some(self, next, length);
        if (sent < 0)
            return errno == EAGAIN || errno == EINTR ? FLOWS : FLOW_BROKEN;
        count_out(self, (size_t)sent);
        next->sent += (size_t)sent;
        if (next->sent == next->length)
            drop_first(self);
        if (way_of(self)->cut == 0) {
            way_of(self)->cut = NEVER;
            return FLOW_BROKEN;
        }
    }
    if (self->ended && self->first == NULL && !self->closed && !way_of(self)->held) {
        self->closed = true;
        shutdown(self->to, SHUT_WR);
    }
    return FLOWS;
}
