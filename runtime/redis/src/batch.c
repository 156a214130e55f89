#include "batch.h"

#include <stdlib.h>

/* Commands that wait for their reply: the server works on one while the next one arrives. More may
 * wait if each has as many items as it may have: then the server does not wait for this process. */
#define SENT_MAX      2
#define SENT_FULL_MAX 8

/* Items of one command: the server serves nobody else meanwhile. */
#define ITEMS_MAX 128

/* Bytes of the items of one command, unless one alone is larger: a pooled block. */
#define BYTES_MAX ((size_t)48 * 1024)

struct catga_redis_batch {
    catga_redis_batch_options options;
    catga_redis_command *head;
    atomic_uint users;                    /* the owner, and each item */
    _Atomic(catga_redis_command *) added; /* the last one first */
    atomic_uint waiting;                  /* items that are not sent */
    atomic_size_t waiting_bytes;          /* of them */
    atomic_uint sent;                     /* commands that wait for their reply */
    atomic_bool due;
    atomic_flag joining;        /* guards the fields below */
    catga_redis_command *first; /* items in order, before those of `added` */
    catga_redis_command *last;  /* of them, unless there are none */
};

static void leave(catga_redis_batch *batch, unsigned users)
{
    if (atomic_fetch_sub(&batch->users, users) != users)
        return;
    catga_redis_command_free(batch->head);
    free(batch);
}

/* ---- Items ---- */

/* Ends items whose command was answered, or never sent. */
static void finish(catga_redis_batch *batch, catga_redis_command *items, const redisReply *reply)
{
    catga_redis_pipeline *pipeline = batch->options.pipeline;
    unsigned count = 0;

    if (batch->options.on_reply != NULL)
        batch->options.on_reply(pipeline->options.owner, batch->options.user, items, reply);
    else if (reply != NULL && reply->type == REDIS_REPLY_ERROR)
        pipeline->options.refused(pipeline->options.owner, reply);
    while (items != NULL) {
        catga_redis_command *next = items->next;
        catga_redis_pipeline_leave(pipeline, items);
        catga_redis_command_free(items);
        items = next;
        count++;
    }
    leave(batch, count);
}

static void add(catga_redis_batch *batch, catga_redis_command *item)
{
    item->next = atomic_load(&batch->added);
    while (!atomic_compare_exchange_weak(&batch->added, &item->next, item))
        continue;
}

/* Moves added items behind those that wait, in their order. */
static void collect(catga_redis_batch *batch)
{
    catga_redis_command *at = atomic_exchange(&batch->added, NULL);
    catga_redis_command *ordered = NULL;
    catga_redis_command *last = at;

    while (at != NULL) {
        catga_redis_command *next = at->next;
        at->next = ordered;
        ordered = at;
        at = next;
    }
    if (ordered == NULL)
        return;
    if (batch->first == NULL)
        batch->first = ordered;
    else
        batch->last->next = ordered;
    batch->last = last;
}

/* The items of one command. */
typedef struct chosen {
    catga_redis_command *items;
    unsigned count;
    size_t bytes;
} chosen;

static bool has_room(const catga_redis_batch *batch, const chosen *command,
                     const catga_redis_command *item)
{
    unsigned most = batch->options.is_alone ? 1 : ITEMS_MAX;

    return command->count == 0 ||
           (command->count < most && command->bytes < BYTES_MAX &&
            item->length <= BYTES_MAX - command->bytes && item->kind == command->items->kind);
}

static chosen choose(catga_redis_batch *batch)
{
    catga_redis_command **end = &batch->first;
    chosen command = {.items = batch->first};

    while (*end != NULL && has_room(batch, &command, *end)) {
        command.bytes += (*end)->length;
        command.count++;
        end = &(*end)->next;
    }
    catga_redis_command *rest = *end;
    *end = NULL;
    batch->first = rest;
    return command;
}

/* ---- Commands ---- */

static void join_items(catga_redis_batch *batch);

static void on_reply(void *owner, const catga_redis_command *command, const redisReply *reply)
{
    catga_redis_batch *batch = command->user;
    catga_redis_command *items = command->items;

    (void)owner;
    atomic_fetch_add(&batch->users, 1); /* the items may be the last ones */
    finish(batch, items, reply);
    atomic_fetch_sub(&batch->sent, 1);
    if (!batch->options.is_alone)
        join_items(batch);
    leave(batch, 1);
}

