/* explain_graph.c -- prints a graph: services, messages and stores are nodes; sending and receiving
 * are edges, labelled with the delivery. Both graph languages share one traversal. */
#include "explain/parts.h"

typedef struct node {
    slice id; /* letters, digits and underscores */
    slice name;
    const char *kind; /* of a message or store; NULL for a service */
} node;

typedef struct edge {
    slice from, to;
    slice label;
    bool is_kept; /* the message or value is stored */
} edge;

/* The syntax of a graph language. Names and labels are plain words and need no escapes. */
typedef struct style {
    const char *begin;
    void (*put_node)(const node *shown, buffer *out);
    void (*put_edge)(const edge *shown, buffer *out);
    const char *end;
} style;

typedef struct drawing {
    arena *memory;
    const style *style;
    text_table drawn; /* format of nodes with an id; of edges with two ids and a label */
    buffer *out;
} drawing;

/* ---- Dot ------------------------------------------------------------------------------------- */

static void put_dot_node(const node *shown, buffer *out)
{
    buffer_printf(out, "    %.*s [shape=%s, label=\"%.*s", SLICE_PRINT(shown->id),
                  shown->kind == NULL ? "box" : "ellipse", SLICE_PRINT(shown->name));
    if (shown->kind != NULL)
        buffer_printf(out, "\\n%s", shown->kind);
    buffer_append_text(out, "\"];\n");
}

static void put_dot_edge(const edge *shown, buffer *out)
{
    buffer_printf(out, "    %.*s -> %.*s [label=\"%.*s\"%s];\n", SLICE_PRINT(shown->from),
                  SLICE_PRINT(shown->to), SLICE_PRINT(shown->label),
                  shown->is_kept ? ", style=bold" : "");
}

/* ---- Mermaid --------------------------------------------------------------------------------- */

static void put_mermaid_node(const node *shown, buffer *out)
{
    if (shown->kind == NULL)
        buffer_printf(out, "    %.*s[\"%.*s\"]\n", SLICE_PRINT(shown->id),
                      SLICE_PRINT(shown->name));
    else
        buffer_printf(out, "    %.*s([\"%.*s<br/>%s\"])\n", SLICE_PRINT(shown->id),
                      SLICE_PRINT(shown->name), shown->kind);
}

static void put_mermaid_edge(const edge *shown, buffer *out)
{
    buffer_printf(out, "    %.*s %s|\"%.*s\"| %.*s\n", SLICE_PRINT(shown->from),
                  shown->is_kept ? "==>" : "-->", SLICE_PRINT(shown->label),
                  SLICE_PRINT(shown->to));
}

/* ---- Nodes ----------------------------------------------------------------------------------- */

static slice id_of(arena *memory, const model_origin *origin)
{
    buffer id = buffer_in(memory);

    append_full_name(&id, origin);
    for (size_t i = 0; i < id.length; i++)
        id.data[i] = id.data[i] == '.' ? '_' : id.data[i];
    return buffer_slice(&id);
}

/* Returns true if the item was not printed before. */
static bool is_new(drawing *d, slice key)
{
    return text_table_insert(&d->drawn, key, d) == NULL;
}

static slice draw_node(drawing *d, const model_origin *origin, const char *kind)
{
    node shown = {id_of(d->memory, origin), origin->name, kind};

    if (is_new(d, shown.id))
        d->style->put_node(&shown, d->out);
    return shown.id;
}

/* ---- Edges ----------------------------------------------------------------------------------- */

static void append_call(buffer *label, const model_message *message)
{
    buffer_append_text(label, "within ");
    model_print_duration(message->timeout_ns, label);
    if (message->retries > 0)
        buffer_printf(label, ", %u retr%s", message->retries, message->retries == 1 ? "y" : "ies");
}

static const char *way_of(const model_subscription *line)
{
    if (line->is_fetch)
        return "fetch";
    return line->delivery == DELIVERY_GROUP ? "group" : "broadcast";
}

