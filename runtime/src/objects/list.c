/* Gets the info of one object, and of all. */
#include "objects/object_entry.h"
#include "objects/object_reader.h"

catga_status catga_object_info_get(catga_bus *bus, const catga_object_store *store,
                                   catga_string name, catga_object_info *info,
                                   catga_problem *problem)
{
    catga_object_access access;
    catga_object_entry entry;
    catga_status status = catga_object_access_begin(&access, bus, store, problem);

    *info = (catga_object_info){0};
    if (status == CATGA_OK)
        status = catga_object_access_name(&access, name);
    if (status == CATGA_OK)
        status = catga_object_entry_find(&access, name, &entry);
    if (status == CATGA_OK)
        *info = entry.info;
    return status;
}

/* Shows an info to the visitor. *goes_on becomes false if it stops. */
static catga_status show(catga_object_access *access, const catga_incoming *message,
                         catga_object_visitor *visit, void *user, bool *goes_on)
{
    catga_object_info info;
    catga_status status = catga_object_entry_show(access, message, &info);

    if (status != CATGA_OK)
        return status == CATGA_BAD_MESSAGE ? CATGA_OK : status;
    *goes_on = info.deleted || visit(&info, user);
    catga_object_info_free(&info);
    return CATGA_OK;
}

static catga_status list(catga_object_access *access, catga_object_visitor *visit, void *user)
{
    char filter[CATGA_OBJECT_SUBJECT];
    catga_object_reader reader;
    catga_object_message next;

    catga_object_info_filter(access->store, filter);
    catga_status status =
        catga_object_reader_begin(&reader, access, filter, CATGA_READ_LAST_PER_SUBJECT, false);
    if (status != CATGA_OK)
        return status;
    for (bool goes_on = true; goes_on && status == CATGA_OK;) {
        status = catga_object_reader_next(&reader, access->wait_ns, &next);
        if (status != CATGA_OK)
            break;
        status = show(access, &next.message, visit, user, &goes_on);
        access->state->operations->release(&next.message);
    }
    catga_object_reader_end(&reader);
    return status == CATGA_NOT_FOUND ? CATGA_OK : status;
}

catga_status catga_object_list(catga_bus *bus, const catga_object_store *store,
                               catga_object_visitor *visit, void *user, catga_problem *problem)
{
    catga_object_access access;
    catga_status status = catga_object_access_begin(&access, bus, store, problem);

    return status == CATGA_OK ? list(&access, visit, user) : status;
}