static catga_redis_command *begin(const catga_redis_batch *batch, const chosen *items)
{
    const catga_redis_batch_options *options = &batch->options;
    const catga_redis_batch_kind *kind = items->items->kind;
    unsigned parts = options->head_count + items->count * kind->parts;
    size_t size = batch->head->length + items->bytes;

    if (kind->script == CATGA_REDIS_SCRIPTS)
        return catga_redis_command_new(options->pools, parts, size);
    return catga_redis_pipeline_eval(options->pipeline, options->pools, kind->script, parts, size);
}

static catga_redis_command *make(catga_redis_batch *batch, const chosen *items)
{
    catga_redis_command *command = begin(batch, items);

    if (command == NULL)
        return NULL;
    catga_redis_command_append(command, batch->head->bytes, batch->head->length);
    for (const catga_redis_command *at = items->items; at != NULL; at = at->next)
        catga_redis_command_append(command, at->bytes, at->length);
    command->on_reply = on_reply;
    command->user = batch;
    command->items = items->items;
    command->is_counted = true;
    command->is_shared = !batch->options.is_alone;
    return command;
}

/* Tells the sender of items that the server has not got them. */
static void refuse(catga_redis_batch *batch, catga_redis_command *items, catga_status status)
{
    char text[] = "OOM this process has no memory for the command";
    redisReply error = {.type = REDIS_REPLY_ERROR, .str = text, .len = sizeof text - 1};

    finish(batch, items, status == CATGA_NO_MEMORY ? &error : NULL);
}

/* Sends a command of waiting items. Returns false if none wait. */
static bool send_next(catga_redis_batch *batch)
{
    collect(batch);
    if (batch->first == NULL)
        return false;
    chosen items = choose(batch);
    atomic_fetch_sub(&batch->waiting, items.count);
    atomic_fetch_sub(&batch->waiting_bytes, items.bytes);
    atomic_fetch_add(&batch->sent, 1);
    catga_status status = catga_redis_pipeline_send(batch->options.pipeline, make(batch, &items));
    if (status == CATGA_OK)
        return true;
    atomic_fetch_sub(&batch->sent, 1);
    refuse(batch, items.items, status);
    return true;
}

/* Returns whether the waiting items fill a command. */
static bool is_full(const catga_redis_batch *batch)
{
    return atomic_load(&batch->waiting) >= ITEMS_MAX ||
           atomic_load(&batch->waiting_bytes) >= BYTES_MAX;
}

static bool may_send(const catga_redis_batch *batch)
{
    unsigned sent = atomic_load(&batch->sent);

    return batch->options.is_alone || sent < SENT_MAX || (sent < SENT_FULL_MAX && is_full(batch));
}

/* One thread sends for all that add meanwhile. */
static void join_items(catga_redis_batch *batch)
{
    atomic_store(&batch->due, true);
    while (atomic_load(&batch->due) && !atomic_flag_test_and_set(&batch->joining)) {
        atomic_store(&batch->due, false);
        while (may_send(batch) && send_next(batch))
            continue;
        atomic_flag_clear(&batch->joining); /* seen by others before `due` is read again */
    }
}

catga_status catga_redis_batch_send(catga_redis_batch *batch, const catga_redis_batch_kind *kind,
                                    catga_redis_command *item)
{
    catga_status status = catga_redis_pipeline_enter(batch->options.pipeline, item);

    if (status != CATGA_OK)
        return status;
    item->kind = kind;
    atomic_fetch_add(&batch->users, 1);
    atomic_fetch_add(&batch->waiting, 1);
    atomic_fetch_add(&batch->waiting_bytes, item->length);
    add(batch, item);
    join_items(batch);
    return CATGA_OK;
}

/* ---- Begin and end ---- */

static catga_redis_command *copy_head(const catga_redis_batch_options *options)
{
    size_t size = 0;

    for (unsigned i = 0; i < options->head_count; i++)
        size += catga_redis_part_size(strlen(options->head[i]));
    catga_redis_command *head = catga_redis_command_parts(options->pools, size);
    for (unsigned i = 0; head != NULL && i < options->head_count; i++)
        catga_redis_command_text(head, options->head[i]);
    return head;
}

catga_redis_batch *catga_redis_batch_new(const catga_redis_batch_options *options)
{
    catga_redis_batch *batch = calloc(1, sizeof *batch);

    if (batch == NULL)
        return NULL;
    batch->options = *options;
    batch->options.head = NULL;
    batch->head = copy_head(options);
    atomic_init(&batch->users, 1);
    atomic_flag_clear(&batch->joining);
    if (batch->head != NULL)
        return batch;
    free(batch);
    return NULL;
}

void catga_redis_batch_end(catga_redis_batch *batch)
{
    if (batch != NULL)
        leave(batch, 1);
}
