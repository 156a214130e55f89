/* Writes health documents; see health.h. */
#include "health.h"

static const char *state_of(bool healthy)
{
    return healthy ? "Healthy" : "Unhealthy";
}

static void write_checks(http_text *text, const catga_http *http)
{
    http_text_print(text, "{\"Catga_Core_Health_Check\":\"Healthy\",\"NATS_Connection\":\"%s\"",
                    state_of(catga_connected(http->bus)));
    for (size_t i = 0; i < http->settings.check_count; i++) {
        const catga_http_check *check = &http->settings.checks[i];
        http_text_add(text, ",", 1);
        http_text_string(text, catga_str(check->name));
        http_text_print(text, ":\"%s\"", state_of(check->healthy(check->user)));
    }
    http_text_add(text, "}", 1);
}

/* ---- Nodes ---- */

/* The nodes of the document, while it is written. */
typedef struct node_list {
    http_text *text;
    const char *self; /* id of this node */
    bool has_self;
    unsigned total;
    unsigned online;
} node_list;

static void write_node(http_text *text, const catga_node *node)
{
    char seen[CATGA_TIMESTAMP_TEXT];

    http_text_print(text, "{\"nodeId\":");
    http_text_string(text, catga_str(node->node_id));
    http_text_print(text, ",\"service\":");
    http_text_string(text, catga_str(node->service));
    http_text_print(text, ",\"endpoint\":");
    http_text_string(text, catga_str(node->endpoint));
    http_text_print(text, ",\"lastSeen\":\"%s\",\"load\":%u,\"isOnline\":%s}",
                    catga_timestamp_text(node->last_seen, seen), node->load,
                    node->online ? "true" : "false");
}

static bool add_node(const catga_node *node, void *user)
{
    node_list *list = user;

    if (list->total++ != 0)
        http_text_add(list->text, ",", 1);
    list->online += node->online;
    write_node(list->text, node);
    return true;
}

static bool write_self(const catga_node *node, void *user)
{
    node_list *list = user;

    list->has_self = strcmp(node->node_id, list->self) == 0;
    if (list->has_self)
        write_node(list->text, node);
    return !list->has_self;
}

/* Returns the only node of a gateway that does not announce itself. */
static catga_node only_node(const catga_http *http)
{
    return (catga_node){.node_id = catga_instance(http->bus),
                        .service = http->settings.name,
                        .endpoint = "",
                        .last_seen = catga_timestamp_now(),
                        .online = true};
}

static void write_nodes(http_text *text, const catga_http *http)
{
    node_list list = {.text = text, .self = catga_instance(http->bus)};
    const catga_node only = only_node(http);
    catga_nodes *nodes = atomic_load(&http->nodes);

    http_text_print(text, ",\"currentNode\":");
    if (nodes != NULL)
        catga_nodes_list(nodes, write_self, &list);
    if (!list.has_self)
        write_node(text, &only);
    http_text_print(text, ",\"nodes\":[");
    if (nodes != NULL)
        catga_nodes_list(nodes, add_node, &list);
    if (list.total == 0)
        add_node(&only, &list);
    http_text_print(text, "],\"totalNodes\":%u,\"onlineNodes\":%u", list.total, list.online);
}

void http_health_write(http_text *text, const catga_http *http)
{
    http_text_print(text, "{\"status\":\"Healthy\",\"service\":");
    http_text_string(text, catga_str(http->settings.name));
    http_text_print(text, ",\"checks\":");
    write_checks(text, http);
    write_nodes(text, http);
    http_text_add(text, "}", 1);
}

bool http_ready_write(http_text *text, const catga_http *http)
{
    catga_status status = catga_ready(http->bus);
    const char *reason = atomic_load(&http->stops) ? "shutting down"
                         : status != CATGA_OK      ? catga_status_name(status)
                                                   : NULL;

    if (reason == NULL)
        http_text_print(text, "{\"ready\":true}");
    else
        http_text_print(text, "{\"ready\":false,\"reason\":\"%s\"}", reason);
    return reason == NULL;
}
