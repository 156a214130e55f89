/* The service of notes, behind three middlewares. */
#include "middleware.h"
#include "notes.catga.h"

#include <pthread.h>

/* The two handlers run in parallel. */
typedef struct note {
    pthread_mutex_t lock;
    char text[200];
    size_t length;
} note;

static catga_status my_write_note(catga_context *context, notes_write_note_view request)
{
    note *kept = catga_context_user(context);
    catga_string text = notes_write_note_get_text(request);

    pthread_mutex_lock(&kept->lock);
    memcpy(kept->text, text.data, text.length);
    kept->length = text.length;
    pthread_mutex_unlock(&kept->lock);
    return notes_write_note_reply(context, &NOTES_NOTE(.text = text));
}

static catga_status my_read_note(catga_context *context, notes_read_note_view request)
{
    note *kept = catga_context_user(context);
    char text[sizeof kept->text];

    (void)request;
    pthread_mutex_lock(&kept->lock);
    size_t length = kept->length;
    memcpy(text, kept->text, length);
    pthread_mutex_unlock(&kept->lock);
    return notes_read_note_reply(context, &NOTES_NOTE(.text = {text, length}));
}

int main(void)
{
    /* A real service looks tokens up, or checks their signature. */
    static const user list[] = {{"alice", "token-of-alice"}, {"bob", "token-of-bob"}};
    static users known = {list, sizeof list / sizeof list[0]};
    static rate limit = {.interval_ns = 500000000, .burst = 5};
    static note kept = {.lock = PTHREAD_MUTEX_INITIALIZER};
    /* The audit is outermost, so it logs refusals too. Strangers do not use up the rate. */
    const catga_middleware middleware[] = {
        {audit, &known}, {authorise, &known}, {limit_rate, &limit}};
    const catga_options options = {.middleware = middleware,
                                   .middleware_count = sizeof middleware / sizeof middleware[0],
                                   .log_level = CATGA_LOG_INFO};
    static const notes_notes service = NOTES_NOTES(my);
    catga_bus *bus;
    catga_status status = catga_open(&bus, &options);

    if (status == CATGA_OK)
        status = notes_notes_serve(bus, &service, &kept);
    if (status == CATGA_OK)
        status = catga_run(bus);
    catga_close(bus);
    return status == CATGA_OK ? 0 : 1;
}
