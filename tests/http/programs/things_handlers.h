/* The handlers behind the gateway of the tests: they answer with what they received. */
#ifndef THINGS_HANDLERS_H
#define THINGS_HANDLERS_H

#include "things.catga.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { ARENA = 65536 };

static atomic_uint created;

static void sleep_ms(unsigned milliseconds)
{
    struct timespec pause = {milliseconds / 1000, milliseconds % 1000 * 1000000L};

    nanosleep(&pause, NULL);
}

static bool is(catga_string text, const char *word)
{
    return catga_string_equal(text, catga_str(word));
}

static catga_status my_create_thing(catga_context *context, test_http_create_thing_view request)
{
    _Alignas(max_align_t) char memory[ARENA];
    catga_arena arena = {memory, sizeof memory, 0};
    test_http_create_thing input;
    catga_string id = test_http_create_thing_get_thing_id(request);

    atomic_fetch_add(&created, 1);
    if (is(id, "exists"))
        return test_http_thing_error_exists(context, "there is \"%.*s\"", CATGA_PRINT(id));
    if (is(id, "many"))
        return test_http_thing_error_too_many(context, "no more");
    if (is(id, "slow"))
        sleep_ms(300);
    if (test_http_create_thing_unpack(request, &input, &arena) != CATGA_OK)
        return CATGA_HANDLER_FAILED;
    test_http_thing thing = {
        .thing_id = input.thing_id,
        .color = input.color,
        .rights = input.rights,
        .price = input.price,
        .made_at = input.made_at,
        .parts = input.parts,
        .position = input.position,
        .the_note = input.the_note,
        .big_number = input.big_number,
        .left_over = input.left_over,
        .outer_wrap = input.outer_wrap,
        .processed_by = catga_str(catga_instance(catga_context_bus(context))),
        .attempt_count = atomic_load(&created),
    };
    return test_http_create_thing_reply(context, &thing);
}

static catga_status my_get_thing(catga_context *context, test_http_get_thing_view request)
{
    catga_string id = test_http_get_thing_get_thing_id(request);

    if (is(id, "absent"))
        return test_http_thing_error_not_found(context, "no thing %.*s", CATGA_PRINT(id));
    return test_http_get_thing_reply(context, &(test_http_thing){.thing_id = id, .price = 1050});
}

static catga_status my_get_first(catga_context *context, test_http_get_first_view request)
{
    (void)request;
    return test_http_get_first_reply(context,
                                     &(test_http_thing){.thing_id = CATGA_STR("the first")});
}

static catga_status my_paint_thing(catga_context *context, test_http_paint_thing_view request)
{
    return test_http_paint_thing_reply(
        context,
        &(test_http_thing){.thing_id = test_http_paint_thing_get_thing_id(request),
                           .color = (test_http_color)test_http_paint_thing_get_color(request),
                           .the_note = test_http_paint_thing_get_the_note(request)});
}

static catga_status my_change_thing(catga_context *context, test_http_change_thing_view request)
{
    return test_http_change_thing_reply(
        context, &(test_http_thing){.thing_id = test_http_change_thing_get_thing_id(request),
                                    .price = test_http_change_thing_get_price(request)});
}

static catga_status my_remove_thing(catga_context *context, test_http_remove_thing_view request)
{
    catga_string id = test_http_remove_thing_get_thing_id(request);

    if (is(id, "absent"))
        return test_http_thing_error_not_found(context, "no thing %.*s", CATGA_PRINT(id));
    return test_http_remove_thing_reply(context, &(test_http_nothing){.done = true});
}

static catga_status my_search(catga_context *context, test_http_search_view request)
{
    _Alignas(max_align_t) char memory[ARENA];
    catga_arena arena = {memory, sizeof memory, 0};
    test_http_search input;

    if (test_http_search_unpack(request, &input, &arena) != CATGA_OK)
        return CATGA_HANDLER_FAILED;
    const test_http_seen seen = {
        .color = input.color,
        .rights = input.rights,
        .lowest = input.lowest,
        .price = input.price,
        .is_new = input.is_new,
        .tag_names = input.tag_names,
        .ids = input.ids,
        .key = input.key,
        .ratio = input.ratio,
        .data = input.data,
        .since = input.since,
        .time_span = input.time_span,
        .limit = input.limit,
        .own = input.own,
    };
    return test_http_search_reply(context, &seen);
}

static catga_status my_slow(catga_context *context, test_http_slow_view request)
{
    sleep_ms(test_http_slow_get_sleep_ms(request));
    if (test_http_slow_get_fail(request))
        return CATGA_HANDLER_FAILED;
    if (test_http_slow_get_error_code(request) == 1)
        return test_http_thing_error_not_found(context, "%s", "");
    return test_http_slow_reply(context, &(test_http_nothing){.done = true});
}

static catga_status my_tell_context(catga_context *context, test_http_tell_context_view request)
{
    const test_http_context told = {
        .remaining_ms = catga_context_remaining_ms(context),
        .message_id = catga_context_message_id(context),
        .trace_parent = catga_context_traceparent(context),
    };

    (void)request;
    return test_http_tell_context_reply(context, &told);
}

static catga_status my_announce(catga_context *context, test_http_announce_view request)
{
    catga_status status = CATGA_OK;

    for (uint32_t i = 0; status == CATGA_OK && i < test_http_announce_get_copies(request); i++) {
        const test_http_announced event = {.text_line = test_http_announce_get_text_line(request),
                                           .number = i};
        status = test_http_announced_publish(catga_context_bus(context), &event);
    }
    return status != CATGA_OK
               ? status
               : test_http_announce_reply(context, &(test_http_nothing){.done = true});
}

#endif
