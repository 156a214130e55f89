/* Events of families, for their handlers. */
#include "server/context.h"

catga_event catga_event_of(const catga_context *context, const uint8_t *table)
{
    return (catga_event){context->message, context->message->table->name, table};
}

size_t catga_event_print(const catga_event *event, char *text, size_t capacity)
{
    return catga_json_write(event->message->table, event->table, text, capacity);
}
