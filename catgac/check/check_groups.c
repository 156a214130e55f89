/* check_groups.c -- checks the queue groups and durable consumers of all services. */
#include "check/checker.h"

enum { LONGEST_GROUP = 64 };

/* ---- Groups of other programs ---------------------------------------------------------------- */

void check_read_group(const subscription_draft *draft, const ast_member *line, slice *group)
{
    const model_type text = {.kind = TYPE_STRING};
    model_value value;

    if (line->group == NULL ||
        !check_evaluate(draft->c, draft->service->scope, line->group, &text, &value))
        return;
    *group = value.as_text;
    if (group->length == 0)
        diag_report(draft->c->diags, DIAG_BAD_GROUP, line->group->place, "a group has a name");
}

void check_no_group(const subscription_draft *draft, const ast_member *line)
{
    if (line->group != NULL)
        diag_report(draft->c->diags, DIAG_BAD_GROUP, line->group->place,
                    "each event of a namespace has a group of its own: name the event, or no "
                    "group");
}

/* The characters that a server accepts in the name of a consumer and of its dead letters. */
static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

/* Returns whether the name is letters, and with `dots` single dots between them. */
static bool is_group_name(slice name, bool dots)
{
    bool after_dot = true;

    for (size_t i = 0; i < name.length; i++) {
        bool is_dot = dots && name.data[i] == '.' && !after_dot;
        if (!is_letter(name.data[i]) && !is_dot)
            return false;
        after_dot = is_dot;
    }
    return !after_dot && name.length <= LONGEST_GROUP;
}

static void check_group_name(const checker *c, const model_subscription *line)
{
    bool is_stored = model_is_stored(line->message);

    if (line->group.length == 0 || is_group_name(line->group, !is_stored))
        return;
    diag_report(c->diags, DIAG_BAD_GROUP, line->place,
                is_stored ? "the group '%.*s' of a stored event is a durable consumer, whose name "
                            "is 1 to %d of A-Z a-z 0-9 _ -"
                          : "the group '%.*s' is not 1 to %d of A-Z a-z 0-9 _ - with single dots "
                            "between them",
                SLICE_PRINT(line->group), LONGEST_GROUP);
}

/* ---- Fetched events -------------------------------------------------------------------------- */

static void check_fetch(const checker *c, const model_subscription *line)
{
    slice event = line->message->origin.name;

    if (!line->is_fetch)
        return;
    if (!model_is_stored(line->message))
        diag_report(c->diags, DIAG_NOT_STORED, line->place,
                    "'%.*s' is not stored, so it cannot be fetched: declare @qos(at_least_once), "
                    "or handle it with 'on'",
                    SLICE_PRINT(event));
    else if (line->message->qos == QOS_EXACTLY_ONCE)
        diag_report(c->diags, DIAG_BAD_FETCH, line->place,
                    "'%.*s' is exactly_once: its claim is taken around a handler, so it cannot be "
                    "fetched: handle it with 'on'",
                    SLICE_PRINT(event));
}

/* ---- All groups ------------------------------------------------------------------------------ */

/* A subscription in the list of those whose group has its name. */
typedef struct group_member {
    const model_subscription *line;
    struct group_member *next;
} group_member;

/* Returns the name of a subscription's group. Consumers of different streams share no name. */
static slice group_key(const checker *c, const model_service *service,
                       const model_subscription *line)
{
    buffer key = buffer_in(c->memory);

    if (line->message->stream != NULL)
        buffer_printf(&key, "%.*s ", SLICE_PRINT(line->message->stream->settings.name));
    if (line->group.length > 0)
        buffer_append(&key, line->group);
    else
        buffer_printf(&key, "%.*s__%.*s", SLICE_PRINT(service->origin.name),
                      SLICE_PRINT(line->name));
    return buffer_slice(&key);
}

/* Two services of one name, or two handlers of a named group. */
static void report_same(const checker *c, const model_service *service,
                        const model_subscription *line, const model_subscription *first)
{
    slice event = line->message->origin.name;

    if (line->group.length > 0 || first->group.length > 0)
        diag_report(c->diags, DIAG_SAME_CONSUMER, line->place,
                    "the group of this handler of '%.*s' has another handler: each message would "
                    "be delivered to only one of them",
                    SLICE_PRINT(event));
    else if (line->message == first->message || !model_is_stored(line->message))
        diag_report(c->diags, DIAG_SAME_CONSUMER, line->place,
                    "another service '%.*s' subscribes to '%.*s' as '%.*s': each message would be "
                    "delivered to only one of them",
                    SLICE_PRINT(service->origin.name), SLICE_PRINT(event), SLICE_PRINT(line->name));
    else
        diag_report(c->diags, DIAG_SAME_CONSUMER, line->place,
                    "another service '%.*s' subscribes to another event of the stream as '%.*s': "
                    "they would share one consumer",
                    SLICE_PRINT(service->origin.name), SLICE_PRINT(line->name));
    diag_note(c->diags, first->place, "the other one is here");
}

static bool is_line_of(const model_service *service, const model_subscription *line)
{
    for (size_t i = 0; i < service->subscription_count; i++)
        if (&service->subscriptions[i] == line)
            return true;
    return false;
}

/* Returns whether two subscriptions with groups of one name get the same messages. Handlers of one
 * service without a group have names of their own. */
static bool do_share(const model_service *service, const model_subscription *line,
                     const model_subscription *other)
{
    if (other->group.length == 0 && line->group.length == 0 && is_line_of(service, other))
        return false;
    return line->message->stream != NULL || check_subjects_overlap(line->subject, other->subject);
}

static void check_group(checker *c, const model_service *service, const model_subscription *line)
{
    group_member *added = ARENA_NEW(c->memory, group_member);

    *added = (group_member){line, NULL};
    group_member *at = text_table_insert(&c->scratch, group_key(c, service, line), added);
    for (; at != NULL; at = at->next) {
        if (do_share(service, line, at->line)) {
            report_same(c, service, line, at->line);
            return;
        }
        if (at->next == NULL) {
            at->next = added;
            return;
        }
    }
}

static void check_service_groups(checker *c, const model_service *service)
{
    for (size_t i = 0; i < service->subscription_count; i++) {
        check_group_name(c, &service->subscriptions[i]);
        check_fetch(c, &service->subscriptions[i]);
        check_group(c, service, &service->subscriptions[i]);
    }
}

void check_groups(checker *c)
{
    text_table_clear(&c->scratch);
    for (size_t i = 0; i < c->scope_count; i++) {
        const model_module *module = c->scopes[i].module;
        for (size_t j = 0; j < module->service_count; j++)
            check_service_groups(c, &module->services[j]);
    }
}
