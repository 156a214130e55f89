/* services.c -- the views of services. */
#include "generate/c/c.h"
#include "generate/view/parts.h"

static void view_handler_of(viewer *v, const model_message *message, slice name, model_doc doc,
                            view_handler *made)
{
    made->name = name;
    made->consumer = name;
    made->is_first = true;
    made->message = view_full_name(v, &message->origin);
    made->type = c_type_name(v, &message->origin);
    made->word = view_message_word(message->kind);
    made->parameter = message->kind == MESSAGE_EVENT ? SLICE("event") : SLICE("request");
    made->sharing = SLICE("CATGA_GROUP");
    made->doc = view_doc(&doc);
}

static size_t count_fetches(const model_service *service)
{
    size_t count = 0;

    for (size_t i = 0; i < service->subscription_count; i++)
        count += service->subscriptions[i].is_fetch;
    return count;
}

static void view_handlers(viewer *v, const model_service *service, view_service *made)
{
    size_t count = service->handler_count + service->subscription_count - count_fetches(service);
    view_handler *handlers = VIEW_LIST(v, count, view_handler, &made->handlers);

    made->handler_count = (int64_t)count;
    for (size_t i = 0; i < service->handler_count; i++) {
        const model_handler *handler = &service->handlers[i];
        view_handler_of(v, handler->message, handler->name, handler->doc, handlers++);
    }
    for (size_t i = 0; i < service->subscription_count; i++) {
        const model_subscription *subscription = &service->subscriptions[i];
        if (subscription->is_fetch)
            continue;
        view_handler_of(v, subscription->message, subscription->function, subscription->doc,
                        handlers);
        handlers->consumer = subscription->name;
        handlers->is_family = subscription->is_family;
        handlers->is_first =
            i == 0 || !slice_equal(subscription[-1].function, subscription->function);
        if (subscription->is_selective)
            handlers->subject = subscription->subject;
        handlers->group = subscription->group;
        handlers->is_bound = handlers->subject.length > 0 || handlers->group.length > 0;
        if (subscription->delivery == DELIVERY_BROADCAST)
            handlers->sharing = SLICE("CATGA_BROADCAST");
        handlers++;
    }
}

static void view_fetches(viewer *v, const model_service *service, view_service *made)
{
    view_fetch *fetches = VIEW_LIST(v, count_fetches(service), view_fetch, &made->fetches);

    for (size_t i = 0; i < service->subscription_count; i++) {
        const model_subscription *line = &service->subscriptions[i];
        if (!line->is_fetch)
            continue;
        fetches->name = line->name;
        fetches->message = view_full_name(v, &line->message->origin);
        fetches->type = c_type_name(v, &line->message->origin);
        fetches->subject = line->is_selective ? line->subject : SLICE("");
        fetches->group = line->group;
        fetches->is_bound = line->is_selective || line->group.length > 0;
        fetches->doc = view_doc(&line->doc);
        fetches++;
    }
}

static void view_publications(viewer *v, const model_service *service, view_service *made)
{
    view_publication *publications =
        VIEW_LIST(v, service->publication_count, view_publication, &made->publications);
    for (size_t i = 0; i < service->publication_count; i++) {
        const model_origin *origin = &service->publications[i].message->origin;
        publications[i].message = view_full_name(v, origin);
        publications[i].type = c_type_name(v, origin);
        publications[i].doc = view_doc(&service->publications[i].doc);
    }
}

static void view_calls(viewer *v, const model_service *service, view_service *made)
{
    view_call *calls = VIEW_LIST(v, service->called_count, view_call, &made->calls);

    for (size_t i = 0; i < service->called_count; i++) {
        const model_origin *origin = &service->called[i].message->origin;
        calls[i].message = view_full_name(v, origin);
        calls[i].type = c_type_name(v, origin);
        calls[i].doc = view_doc(&service->called[i].doc);
    }
}

static void view_watches(viewer *v, const model_service *service, view_service *made)
{
    view_watch *watches = VIEW_LIST(v, service->watch_count, view_watch, &made->watches);

    made->watch_count = (int64_t)service->watch_count;
    for (size_t i = 0; i < service->watch_count; i++) {
        const model_watch *watch = &service->watches[i];
        watches[i].name = watch->function;
        watches[i].bucket = view_full_name(v, &watch->bucket->origin);
        watches[i].type = c_type_name(v, &watch->bucket->origin);
        watches[i].pattern = watch->pattern;
        watches[i].doc = view_doc(&watch->doc);
    }
}

static void view_uses(viewer *v, const model_service *service, view_service *made)
{
    view_use *uses = VIEW_LIST(v, service->use_count, view_use, &made->uses);

    for (size_t i = 0; i < service->use_count; i++) {
        const model_use *use = &service->uses[i];
        uses[i].word = use->writes ? SLICE("Writes") : SLICE("Reads");
        uses[i].name = view_full_name(v, model_used_origin(use));
        uses[i].doc = view_doc(&use->doc);
    }
}

/* Sets the names of the lists, which are absent if they are empty. */
static void view_lists(viewer *v, view_service *made)
{
    made->is_served = made->handler_count > 0 || made->watch_count > 0;
    made->handler_list =
        made->handler_count > 0 ? VIEW_JOIN(v, made->type, SLICE("_handlers")) : SLICE("NULL");
    made->watching = made->watch_count > 0
                         ? VIEW_JOIN(v, SLICE("&"), made->type, SLICE("_watching"))
                         : SLICE("NULL");
}

static void view_service_of(viewer *v, const model_service *service, view_service *made)
{
    const model_origin *origin = &service->origin;

    made->name = view_full_name(v, origin);
    made->group = origin->name;
    made->type = c_type_name(v, origin);
    made->macro = c_macro_name(v, origin);
    made->doc = view_doc(&origin->doc);
    view_handlers(v, service, made);
    view_fetches(v, service, made);
    view_publications(v, service, made);
    view_calls(v, service, made);
    view_watches(v, service, made);
    view_uses(v, service, made);
    view_lists(v, made);
}

void view_services(viewer *v, view_module *made)
{
    const model_module *module = v->module;
    view_service *services = VIEW_LIST(v, module->service_count, view_service, &made->services);

    for (size_t i = 0; i < module->service_count; i++) {
        view_service_of(v, &module->services[i], &services[i]);
        made->has_fetches |= count_fetches(&module->services[i]) > 0;
    }
}
