/* members.c -- breaking changes of enums, flags, unions and sets of errors: names of numbers. */
#include "breaking/comparison.h"

#include <inttypes.h>

/* One name for a number, whatever it belongs to. */
typedef struct member {
    const model_origin *origin;
    uint64_t number;
} member;

typedef struct member_list {
    member *items;
    size_t count;
    const model_origin *owner;
    text_table names, numbers;
} member_list;

typedef struct member_rules {
    breaking_rule gone, changed, renamed;
} member_rules;

static const member *with_name(const member_list *list, slice name)
{
    return text_table_find(&list->names, name);
}

static slice number_key(const uint64_t *number)
{
    return (slice){(const char *)number, sizeof *number};
}

static const member *with_number(const member_list *list, uint64_t number)
{
    return text_table_find(&list->numbers, number_key(&number));
}

static void compare_member(comparison *c, const member_rules *rules, const member_list *before,
                           const member_list *after, const member *old)
{
    const member *now = with_name(after, old->origin->name);

    if (now != NULL) {
        if (now->number != old->number)
            report(c, rules->changed, now->origin->place, old->origin->place,
                   "'%.*s' was %" PRId64 " and is %" PRId64, SLICE_PRINT(now->origin->name),
                   (int64_t)old->number, (int64_t)now->number);
        compare_json(c, old->origin, now->origin);
        return;
    }
    now = with_number(after, old->number);
    if (now != NULL && with_name(before, now->origin->name) == NULL) {
        report(c, rules->renamed, now->origin->place, old->origin->place, "'%.*s' was '%.*s'",
               SLICE_PRINT(now->origin->name), SLICE_PRINT(old->origin->name));
        compare_json(c, old->origin, now->origin);
    } else
        report(c, rules->gone, after->owner->place, old->origin->place,
               "'%.*s' was removed from '%.*s'", SLICE_PRINT(old->origin->name),
               SLICE_PRINT(after->owner->name));
}

static void compare_members(comparison *c, const member_rules *rules, const member_list *before,
                            const member_list *after)
{
    for (size_t i = 0; i < before->count; i++)
        compare_member(c, rules, before, after, &before->items[i]);
}

static member_list list_of(const comparison *c, const model_origin *owner, size_t most)
{
    return (member_list){ARENA_ARRAY(c->memory, most, member), 0, owner, text_table_in(c->memory),
                         text_table_in(c->memory)};
}

static void add_member(member_list *list, const model_origin *origin, uint64_t number)
{
    member *added = &list->items[list->count++];

    *added = (member){origin, number};
    text_table_insert(&list->names, origin->name, added);
    text_table_insert(&list->numbers, number_key(&added->number), added);
}

/* ---- Enums ----------------------------------------------------------------------------------- */

static member_list members_of_enum(const comparison *c, const model_enum *of)
{
    member_list list = list_of(c, &of->origin, of->member_count);

    for (size_t i = 0; i < of->member_count; i++)
        add_member(&list, &of->members[i].origin, of->members[i].value.as_unsigned);
    return list;
}

void compare_enums(comparison *c, const model_enum *before, const model_enum *after)
{
    static const member_rules rules = {RULE_MEMBER_GONE, RULE_MEMBER_CHANGED, RULE_MEMBER_RENAMED};

    if (before->scalar != after->scalar) {
        report(c, RULE_ENUM_TYPE, after->origin.place, before->origin.place,
               "'%.*s' was %.*s and is %.*s", SLICE_PRINT(after->origin.name),
               SLICE_PRINT(scalar_word(before->scalar)), SLICE_PRINT(scalar_word(after->scalar)));
        return;
    }
    if (before->is_flags != after->is_flags)
        report(c, RULE_ENUM_KIND, after->origin.place, before->origin.place, "'%.*s' is %s now",
               SLICE_PRINT(after->origin.name), after->is_flags ? "flags" : "an enum");
    member_list old = members_of_enum(c, before);
    member_list now = members_of_enum(c, after);
    compare_members(c, &rules, &old, &now);
}

/* ---- Unions ---------------------------------------------------------------------------------- */

