#include "pipeline.h"

#include "base/clock.h"
#include "base/descriptors.h"
#include "base/signals.h"
#include "sigpipe.h"
#include "transport/backoff.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

/* Pause of a sender that waits for room. */
#define ROOM_PAUSE (CATGA_MILLISECOND / 2)

static void wake(catga_redis_pipeline *pipeline)
{
    eventfd_write(pipeline->wake_fd, 1);
}

/* ---- Writing ---- */

/* Waits for the exclusive use of the socket and the batch. */
static void lock_writing(catga_redis_pipeline *pipeline)
{
    while (atomic_flag_test_and_set_explicit(&pipeline->writing, memory_order_acquire))
        sched_yield();
}

static void unlock_writing(catga_redis_pipeline *pipeline)
{
    atomic_flag_clear(&pipeline->writing); /* seen by others before `due` is read again */
}

/* Takes the next commands out of the queue when the last ones are written. */
static bool next_batch(catga_redis_pipeline *pipeline)
{
    catga_ring_item item;

    if (pipeline->first < pipeline->count)
        return true;
    pipeline->first = 0;
    pipeline->count = 0;
    while (pipeline->count < CATGA_REDIS_BATCH &&
           catga_ring_count(&pipeline->unanswered) < CATGA_REDIS_UNANSWERED &&
           catga_ring_take(&pipeline->queue, &item)) {
        catga_redis_command *command = item.message;
        pipeline->batch[pipeline->count++] =
            (struct iovec){command->bytes, command->length}; /* a sent command may be freed */
        (void)catga_ring_put(&pipeline->unanswered, item);
    }
    return pipeline->count > 0;
}

static void advance(catga_redis_pipeline *pipeline, size_t bytes)
{
    while (bytes > 0) {
        struct iovec *part = &pipeline->batch[pipeline->first];
        if (bytes < part->iov_len) {
            part->iov_base = (char *)part->iov_base + bytes;
            part->iov_len -= bytes;
            return;
        }
        bytes -= part->iov_len;
        pipeline->first++;
        atomic_fetch_add(&pipeline->sent, 1);
    }
}

