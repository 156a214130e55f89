/* Looks at lists of nodes, for nodes.c and members.c. */
#ifndef NODES_FIXTURE_H
#define NODES_FIXTURE_H

#include <catga/nodes.h>

#include <stdio.h>
#include <string.h>
#include <time.h>

static inline int64_t monotonic_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Sets times that are not set: an interval of 100 ms, and a timeout of a second. */
static inline catga_nodes_options with_short_times(catga_nodes_options options)
{
    options.interval_ms = options.interval_ms == 0 ? 100 : options.interval_ms;
    options.timeout_ms = options.timeout_ms == 0 ? 1000 : options.timeout_ms;
    return options;
}

/* Appends a node to a text such as "a+ b-": a is online, b offline. */
static inline void append_node(char *text, size_t capacity, const catga_node *node)
{
    size_t length = strlen(text);

    snprintf(text + length, capacity - length, "%s%s%c", length == 0 ? "" : " ", node->node_id,
             node->online ? '+' : '-');
}

/* A list of nodes as a text, and the facts of one of them. */
typedef struct sight {
    char text[256];
    const char *name; /* NULL: of none */
    uint32_t load;
    int64_t last_seen;
    char endpoint[64];
} sight;

static inline bool look_at_node(const catga_node *node, void *user)
{
    sight *s = user;

    append_node(s->text, sizeof s->text, node);
    if (s->name != NULL && strcmp(s->name, node->node_id) == 0) {
        s->load = node->load;
        s->last_seen = node->last_seen;
        snprintf(s->endpoint, sizeof s->endpoint, "%s", node->endpoint);
    }
    return true;
}

static inline sight look(catga_nodes *nodes, const char *name)
{
    sight s = {.name = name};

    (void)catga_nodes_list(nodes, look_at_node, &s);
    return s;
}

static inline bool sees(catga_nodes *nodes, const char *expected)
{
    return strcmp(look(nodes, NULL).text, expected) == 0;
}

static inline bool skip_node(const catga_node *node, void *user)
{
    (void)node;
    (void)user;
    return true;
}

static inline size_t count_nodes(catga_nodes *nodes)
{
    return catga_nodes_list(nodes, skip_node, NULL);
}

#endif
