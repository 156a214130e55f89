/* Announces this node and observes the others; see catga/nodes.h. */
#include "base/running.h"
#include "base/signals.h"
#include "bus/drain.h"
#include "nodes/announcement.h"
#include "nodes/nodes_options.h"

#include <stdlib.h>

/* shortest time between two announcements, unless the interval is shorter */
#define PAUSE CATGA_SECOND

/* longest additional pause before an announcement that a new node causes */
#define JITTER_MS 250

/* A thread that wakes so late was suspended, and could hear nothing. */
#define SUSPENDED (100 * CATGA_MILLISECOND)

struct catga_nodes {
    catga_bus_state *state;
    catga_nodes_settings settings;
    catga_subscription *subscription;
    catga_drain_hook hook;
    catga_log_limit refused;
    catga_log_limit shared;
    pthread_t thread;

    pthread_mutex_t sending; /* held while an announcement is sent, before `lock` */
    catga_node_record own;   /* guarded by `sending`; leaving: the goodbye is said */

    pthread_mutex_t lock; /* guards the fields below; never held while a function of the user that
                             may wait is called */
    pthread_cond_t changed;
    catga_node_table table;
    int64_t announced_ns; /* time of the last announcement */
    int64_t announce_ns;  /* time of the next one */
    bool is_full;         /* a node was not kept, and this is logged */
    bool stopping;
};

/* ---- Announcing ---- */

static uint32_t load_of(const catga_bus_state *state)
{
    uint64_t load = state->operations->in_hand(state->transport);

    return load < UINT32_MAX ? (uint32_t)load : UINT32_MAX;
}

/* Sends an announcement, and notes it in the own list. The caller holds `sending`. */
static catga_status send(catga_nodes *nodes, bool leaving)
{
    nodes->own.load = load_of(nodes->state);
    nodes->own.last_seen = catga_timestamp_now();
    nodes->own.leaving = leaving;
    pthread_mutex_lock(&nodes->lock);
    (void)catga_node_table_note_own(&nodes->table, &nodes->own, catga_clock_now());
    pthread_mutex_unlock(&nodes->lock);
    return catga_announcement_send(&nodes->state->bus, &nodes->own);
}

/* Nothing follows a goodbye. */
static catga_status send_unless_left(catga_nodes *nodes, bool leaving)
{
    pthread_mutex_lock(&nodes->sending);
    catga_status status = nodes->own.leaving ? CATGA_DRAINING : send(nodes, leaving);
    pthread_mutex_unlock(&nodes->sending);
    return status;
}

static void say_goodbye(void *user)
{
    catga_nodes *nodes = user;

    if (!nodes->settings.only_observe)
        (void)send_unless_left(nodes, true);
}

static int64_t pause_after(const catga_nodes *nodes, catga_status status)
{
    int64_t interval = nodes->settings.interval_ms * CATGA_MILLISECOND;

    if (status == CATGA_DRAINING)
        return CATGA_FOREVER;
    return status == CATGA_OK || interval < PAUSE ? interval : PAUSE;
}

/* Announces this node. The caller holds the lock, which is released meanwhile. */
static void announce(catga_nodes *nodes)
{
    pthread_mutex_unlock(&nodes->lock);
    catga_status status = send_unless_left(nodes, false);
    pthread_mutex_lock(&nodes->lock);
    nodes->announced_ns = catga_clock_now();
    nodes->announce_ns = catga_clock_after(nodes->announced_ns, pause_after(nodes, status));
}

/* Lets a new node know this one soon. Not all nodes answer it at the same time. */
static void announce_soon(catga_nodes *nodes, int64_t now)
{
    int64_t earliest = catga_clock_after(nodes->announced_ns, PAUSE);
    int64_t due = (earliest > now ? earliest : now) +
                  (int64_t)arc4random_uniform(JITTER_MS) * CATGA_MILLISECOND;

    if (due < nodes->announce_ns)
        nodes->announce_ns = due;
}

/* ---- Receiving ---- */

static const catga_logger *logger_of(const catga_nodes *nodes)
{
    return &nodes->state->settings.logger;
}

static void refuse(catga_nodes *nodes, const catga_problem *problem)
{
    catga_bus_count(nodes->state, CATGA_COUNTER_bad_messages);
    catga_log_limited(logger_of(nodes), &nodes->refused, CATGA_LOG_WARNING,
                      "nodes: refuse an announcement: %s", problem->text);
}

/* Receives an announcement under the name of this node: its own, or that of another node. */
static void note_own_name(catga_nodes *nodes, const catga_node_record *record)
{
    if (record->started_at != nodes->own.started_at && !record->leaving)
        catga_log_limited(logger_of(nodes), &nodes->shared, CATGA_LOG_WARNING,
                          "nodes: share the name of this node with another one: give each a name "
                          "of its own with CATGA_INSTANCE or NODE_ID (node=%s)",
                          record->node_id);
}

