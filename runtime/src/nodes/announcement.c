/* Sends and reads announcements; see announcement.h. */
#include "nodes/announcement.h"

#include "nodes.catga.h"
#include "nodes/nodes_options.h"

#include <stdio.h>

catga_status catga_announcement_send(catga_bus *bus, const catga_node_record *record)
{
    return catga_nodes_node_announced_publish(
        bus, &CATGA_NODES_NODE_ANNOUNCED(.node_id = catga_str(record->node_id),
                                         .service = catga_str(record->service),
                                         .endpoint = catga_str(record->endpoint),
                                         .version = catga_str(record->version),
                                         .started_at = record->started_at, .load = record->load,
                                         .leaving = record->leaving));
}

static catga_status refuse(catga_problem *problem, const char *field, const char *accepted)
{
    snprintf(problem->text, sizeof problem->text, "%s: accepted is: %s", field, accepted);
    return CATGA_BAD_MESSAGE;
}

/* The schema limits the length of each text. */
static bool copy(char *field, catga_string text)
{
    memcpy(field, text.data, text.length);
    field[text.length] = '\0';
    return catga_node_text_is_plain(text);
}

static catga_status read_view(catga_nodes_node_announced_view view, catga_node_record *record,
                              catga_problem *problem)
{
    static const char plain[] = "text without control characters";

    if (!catga_is_token(catga_nodes_node_announced_get_node_id(view)))
        return refuse(problem, "node_id", "1 to 64 of A-Z a-z 0-9 _ -");
    (void)copy(record->node_id, catga_nodes_node_announced_get_node_id(view));
    if (!copy(record->service, catga_nodes_node_announced_get_service(view)))
        return refuse(problem, "service", plain);
    if (!copy(record->endpoint, catga_nodes_node_announced_get_endpoint(view)))
        return refuse(problem, "endpoint", plain);
    if (!copy(record->version, catga_nodes_node_announced_get_version(view)))
        return refuse(problem, "version", plain);
    record->started_at = catga_nodes_node_announced_get_started_at(view);
    record->load = catga_nodes_node_announced_get_load(view);
    record->leaving = catga_nodes_node_announced_get_leaving(view);
    return CATGA_OK;
}

catga_status catga_announcement_read(const catga_incoming *message, catga_node_record *record,
                                     catga_problem *problem)
{
    catga_nodes_node_announced_view view;

    catga_status status =
        catga_nodes_node_announced_open(message->data, message->length, &view, problem);

    return status == CATGA_OK ? read_view(view, record, problem) : status;
}

bool catga_announcement_address(catga_envelope *envelope, catga_string prefix)
{
    return catga_envelope_begin(envelope, prefix,
                                catga_nodes_node_announced_message_descriptor.subject);
}