static slice label_of(arena *memory, const part *of)
{
    buffer label = buffer_in(memory);

    switch (of->role) {
    case ROLE_CALLS:
    case ROLE_HANDLES:
        append_call(&label, of->message);
        break;
    case ROLE_PUBLISHES:
        buffer_append_text(&label, model_qos_text(of->message->qos));
        break;
    case ROLE_SUBSCRIBES:
        buffer_printf(&label, "%s, %s as %.*s", model_qos_text(of->message->qos),
                      way_of(of->subscription), SLICE_PRINT(of->subscription->name));
        break;
    }
    return buffer_slice(&label);
}

static void draw_edge(drawing *d, edge shown)
{
    buffer key = buffer_in(d->memory);

    buffer_printf(&key, "%.*s %.*s %.*s", SLICE_PRINT(shown.from), SLICE_PRINT(shown.to),
                  SLICE_PRINT(shown.label));
    if (is_new(d, buffer_slice(&key)))
        d->style->put_edge(&shown, d->out);
}

static void draw_part(drawing *d, const part *of)
{
    slice service = draw_node(d, &of->service->origin, NULL);
    slice message = draw_node(d, &of->message->origin, message_word(of->message));
    bool sends = of->role == ROLE_CALLS || of->role == ROLE_PUBLISHES;

    draw_edge(d, (edge){.from = sends ? service : message,
                        .to = sends ? message : service,
                        .label = label_of(d->memory, of),
                        .is_kept = model_is_stored(of->message)});
}

static void draw_parts(drawing *d, part_list parts)
{
    for (size_t i = 0; i < parts.count; i++)
        draw_part(d, &parts.items[i]);
}

/* ---- Buckets and object stores --------------------------------------------------------------- */

static slice store_label(arena *memory, const store_part *of)
{
    buffer label = buffer_in(memory);

    if (of->role == STORE_WATCHES)
        buffer_printf(&label, "watch %.*s as %.*s", SLICE_PRINT(store_watch_pattern(of->watch)),
                      SLICE_PRINT(of->watch->function));
    else
        buffer_append_text(&label, of->role == STORE_WRITES ? "writes" : "reads");
    return buffer_slice(&label);
}

static void draw_store_parts(drawing *d, store_part_list parts)
{
    for (size_t i = 0; i < parts.count; i++) {
        const store_part *of = &parts.items[i];
        slice service = draw_node(d, &of->service->origin, NULL);
        slice store = draw_node(d, of->store.origin, store_word(&of->store));
        bool writes = of->role == STORE_WRITES;
        draw_edge(d, (edge){.from = writes ? service : store,
                            .to = writes ? store : service,
                            .label = store_label(d->memory, of),
                            .is_kept = true});
    }
}

static void draw(arena *memory, const explained *chosen, const style *in, buffer *out)
{
    drawing d = {memory, in, text_table_in(memory), out};

    buffer_append_text(out, in->begin);
    for (size_t i = 0; i < chosen->service_count; i++) {
        draw_node(&d, &chosen->services[i]->origin, NULL);
        draw_parts(&d, parts_of_service(memory, chosen->services[i]));
        draw_store_parts(&d, store_parts_of_service(memory, chosen->services[i]));
    }
    for (size_t i = 0; i < chosen->message_count; i++) {
        const model_message *message = chosen->messages[i];
        draw_node(&d, &message->origin, message_word(message));
        draw_parts(&d, parts_of_message(chosen->parts, message));
    }
    for (size_t i = 0; i < chosen->store_count; i++) {
        const explained_store *store = &chosen->stores[i];
        draw_node(&d, store->origin, store_word(store));
        draw_store_parts(&d, store_parts_of_store(memory, chosen->facts, store));
    }
    buffer_append_text(out, in->end);
}

void explain_dot(arena *memory, const explained *chosen, buffer *out)
{
    static const style dot = {"digraph catga {\n    rankdir=LR;\n", put_dot_node, put_dot_edge,
                              "}\n"};

    draw(memory, chosen, &dot, out);
}

void explain_mermaid(arena *memory, const explained *chosen, buffer *out)
{
    static const style mermaid = {"flowchart LR\n", put_mermaid_node, put_mermaid_edge, ""};

    draw(memory, chosen, &mermaid, out);
}