/* Logs the first node that is not kept, until another one is kept. */
static bool must_log_full(catga_nodes *nodes, catga_node_note note)
{
    bool is_first = note == CATGA_NODE_EXTRA && !nodes->is_full;

    if (note == CATGA_NODE_EXTRA || note == CATGA_NODE_NEW)
        nodes->is_full = note == CATGA_NODE_EXTRA;
    return is_first;
}

static void note_other(catga_nodes *nodes, const catga_node_record *record)
{
    int64_t now = catga_clock_now();

    pthread_mutex_lock(&nodes->lock);
    catga_node_note note = catga_node_table_note(&nodes->table, record, now);
    if (note == CATGA_NODE_NEW && !nodes->settings.only_observe)
        announce_soon(nodes, now);
    bool must_log = must_log_full(nodes, note);
    pthread_cond_signal(&nodes->changed);
    pthread_mutex_unlock(&nodes->lock);
    if (must_log)
        catga_log(logger_of(nodes), CATGA_LOG_WARNING,
                  "nodes: keep no further node: too many are online (kept=%d node=%s)",
                  CATGA_NODES_MAX, record->node_id);
}

static void receive(void *user, catga_incoming *message)
{
    catga_nodes *nodes = user;
    catga_node_record record;
    catga_problem problem;

    if (catga_announcement_read(message, &record, &problem) != CATGA_OK) {
        refuse(nodes, &problem);
    } else if (!nodes->settings.only_observe && strcmp(record.node_id, nodes->own.node_id) == 0) {
        note_own_name(nodes, &record);
    } else {
        record.last_seen = catga_timestamp_now();
        note_other(nodes, &record);
    }
    nodes->state->operations->release(message);
}

/* ---- The thread ---- */

/* Calls the function of the user as a handler of the bus, so that it cannot close the bus. */
static void call_changed(catga_nodes *nodes, const catga_node_record *record)
{
    catga_node node = catga_node_of(record);
    catga_running entry;

    catga_running_add(&entry, nodes->state, nodes, NULL);
    nodes->settings.changed(&node, nodes->settings.user);
    catga_running_remove(&entry);
}

/* Reports a change, if there is one. The caller holds the lock, which is released meanwhile. */
static bool report_change(catga_nodes *nodes)
{
    catga_node_record record;

    if (!catga_node_table_take_change(&nodes->table, &record))
        return false;
    if (nodes->settings.changed != NULL) {
        pthread_mutex_unlock(&nodes->lock);
        call_changed(nodes, &record);
        pthread_mutex_lock(&nodes->lock);
    }
    return true;
}

/* Waits until `due` or a change. */
static void rest(catga_nodes *nodes, int64_t due)
{
    struct timespec end = catga_clock_timespec(due);

    (void)pthread_cond_clockwait(&nodes->changed, &nodes->lock, CLOCK_MONOTONIC, &end);
}

/* Excuses the time in which the process was suspended, wherever that began: it is no silence. */
static void excuse(catga_nodes *nodes, int64_t expected, int64_t now)
{
    if (now > expected && now - expected > SUSPENDED)
        catga_node_table_excuse(&nodes->table, now - expected, now);
}

static void *run(void *argument)
{
    catga_nodes *nodes = argument;

    int64_t expected = catga_clock_now(); /* time of the next look at the nodes */

    pthread_mutex_lock(&nodes->lock);
    while (!nodes->stopping) {
        int64_t now = catga_clock_now();
        excuse(nodes, expected, now);
        expected = now;
        int64_t due = catga_node_table_expire(&nodes->table, now);
        if (report_change(nodes))
            continue;
        if (nodes->announce_ns <= now) {
            announce(nodes);
        } else {
            expected = due < nodes->announce_ns ? due : nodes->announce_ns;
            rest(nodes, expected);
        }
    }
    pthread_mutex_unlock(&nodes->lock);
    return NULL;
}

static void stop_thread(catga_nodes *nodes)
{
    pthread_mutex_lock(&nodes->lock);
    nodes->stopping = true;
    pthread_cond_signal(&nodes->changed);
    pthread_mutex_unlock(&nodes->lock);
    pthread_join(nodes->thread, NULL);
}

/* ---- Opening and closing ---- */

static void set_own(catga_nodes *nodes)
{
    catga_node_record *own = &nodes->own;

    memcpy(own->node_id, nodes->state->settings.instance, sizeof own->node_id);
    memcpy(own->service, nodes->settings.service, sizeof own->service);
    memcpy(own->endpoint, nodes->settings.endpoint, sizeof own->endpoint);
    memcpy(own->version, nodes->settings.version, sizeof own->version);
    own->started_at = catga_timestamp_now();
}