static member_list members_of_union(const comparison *c, const model_union *of)
{
    member_list list = list_of(c, &of->origin, of->member_count);

    for (size_t i = 0; i < of->member_count; i++)
        add_member(&list, &of->members[i].origin, of->members[i].tag);
    return list;
}

static const model_union_member *alternative_named(const model_union *of, slice name)
{
    for (size_t i = 0; i < of->member_count; i++) {
        if (slice_equal(of->members[i].origin.name, name))
            return &of->members[i];
    }
    return NULL;
}

/* Returns the alternative of the same name, or the one with its tag and a new name. */
static const model_union_member *
alternative_now(const model_union *before, const model_union *after, const model_union_member *old)
{
    const model_union_member *now = alternative_named(after, old->origin.name);

    for (size_t i = 0; i < after->member_count && now == NULL; i++) {
        const model_union_member *candidate = &after->members[i];
        if (candidate->tag == old->tag && alternative_named(before, candidate->origin.name) == NULL)
            now = candidate;
    }
    return now;
}

void compare_unions(comparison *c, const model_union *before, const model_union *after)
{
    static const member_rules rules = {RULE_MEMBER_GONE, RULE_MEMBER_CHANGED, RULE_MEMBER_RENAMED};
    member_list old = members_of_union(c, before);
    member_list now = members_of_union(c, after);

    compare_members(c, &rules, &old, &now);
    for (size_t i = 0; i < before->member_count; i++) {
        const model_union_member *was = &before->members[i];
        const model_union_member *is = alternative_now(before, after, was);
        if (is != NULL && !same_bytes(&was->type, &is->type))
            report(c, RULE_ALTERNATIVE_TYPE, is->origin.place, was->origin.place,
                   "the alternative '%.*s' has another type", SLICE_PRINT(is->origin.name));
        else if (is != NULL)
            compare_referred(c, &was->type, &is->type);
    }
}

/* ---- Errors ---------------------------------------------------------------------------------- */

static member_list members_of_errors(const comparison *c, const model_error_set *of)
{
    member_list list = list_of(c, &of->origin, of->code_count);

    for (size_t i = 0; i < of->code_count; i++)
        add_member(&list, &of->codes[i].origin, of->codes[i].code);
    return list;
}

static bool has_http_errors(const model_module *module, const model_error_set *errors)
{
    for (size_t i = 0; i < module->message_count; i++)
        if (module->messages[i].http != NULL && module->messages[i].errors == errors)
            return true;
    return false;
}

/* Returns true if an HTTP request of the older version can fail with an error of the set. */
static bool is_known_over_http(const comparison *c, const model_error_set *errors)
{
    for (size_t i = 0; i < c->before->module_count; i++)
        if (has_http_errors(c->before->modules[i], errors))
            return true;
    return false;
}

static void compare_status(comparison *c, const model_error_code *before,
                           const model_error_code *after)
{
    if (after->http_status != before->http_status)
        report(c, RULE_HTTP_STATUS_CHANGED, after->origin.place, before->origin.place,
               "'%.*s' had status %u and has %u", SLICE_PRINT(after->origin.name),
               before->http_status, after->http_status);
}

/* Compares the statuses of equal codes. `codes` is the list of `after`, in its order. */
static void compare_statuses(comparison *c, const model_error_set *before,
                             const model_error_set *after, const member_list *codes)
{
    for (size_t i = 0; i < before->code_count; i++) {
        const member *now = with_number(codes, before->codes[i].code);
        if (now != NULL)
            compare_status(c, &before->codes[i], &after->codes[now - codes->items]);
    }
}

void compare_errors(comparison *c, const model_error_set *before, const model_error_set *after)
{
    static const member_rules rules = {RULE_ERROR_GONE, RULE_ERROR_CHANGED, RULE_MEMBER_RENAMED};
    member_list old = members_of_errors(c, before);
    member_list now = members_of_errors(c, after);

    compare_members(c, &rules, &old, &now);
    if (is_known_over_http(c, before))
        compare_statuses(c, before, after, &now);
}
