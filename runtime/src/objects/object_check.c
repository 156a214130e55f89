/* Checks objects of a program; see object_check.h. */
#include "objects/object_check.h"

#include "base/utf8.h"

static bool is_text(catga_string text)
{
    return catga_is_utf8((const uint8_t *)text.data, text.length);
}

static bool has_name(const catga_object_pair *pairs, size_t count, catga_string name)
{
    for (size_t i = 0; i < count; i++)
        if (catga_string_equal(pairs[i].name, name))
            return true;
    return false;
}

/* Checks pairs. Equal names follow each other, as JSON stores them; in metadata they may not be. */
static catga_status check_pairs(const catga_object_access *access, const char *member,
                                const catga_object_pair *pairs, size_t count, bool may_repeat)
{
    if (count > CATGA_OBJECT_PAIRS_MAX)
        return catga_object_refuse(access, CATGA_INVALID_ARGUMENT, "%s: %zu pairs, at most %d",
                                   member, count, CATGA_OBJECT_PAIRS_MAX);
    for (size_t i = 0; i < count; i++) {
        const catga_object_pair *pair = &pairs[i];
        bool follows = may_repeat && i > 0 && catga_string_equal(pair->name, pairs[i - 1].name);
        if (pair->name.length == 0 || !is_text(pair->name) || !is_text(pair->value))
            return catga_object_refuse(access, CATGA_INVALID_ARGUMENT,
                                       "%s[%zu]: a name, and UTF-8 only", member, i);
        if (!follows && has_name(pairs, i, pair->name))
            return catga_object_refuse(access, CATGA_INVALID_ARGUMENT,
                                       "%s[%zu]: the name '%.*s' repeats%s", member, i,
                                       (int)(pair->name.length < 60 ? pair->name.length : 60),
                                       pair->name.data, may_repeat ? ", but not at once" : "");
    }
    return CATGA_OK;
}

catga_status catga_object_check(const catga_object_access *access, const catga_object *object)
{
    catga_status status = catga_object_access_name(access, object->name);

    if (status == CATGA_OK && !is_text(object->description))
        status = catga_object_refuse(access, CATGA_INVALID_ARGUMENT, "description: not UTF-8");
    if (status == CATGA_OK)
        status = check_pairs(access, "headers", object->headers, object->header_count, true);
    if (status == CATGA_OK)
        status = check_pairs(access, "metadata", object->metadata, object->metadata_count, false);
    return status;
}
