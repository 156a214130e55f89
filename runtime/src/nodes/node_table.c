/* Keeps the known nodes; see node_table.h. */
#include "nodes/node_table.h"

#include <stdlib.h>

catga_node catga_node_of(const catga_node_record *record)
{
    return (catga_node){.node_id = record->node_id,
                        .service = record->service,
                        .endpoint = record->endpoint,
                        .version = record->version,
                        .started_at = record->started_at,
                        .last_seen = record->last_seen,
                        .load = record->load,
                        .online = !record->leaving};
}

void catga_node_table_end(catga_node_table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->entries[i]);
    table->count = 0;
}

/* ---- Finding, adding and removing ---- */

/* Returns the index of the first node whose id is not less. */
static size_t position_of(const catga_node_table *table, const char *node_id)
{
    size_t low = 0;
    size_t high = table->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(table->entries[middle]->record.node_id, node_id) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static catga_node_entry *find(const catga_node_table *table, const char *node_id)
{
    size_t at = position_of(table, node_id);

    bool found = at < table->count && strcmp(table->entries[at]->record.node_id, node_id) == 0;

    return found ? table->entries[at] : NULL;
}

static void remove_at(catga_node_table *table, size_t at)
{
    free(table->entries[at]);
    table->count--;
    memmove(&table->entries[at], &table->entries[at + 1],
            (table->count - at) * sizeof table->entries[0]);
}

/* Removes the node that has been offline for longest. Returns false if all are online. */
static bool make_room(catga_node_table *table)
{
    size_t oldest = table->count;

    for (size_t i = 0; i < table->count; i++)
        if (table->entries[i]->record.leaving &&
            (oldest == table->count ||
             table->entries[i]->heard_ns < table->entries[oldest]->heard_ns))
            oldest = i;
    if (oldest == table->count)
        return false;
    remove_at(table, oldest);
    return true;
}

static catga_node_entry *insert(catga_node_table *table, const char *node_id)
{
    catga_node_entry *entry = calloc(1, sizeof *entry);
    size_t at = position_of(table, node_id);

    if (entry == NULL)
        return NULL;
    memmove(&table->entries[at + 1], &table->entries[at],
            (table->count - at) * sizeof table->entries[0]);
    table->entries[at] = entry;
    table->count++;
    return entry;
}

/* ---- Announcements ---- */

static catga_node_note add(catga_node_table *table, const catga_node_record *record, int64_t now,
                           bool is_own)
{
    if (table->count == CATGA_NODES_MAX && !make_room(table))
        return CATGA_NODE_EXTRA;
    catga_node_entry *entry = insert(table, record->node_id);
    if (entry == NULL)
        return CATGA_NODE_NO_MEMORY;
    *entry = (catga_node_entry){
        .record = *record, .heard_ns = now, .is_changed = !is_own, .is_own = is_own};
    return CATGA_NODE_NEW;
}

static catga_node_note update(catga_node_entry *entry, const catga_node_record *record, int64_t now)
{
    bool has_restarted = entry->record.started_at != record->started_at;

    if (has_restarted && record->leaving)
        return CATGA_NODE_KNOWN;
    if (has_restarted || entry->record.leaving != record->leaving)
        entry->is_changed = !entry->is_own;
    entry->record = *record;
    entry->heard_ns = now;
    return has_restarted ? CATGA_NODE_NEW : CATGA_NODE_KNOWN;
}

static catga_node_note note(catga_node_table *table, const catga_node_record *record, int64_t now,
                            bool is_own)
{
    catga_node_entry *entry = find(table, record->node_id);

    if (entry != NULL)
        return update(entry, record, now);
    return record->leaving ? CATGA_NODE_KNOWN : add(table, record, now, is_own);
}

catga_node_note catga_node_table_note(catga_node_table *table, const catga_node_record *record,
                                      int64_t now)
{
    return note(table, record, now, false);
}

catga_node_note catga_node_table_note_own(catga_node_table *table, const catga_node_record *record,
                                          int64_t now)
{
    return note(table, record, now, true);
}

/* ---- Silence ---- */

static int64_t end_of(const catga_node_table *table, const catga_node_entry *entry)
{
    if (entry->is_own)
        return CATGA_FOREVER;
    return catga_clock_after(entry->heard_ns,
                             entry->record.leaving ? CATGA_NODE_FORGET : table->timeout_ns);
}

static void set_offline(catga_node_entry *entry)
{
    entry->record.leaving = true;
    entry->is_changed = true;
}

int64_t catga_node_table_expire(catga_node_table *table, int64_t now)
{
    int64_t next = CATGA_FOREVER;

    for (size_t i = table->count; i-- > 0;) {
        catga_node_entry *entry = table->entries[i];
        if (end_of(table, entry) <= now && entry->record.leaving) {
            remove_at(table, i);
            continue;
        }
        if (end_of(table, entry) <= now)
            set_offline(entry);
        int64_t end = end_of(table, entry);
        next = end < next ? end : next;
    }
    return next;
}

void catga_node_table_excuse(catga_node_table *table, int64_t span, int64_t now)
{
    for (size_t i = 0; i < table->count; i++) {
        int64_t heard = catga_clock_after(table->entries[i]->heard_ns, span);
        table->entries[i]->heard_ns = heard < now ? heard : now;
    }
}

/* ---- Reading ---- */

bool catga_node_table_take_change(catga_node_table *table, catga_node_record *changed)
{
    for (size_t i = 0; i < table->count; i++) {
        if (!table->entries[i]->is_changed)
            continue;
        table->entries[i]->is_changed = false;
        *changed = table->entries[i]->record;
        return true;
    }
    return false;
}

size_t catga_node_table_list(const catga_node_table *table, catga_node_visitor *visitor, void *user)
{
    bool more = true;
    size_t visited = 0;

    for (; more && visited < table->count; visited++) {
        catga_node node = catga_node_of(&table->entries[visited]->record);
        more = visitor(&node, user);
    }
    return visited;
}
