/* Watches the infos of a store. */
#include "base/running.h"
#include "objects/object_entry.h"

#include <stdlib.h>

struct catga_object_watch {
    catga_object_access access;
    catga_reader *reader;
    catga_object_changed *changed;
    void *user;
};

/* Calls the function of the user as a handler of the bus, so that it cannot close the bus. */
static void call(catga_object_watch *watch, const catga_object_info *info)
{
    catga_running entry;

    catga_running_add(&entry, watch->access.state, watch, NULL);
    watch->changed(info, watch->user);
    catga_running_remove(&entry);
}

static void receive(void *user, catga_incoming *message, uint64_t pending)
{
    catga_object_watch *watch = user;
    catga_object_info info;

    (void)pending;
    if (catga_object_entry_show(&watch->access, message, &info) == CATGA_OK) {
        call(watch, &info);
        catga_object_info_free(&info);
    }
    watch->access.state->operations->release(message);
}

static void catch_up(void *user)
{
    call(user, NULL);
}

static catga_status begin(catga_object_watch *watch, bool only_new)
{
    char filter[CATGA_OBJECT_SUBJECT];
    catga_object_access *access = &watch->access;
    const catga_reader_settings settings = {.stream = access->stream,
                                            .subject = filter,
                                            .start = only_new ? CATGA_READ_NEW
                                                              : CATGA_READ_LAST_PER_SUBJECT,
                                            .receive = receive,
                                            .caught_up = catch_up,
                                            .user = watch};

    catga_object_info_filter(access->store, filter);
    return catga_object_begin_read(access, &settings, &watch->reader);
}

catga_status catga_object_watch_open(catga_object_watch **watch, catga_bus *bus,
                                     const catga_object_store *store, bool only_new,
                                     catga_object_changed *changed, void *user,
                                     catga_problem *problem)
{
    catga_object_watch *opened = calloc(1, sizeof *opened);

    *watch = NULL;
    if (opened == NULL)
        return CATGA_NO_MEMORY;
    opened->changed = changed;
    opened->user = user;
    catga_status status = catga_object_access_begin(&opened->access, bus, store, problem);
    if (status == CATGA_OK)
        status = begin(opened, only_new);
    if (status != CATGA_OK) {
        free(opened);
        return status;
    }
    opened->access.problem = &opened->access.unwanted;
    *watch = opened;
    return CATGA_OK;
}

void catga_object_watch_close(catga_object_watch *watch)
{
    if (watch == NULL)
        return;
    if (catga_running_handlers(watch) > 0) {
        catga_log(&watch->access.state->settings.logger, CATGA_LOG_ERROR,
                  "objects: cannot close a watch in its own function (store=%s)",
                  watch->access.store);
        return;
    }
    watch->access.streams->end_read(watch->access.transport, watch->reader);
    free(watch);
}
