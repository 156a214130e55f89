/*
 * nodes.h: node membership. The nodes of a system announce themselves to each other, and each knows
 * which nodes are online. An optional part of libcatga: a program that does not use it does not
 * link it.
 *
 *     catga_nodes *nodes;
 *     status = catga_nodes_open(&nodes, bus, &(catga_nodes_options){
 *         .service = "gateway", .endpoint = "http://10.0.0.7:8080", .version = "1.4.0"});
 *     ...
 *     catga_nodes_list(nodes, show, NULL);
 *     ...
 *     catga_nodes_close(nodes);
 *     catga_close(bus);
 *
 * A node announces itself when it opens, every interval_ms, and soon after it has heard of a new
 * node: so a newcomer knows all others within about a second. A node is offline when it has not
 * been heard for timeout_ms, or at once when it says goodbye: when its bus begins to drain, and in
 * catga_nodes_close. Times are measured with a clock that never jumps. The time in which this
 * process was suspended does not count, nor does that of a slow function `changed`, which delays
 * the detection. A node that restarts under its name replaces the old one.
 *
 * Announcements are the event NodeAnnounced of the schema catga/nodes.catga, on the subject
 * "<prefix>.events.catga.nodes.v1.NodeAnnounced". Buses with one prefix, and one server or local
 * server, know each other. The server must let each node publish and subscribe to this subject.
 *
 * Up to CATGA_NODES_MAX nodes are kept. When there are more, a new node replaces the one that has
 * been offline for longest; if all are online, the new node is not kept, and a line is logged. A
 * node that has been offline for a day is forgotten.
 *
 * Threads. Any thread may call any function here. A catga_nodes has a thread of its own, which
 * announces, and calls `changed`.
 */
#ifndef CATGA_NODES_H
#define CATGA_NODES_H

#include <catga/catga.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { CATGA_NODES_MAX = 1024 };

typedef struct catga_nodes catga_nodes;

/* A node, as its last announcement describes it. Texts are UTF-8 without control characters. */
typedef struct catga_node {
    const char *node_id; /* instance name of its bus; unique */
    const char *service;
    const char *endpoint;
    const char *version;
    int64_t started_at; /* nanoseconds since 1970, by the node's clock */
    int64_t last_seen;  /* of its last announcement: nanoseconds since 1970, by the clock here */
    uint32_t load;      /* messages that waited or ran in the node at its last announcement */
    bool online;
} catga_node;

/* Gets a node that has come online, has restarted, or has gone offline; once for each change. The
 * node is valid until the function returns. Changes that follow each other before the function can
 * be called are reported as one, with the latest state. The function may call the functions of the
 * bus that a handler may call, and catga_nodes_list. This node itself is not reported. */
typedef void catga_node_changed(const catga_node *node, void *user);

/* Gets a node of the list. Returns false to end the list. The node is valid until the function
 * returns. The function must return soon, and call no function of its `nodes`. */
typedef bool catga_node_visitor(const catga_node *node, void *user);

/* A value of NULL, 0 or false is not set. The texts are copied; they are UTF-8 without control
 * characters. */
typedef struct catga_nodes_options {
    const char *service;  /* default ""; 128 bytes at most */
    const char *endpoint; /* default ""; 256 bytes at most */
    const char *version;  /* default ""; 64 bytes at most */
    int interval_ms;      /* between announcements; CATGA_NODE_INTERVAL_MS; 10000 */
    int timeout_ms;       /* longer than the interval; CATGA_NODE_TIMEOUT_MS; 30000 */
    bool only_observe;    /* this node does not announce itself, and is not in its own list */
    catga_node_changed *changed; /* or NULL */
    void *user;                  /* of `changed` */
} catga_nodes_options;

/* Announces this node, and begins to observe the others; `options` may be NULL. The id of the node
 * is catga_instance(bus). Without a connection, it is announced after the next connect. *nodes
 * belongs to the caller, who closes it before the bus. Returns CATGA_INVALID_ARGUMENT for an
 * invalid option (the log names it), CATGA_NOT_PERMITTED, CATGA_DRAINING, CATGA_CLOSED or
 * CATGA_NO_MEMORY; *nodes is then NULL. */
CATGA_CHECKED catga_status catga_nodes_open(catga_nodes **nodes, catga_bus *bus,
                                            const catga_nodes_options *options);

/* Calls `visitor` for each known node, online or not, in the order of their ids, and returns the
 * number of calls. */
size_t catga_nodes_list(catga_nodes *nodes, catga_node_visitor *visitor, void *user);

/* Says goodbye unless the bus has begun to drain, ends the thread, and frees `nodes`. `changed` is
 * not called afterwards. In `changed`, logs an error and does nothing. NULL is allowed. */
void catga_nodes_close(catga_nodes *nodes);

#ifdef __cplusplus
}
#endif

#endif