static catga_nodes *nodes_make(catga_bus_state *state, const catga_nodes_settings *settings)
{
    catga_nodes *nodes = calloc(1, sizeof *nodes);

    if (nodes == NULL)
        return NULL;
    nodes->state = state;
    nodes->settings = *settings;
    nodes->hook = (catga_drain_hook){.begins = say_goodbye, .user = nodes};
    nodes->table.timeout_ns = settings->timeout_ms * CATGA_MILLISECOND;
    nodes->announce_ns = settings->only_observe ? CATGA_FOREVER : 0;
    set_own(nodes);
    pthread_mutex_init(&nodes->sending, NULL);
    pthread_mutex_init(&nodes->lock, NULL);
    pthread_cond_init(&nodes->changed, NULL);
    return nodes;
}

static void nodes_free(catga_nodes *nodes)
{
    catga_log_report(logger_of(nodes), &nodes->refused);
    catga_log_report(logger_of(nodes), &nodes->shared);
    catga_node_table_end(&nodes->table);
    pthread_cond_destroy(&nodes->changed);
    pthread_mutex_destroy(&nodes->lock);
    pthread_mutex_destroy(&nodes->sending);
    free(nodes);
}

static catga_status subscribe(catga_nodes *nodes)
{
    catga_bus_state *state = nodes->state;
    catga_envelope envelope;
    catga_subscription_options options = {.pending = (unsigned)state->settings.pending,
                                          .receive = receive,
                                          .user = nodes,
                                          .uncounted = true};
    sigset_t before;

    if (!catga_announcement_address(&envelope, state->prefix))
        return CATGA_INVALID_ARGUMENT;
    options.subject = envelope.outgoing.subject;
    catga_signals_block(&before); /* the transport's threads inherit the mask */
    catga_status status =
        state->operations->subscribe(state->transport, &options, &nodes->subscription);
    catga_signals_restore(&before);
    return status == CATGA_OK ? state->operations->confirmed(state->transport, nodes->subscription)
                              : status;
}

/* Returns false, without unsubscribing, if an announcement is still being received. */
static bool unsubscribe(catga_nodes *nodes)
{
    catga_bus_state *state = nodes->state;

    if (nodes->subscription == NULL)
        return true;
    if (state->operations->drain(state->transport, nodes->subscription,
                                 state->settings.drain_wait_ms) != CATGA_OK)
        return false;
    state->operations->unsubscribe(state->transport, nodes->subscription);
    return true;
}

static void unsubscribe_and_free(catga_nodes *nodes)
{
    if (unsubscribe(nodes))
        nodes_free(nodes);
    else
        catga_log(logger_of(nodes), CATGA_LOG_ERROR,
                  "nodes: cannot free: an announcement is still being received");
}

/* Announces this node from now on. `nodes` belongs to the caller, also after a failure. */
static catga_status start(catga_nodes *nodes)
{
    catga_status status = subscribe(nodes);

    if (status != CATGA_OK)
        return status;
    return catga_thread_start(&nodes->thread, run, nodes) ? CATGA_OK : CATGA_NO_MEMORY;
}

static catga_status open(catga_nodes **nodes, catga_bus_state *state,
                         const catga_nodes_settings *settings)
{
    catga_nodes *opened = nodes_make(state, settings);

    if (opened == NULL)
        return CATGA_NO_MEMORY;
    catga_status status = start(opened);
    if (status != CATGA_OK) {
        unsubscribe_and_free(opened);
        return status;
    }
    catga_drain_hook_add(state, &opened->hook);
    *nodes = opened;
    return CATGA_OK;
}

static catga_status read_settings(const catga_bus *bus, const catga_nodes_options *options,
                                  catga_nodes_settings *settings)
{
    catga_problem problem;
    catga_status status = catga_nodes_settings_read(settings, options, &problem);

    if (status != CATGA_OK)
        catga_log(&bus->state->settings.logger, CATGA_LOG_ERROR, "nodes: cannot open: %s",
                  problem.text);
    return status;
}

catga_status catga_nodes_open(catga_nodes **nodes, catga_bus *bus,
                              const catga_nodes_options *options)
{
    catga_nodes_settings settings;
    catga_status status = catga_bus_may_send(bus);

    *nodes = NULL;
    if (status == CATGA_OK)
        status = read_settings(bus, options, &settings);
    return status == CATGA_OK ? open(nodes, bus->state, &settings) : status;
}

size_t catga_nodes_list(catga_nodes *nodes, catga_node_visitor *visitor, void *user)
{
    if (catga_process_is_forked(&nodes->state->process))
        return 0;
    pthread_mutex_lock(&nodes->lock);
    size_t visited = catga_node_table_list(&nodes->table, visitor, user);
    pthread_mutex_unlock(&nodes->lock);
    return visited;
}

void catga_nodes_close(catga_nodes *nodes)
{
    if (nodes == NULL || catga_process_is_forked(&nodes->state->process))
        return;
    if (catga_running_handlers(nodes) > 0) {
        catga_log(logger_of(nodes), CATGA_LOG_ERROR,
                  "nodes: refuse to close: the function `changed` called catga_nodes_close, which "
                  "would wait for it");
        return;
    }
    catga_drain_hook_remove(nodes->state, &nodes->hook);
    say_goodbye(nodes);
    stop_thread(nodes);
    unsubscribe_and_free(nodes);
}