/* Writes the batch as far as the socket takes it. Returns false if it takes no more. */
static bool write_batch(catga_redis_pipeline *pipeline)
{
    const struct msghdr message = {.msg_iov = &pipeline->batch[pipeline->first],
                                   .msg_iovlen = pipeline->count - pipeline->first};
    ssize_t bytes = sendmsg(pipeline->link.context->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (bytes > 0) {
        advance(pipeline, (size_t)bytes);
        return true;
    }
    bool full = bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    if (full)
        atomic_store(&pipeline->blocked, true);
    else if (errno != EINTR)
        atomic_store(&pipeline->broken, true);
    wake(pipeline);
    return false;
}

/* One thread writes for all that append meanwhile. */
static void write_queued(catga_redis_pipeline *pipeline)
{
    atomic_store(&pipeline->due, true);
    while (atomic_load(&pipeline->due) && !atomic_flag_test_and_set(&pipeline->writing)) {
        atomic_store(&pipeline->due, false);
        bool usable = atomic_load(&pipeline->up) && !atomic_load(&pipeline->blocked) &&
                      !atomic_load(&pipeline->broken);
        while (usable && next_batch(pipeline))
            usable = write_batch(pipeline);
        unlock_writing(pipeline);
    }
}

static bool has_room(catga_redis_pipeline *pipeline, size_t length)
{
    size_t bytes = atomic_fetch_add(&pipeline->bytes, length);

    if (bytes == 0 || (bytes < CATGA_REDIS_BYTES && length <= CATGA_REDIS_BYTES - bytes))
        return true;
    atomic_fetch_sub(&pipeline->bytes, length);
    return false;
}

/* Waits until `end`, at most, unless this thread is the one that makes room. */
static bool pause_until(const catga_redis_pipeline *pipeline, int64_t end)
{
    if (pthread_equal(pthread_self(), pipeline->reader) || catga_clock_now() >= end ||
        !atomic_load(&pipeline->up))
        return false;
    nanosleep(&(struct timespec){.tv_nsec = ROOM_PAUSE}, NULL);
    return true;
}

static size_t counted(const catga_redis_command *command)
{
    return command->is_counted ? 0 : command->length;
}

/* The thread of the pipeline sends shared commands too, and may not wait for room. */
static bool is_full(const catga_redis_pipeline *pipeline, const catga_redis_command *command)
{
    return !command->is_shared && catga_ring_count(&pipeline->queue) >= CATGA_REDIS_QUEUED;
}

static bool append(catga_redis_pipeline *pipeline, catga_redis_command *command)
{
    size_t length = counted(command);

    if (is_full(pipeline, command) || (!command->is_counted && !has_room(pipeline, length)))
        return false;
    if (catga_ring_put(&pipeline->queue, (catga_ring_item){.message = command}))
        return true;
    atomic_fetch_sub(&pipeline->bytes, length);
    return false;
}

/* Frees a command that cannot be sent. */
static catga_status check(catga_redis_pipeline *pipeline, catga_redis_command *command)
{
    if (command == NULL)
        return CATGA_NO_MEMORY;
    if (!catga_redis_pipeline_is_up(pipeline)) {
        catga_redis_command_free(command);
        return CATGA_DISCONNECTED;
    }
    return CATGA_OK;
}

/* Waits for room, in all until *end, which is 0 at first. Returns false if there is no sense in
 * another attempt. */
static bool await_room(catga_redis_pipeline *pipeline, int64_t *end)
{
    if (*end == 0)
        *end = catga_clock_now() + pipeline->options.silence_ns;
    write_queued(pipeline);
    return pause_until(pipeline, *end);
}

static catga_status give_up(catga_redis_pipeline *pipeline, catga_redis_command *command)
{
    catga_redis_command_free(command);
    return atomic_load(&pipeline->up) ? CATGA_NO_MEMORY : CATGA_DISCONNECTED;
}

catga_status catga_redis_pipeline_queue(catga_redis_pipeline *pipeline,
                                        catga_redis_command *command)
{
    catga_status status = check(pipeline, command);
    int64_t end = 0;

    if (status != CATGA_OK)
        return status;
    atomic_fetch_add(&pipeline->appended, 1);
    while (!append(pipeline, command)) {
        if (await_room(pipeline, &end))
            continue;
        atomic_fetch_add(&pipeline->answered, 1);
        return give_up(pipeline, command);
    }
    return CATGA_OK;
}

catga_status catga_redis_pipeline_enter(catga_redis_pipeline *pipeline, catga_redis_command *item)
{
    catga_status status = check(pipeline, item);
    int64_t end = 0;

    if (status != CATGA_OK)
        return status;
    while (!has_room(pipeline, item->length))
        if (!await_room(pipeline, &end))
            return give_up(pipeline, item);
    item->turn = atomic_load(&pipeline->turn) % 2;
    atomic_fetch_add(&pipeline->items[item->turn], 1);
    return CATGA_OK;
}

void catga_redis_pipeline_leave(catga_redis_pipeline *pipeline, const catga_redis_command *item)
{
    atomic_fetch_sub(&pipeline->bytes, item->length);
    atomic_fetch_sub(&pipeline->items[item->turn], 1);
}

/* Sleeps a little. Returns false at `end`, and without a connection. */
static bool may_wait(const catga_redis_pipeline *pipeline, int64_t end)
{
    if (!catga_redis_pipeline_is_up(pipeline) || catga_clock_now() >= end)
        return false;
    nanosleep(&(struct timespec){.tv_nsec = CATGA_MILLISECOND / 10}, NULL);
    return true;
}

/* Items of the next turn do not count. Those of the turn before it may be left by a flush that had
 * no more time. */
static bool flush_items(catga_redis_pipeline *pipeline, int64_t end)
{
    unsigned turn = atomic_load(&pipeline->turn) % 2;

    while (atomic_load(&pipeline->items[1 - turn]) != 0)
        if (!may_wait(pipeline, end))
            return false;
    atomic_store(&pipeline->turn, 1 - turn);
    while (atomic_load(&pipeline->items[turn]) != 0)
        if (!may_wait(pipeline, end))
            return false;
    return true;
}

bool catga_redis_pipeline_flush(catga_redis_pipeline *pipeline, int64_t end)
{
    uint64_t wanted = atomic_load(&pipeline->appended);
    struct timespec until = catga_clock_timespec(end);

    if (pthread_mutex_clocklock(&pipeline->flushing, CLOCK_MONOTONIC, &until) != 0)
        return false;
    bool flushed = flush_items(pipeline, end);
    pthread_mutex_unlock(&pipeline->flushing);
    while (flushed && atomic_load(&pipeline->answered) < wanted)
        flushed = may_wait(pipeline, end);
    return flushed && catga_redis_pipeline_is_up(pipeline);
}

catga_status catga_redis_pipeline_send(catga_redis_pipeline *pipeline, catga_redis_command *command)
{
    catga_status status = catga_redis_pipeline_queue(pipeline, command);

    if (status == CATGA_OK)
        write_queued(pipeline);
    return status;
}

catga_redis_command *catga_redis_pipeline_eval(catga_redis_pipeline *pipeline,
                                               catga_redis_pools pools, catga_redis_script script,
                                               unsigned parts, size_t size)
{
    catga_redis_command *command = catga_redis_command_new(
        pools, 2 + parts, size + catga_redis_part_size(CATGA_REDIS_SHA) * 2);

    if (command == NULL)
        return NULL;
    catga_redis_command_text(command, "EVALSHA");
    catga_redis_command_part(command, pipeline->link.sha[script], CATGA_REDIS_SHA - 1);
    return command;
}

catga_redis_command *catga_redis_pipeline_script(catga_redis_pipeline *pipeline,
                                                 catga_redis_pools pools, catga_redis_script script,
                                                 unsigned keys, unsigned arguments, size_t size)
{
    catga_redis_command *command =
        catga_redis_pipeline_eval(pipeline, pools, script, 1 + keys + arguments,
                                  size + catga_redis_part_size(CATGA_REDIS_SHA));

    if (command != NULL)
        catga_redis_command_number(command, keys);
    return command;
}

/* ---- Replies ---- */

static void finish(catga_redis_pipeline *pipeline, catga_redis_command *command,
                   const redisReply *reply)
{
    if (command->on_reply != NULL)
        command->on_reply(pipeline->options.owner, command, reply);
    atomic_fetch_sub(&pipeline->bytes, counted(command));
    catga_redis_command_free(command);
    atomic_fetch_add(&pipeline->answered, 1);
}

/* Returns whether the command of the next reply was sent: it is not freed before. The writer may
 * still be about to note that. */
static bool is_sent(catga_redis_pipeline *pipeline)
{
    if (atomic_load(&pipeline->sent) > pipeline->replies)
        return true;
    lock_writing(pipeline);
    bool sent = atomic_load(&pipeline->sent) > pipeline->replies;
    unlock_writing(pipeline);
    return sent;
}

/* Passes a reply to its command. Returns NULL, or why the connection is of no more use. */
static const char *handle(catga_redis_pipeline *pipeline, const redisReply *reply)
{
    bool demoted = catga_redis_is_demoted(reply);
    bool unloaded = catga_redis_is_error(reply, "NOSCRIPT");
    catga_ring_item item;

    if (!is_sent(pipeline) || !catga_ring_take(&pipeline->unanswered, &item))
        return "a reply without a command";
    pipeline->replies++;
    const catga_redis_command *command = item.message;
    if (command->on_reply == NULL && reply->type == REDIS_REPLY_ERROR)
        pipeline->options.refused(pipeline->options.owner, reply);
    finish(pipeline, item.message, reply);
    return demoted    ? "the server is no master any more, or loads its data"
           : unloaded ? "the server has lost its scripts: they are loaded again"
                      : NULL;
}

/* Reads what has arrived. Returns NULL, or why the connection is lost. */
static const char *read_replies(catga_redis_pipeline *pipeline)
{
    redisContext *context = pipeline->link.context;
    void *reply = NULL;

    if (redisBufferRead(context) != REDIS_OK)
        return context->errstr;
    for (;;) {
        if (redisGetReplyFromReader(context, &reply) != REDIS_OK)
            return context->errstr;
        if (reply == NULL)
            return NULL;
        const char *reason = handle(pipeline, reply);
        freeReplyObject(reply);
        if (reason != NULL)
            return reason;
    }
}

/* ---- The thread ---- */

/* Drops what is queued or not answered. */
static void drop_all(catga_redis_pipeline *pipeline)
{
    catga_ring_item item;

    if (pipeline->queue.cells == NULL || pipeline->unanswered.cells == NULL)
        return; /* it was never started */
    while (catga_ring_take(&pipeline->unanswered, &item))
        finish(pipeline, item.message, NULL);
    while (catga_ring_take(&pipeline->queue, &item))
        finish(pipeline, item.message, NULL);
}

static void disconnect(catga_redis_pipeline *pipeline, const char *reason)
{
    char text[160];

    snprintf(text, sizeof text, "%s", reason);
    lock_writing(pipeline);
    atomic_store(&pipeline->up, false);
    catga_redis_link_close(&pipeline->link);
    pipeline->first = 0;
    pipeline->count = 0;
    atomic_store(&pipeline->blocked, false);
    atomic_store(&pipeline->broken, false);
    atomic_store(&pipeline->sent, 0);
    pipeline->replies = 0;
    unlock_writing(pipeline);
    drop_all(pipeline);
    if (!atomic_load(&pipeline->stopping))
        pipeline->options.lost(pipeline->options.owner, text);
}

/* Waits for the socket, or until `end`. Returns whether something has arrived. */
static bool await(catga_redis_pipeline *pipeline, int64_t end)
{
    eventfd_t count;
    bool blocked = atomic_load(&pipeline->blocked);
    int64_t left = catga_clock_left_ms(end, catga_clock_now());
    struct pollfd both[] = {
        {.fd = pipeline->link.context->fd, .events = (short)(POLLIN | (blocked ? POLLOUT : 0))},
        {.fd = pipeline->wake_fd, .events = POLLIN}};

    (void)poll(both, 2, left > 1000 ? 1000 : (int)left + 1);
    if (both[1].revents != 0)
        (void)eventfd_read(pipeline->wake_fd, &count);
    if ((both[0].revents & POLLOUT) != 0)
        atomic_store(&pipeline->blocked, false);
    return (both[0].revents & (POLLIN | POLLERR | POLLHUP)) != 0;
}

/* Reads replies until the connection is lost. */
static void serve(catga_redis_pipeline *pipeline)
{
    const catga_redis_pipeline_options *options = &pipeline->options;
    int64_t heard_ns = catga_clock_now();
    const char *reason = NULL;

    while (reason == NULL) {
        int64_t now = catga_clock_now();
        int64_t next_ns = options->tick(options->owner, now);
        if (await(pipeline, next_ns)) {
            reason = read_replies(pipeline);
            heard_ns = catga_clock_now();
        } else if (catga_clock_now() - heard_ns > options->silence_ns) {
            reason = "the server does not answer";
        }
        if (atomic_load(&pipeline->broken))
            reason = "the connection was closed";
        if (atomic_load(&pipeline->stopping))
            reason = "stopped";
        if (reason == NULL)
            write_queued(pipeline);
    }
    disconnect(pipeline, reason);
}

static void pause_before(catga_redis_pipeline *pipeline, const catga_backoff *backoff)
{
    struct pollfd wake_up = {.fd = pipeline->wake_fd, .events = POLLIN};
    eventfd_t count;
    int64_t left = catga_clock_left_ms(backoff->next_ns, catga_clock_now());

    if (left > 0 && poll(&wake_up, 1, (int)left) > 0)
        (void)eventfd_read(pipeline->wake_fd, &count);
}

static void *run(void *argument)
{
    catga_redis_pipeline *pipeline = argument;
    const catga_redis_pipeline_options *options = &pipeline->options;
    catga_backoff backoff;
    catga_problem problem;
    catga_redis_sigpipe signals;

    catga_redis_sigpipe_block(&signals);
    pipeline->reader = pthread_self();
    catga_backoff_reset(&backoff, catga_clock_now());
    while (!atomic_load(&pipeline->stopping)) {
        catga_status status = catga_redis_link_open(&pipeline->link, &options->link, &problem);
        if (status == CATGA_OK) {
            atomic_store(&pipeline->up, true);
            options->connected(options->owner, pipeline->link.server);
            serve(pipeline);
            catga_backoff_reset(&backoff, catga_clock_now());
        } else {
            options->failed(options->owner, status, problem.text);
            drop_all(pipeline); /* of senders that took the lost connection for present */
        }
        catga_backoff_plan(&backoff, catga_clock_now(), true);
        pause_before(pipeline, &backoff);
    }
    return NULL;
}

/* ---- Begin and end ---- */

catga_status catga_redis_pipeline_start(catga_redis_pipeline *pipeline,
                                        const catga_redis_pipeline_options *options)
{
    pipeline->options = *options;
    catga_redis_link_init(&pipeline->link);
    atomic_flag_clear(&pipeline->writing);
    pthread_mutex_init(&pipeline->flushing, NULL);
    pipeline->wake_fd = catga_descriptor_above_standard(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    bool complete = catga_ring_begin(&pipeline->queue, CATGA_REDIS_QUEUED + CATGA_REDIS_SHARED) &&
                    catga_ring_begin(&pipeline->unanswered, CATGA_REDIS_UNANSWERED) &&
                    pipeline->wake_fd >= 0;
    pipeline->has_thread = complete && catga_thread_start(&pipeline->thread, run, pipeline);
    return pipeline->has_thread ? CATGA_OK : CATGA_NO_MEMORY;
}

void catga_redis_pipeline_stop(catga_redis_pipeline *pipeline)
{
    if (!pipeline->has_thread)
        return;
    atomic_store(&pipeline->stopping, true);
    catga_redis_link_interrupt(&pipeline->link);
    wake(pipeline);
    pthread_join(pipeline->thread, NULL);
    pipeline->has_thread = false;
    drop_all(pipeline);
}

void catga_redis_pipeline_end(catga_redis_pipeline *pipeline)
{
    drop_all(pipeline);
    catga_ring_end(&pipeline->queue);
    catga_ring_end(&pipeline->unanswered);
    catga_redis_link_end(&pipeline->link);
    pthread_mutex_destroy(&pipeline->flushing);
    if (pipeline->wake_fd >= 0)
        close(pipeline->wake_fd);
}
