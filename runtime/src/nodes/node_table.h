/*
 * The nodes that are known, in the order of their ids, and the changes that are not reported yet. A
 * pure data structure: no clock, no lock, no input and output. Times are monotonic, but those in
 * catga_node.
 *
 * Ownership: the table copies announcements, and owns its entries.
 */
#ifndef CATGA_NODE_TABLE_H
#define CATGA_NODE_TABLE_H

#include "base/clock.h"

#include <catga/nodes.h>

enum {
    CATGA_NODE_ID_MAX = 64,
    CATGA_NODE_SERVICE_MAX = 128,
    CATGA_NODE_ENDPOINT_MAX = 256,
    CATGA_NODE_VERSION_MAX = 64
};

/* time after which an offline node is forgotten */
#define CATGA_NODE_FORGET (INT64_C(86400) * CATGA_SECOND)

/* An announcement, or the state of a node. */
typedef struct catga_node_record {
    char node_id[CATGA_NODE_ID_MAX + 1];
    char service[CATGA_NODE_SERVICE_MAX + 1];
    char endpoint[CATGA_NODE_ENDPOINT_MAX + 1];
    char version[CATGA_NODE_VERSION_MAX + 1];
    int64_t started_at;
    int64_t last_seen;
    uint32_t load;
    bool leaving; /* of an announcement; of an entry: it is offline */
} catga_node_record;

typedef struct catga_node_entry {
    catga_node_record record;
    int64_t heard_ns; /* time of the last announcement */
    bool is_changed;  /* not reported yet */
    bool is_own;      /* of this process: it does not expire and is not reported */
} catga_node_entry;

typedef struct catga_node_table {
    int64_t timeout_ns;
    catga_node_entry *entries[CATGA_NODES_MAX];
    size_t count;
} catga_node_table;

typedef enum catga_node_note {
    CATGA_NODE_KNOWN,
    CATGA_NODE_NEW,   /* it was not known, or has restarted */
    CATGA_NODE_EXTRA, /* it is not kept: the table is full of nodes that are online */
    CATGA_NODE_NO_MEMORY
} catga_node_note;

/* Returns the public form of a record, which points into it. */
catga_node catga_node_of(const catga_node_record *record);

/* Frees the entries. */
void catga_node_table_end(catga_node_table *table);

/* Notes an announcement. A goodbye of an unknown node, or of one before its restart, has no effect.
 */
catga_node_note catga_node_table_note(catga_node_table *table, const catga_node_record *record,
                                      int64_t now);

/* Notes an announcement of this process. */
catga_node_note catga_node_table_note_own(catga_node_table *table, const catga_node_record *record,
                                          int64_t now);

/* Marks nodes that have been silent for too long as offline, and forgets those of a day. Returns
 * the time of the next call. */
int64_t catga_node_table_expire(catga_node_table *table, int64_t now);

/* Takes a span in which nothing could be heard out of the silence of all nodes. */
void catga_node_table_excuse(catga_node_table *table, int64_t span, int64_t now);

/* Copies a node that has changed, and marks it as reported. Returns false if there is none. */
bool catga_node_table_take_change(catga_node_table *table, catga_node_record *changed);

/* As catga_nodes_list. */
size_t catga_node_table_list(const catga_node_table *table, catga_node_visitor *visitor,
                             void *user);

#endif
