%# catga template 1: the C source of one module, last part: errors, messages and services.
%#
%# ---- Errors
% for set in module.error_sets

/* ---- Errors ${set.name} ---- */

static const catga_declared_error ${set.type}_errors[] = {
  % for error in set.errors
    {${error.code}, "${error.name}"},
  % end
};

const catga_error_set ${set.type}_descriptor = {
    "${set.name}",
    ${set.type}_errors,
    ${set.error_count}, /* errors */
};
  % for error in set.errors

catga_status ${error.function}(catga_context *context, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    catga_status status =
        catga_fail(context, &${set.type}_descriptor, ${error.index}, format, arguments);
    va_end(arguments);
    return status;
}
  % end
% end
%#
%# ---- Replies. The guard is for several files that are compiled as one.
% for reply in module.replies

/* ---- Replies that hold ${reply.name} ---- */

#ifndef ${reply.macro}_DELIVER
#define ${reply.macro}_DELIVER

static void ${reply.type}_deliver(catga_function callback, catga_status status,
        const uint8_t *table, const catga_error *error, void *user)
{
    ${reply.type}_view view = {table};
    ((${reply.type}_callback *)callback)(status, view, error, user);
}

#endif
% end
%#
%# ---- Buckets
% for bucket in module.buckets

/* ---- Bucket ${bucket.name} of ${bucket.value_name} ---- */

const catga_values ${bucket.type}_values = {
    {
        "${bucket.server}",
        ${bucket.history}, /* values of each key; 0: one */
        ${bucket.max_age_ns}, /* nanoseconds until a value is removed; 0: never */
        ${bucket.max_bytes}, /* greatest size; 0: no limit */
        ${bucket.max_value_bytes}, /* greatest size of a value; 0: no limit */
        ${bucket.replicas}, /* replicas; 0: the option of the bus */
        ${bucket.in_memory}, /* in memory */
        false, /* created elsewhere */
        ${bucket.prefixed}, /* the prefix of a bus precedes the name */
    },
    ${bucket.descriptor}, /* table */
    ${bucket.encoding}, /* encoding */
    ${bucket.is_text}, /* strings */
};

static bool ${bucket.type}_deliver_entry(catga_function visit,
        const catga_value_entry *source, void *user)
{
    ${bucket.type}_entry entry = ${bucket.type}_entry_of(source);
    return ((${bucket.type}_visit *)visit)(&entry, user);
}

catga_status ${bucket.type}_history(catga_bus *bus, const char *pattern,
        ${bucket.type}_visit *visit, void *user)
{
    return catga_values_history(bus, &${bucket.type}_values, pattern,
        ${bucket.type}_deliver_entry, (catga_function)visit, user);
}

static void ${bucket.type}_deliver_change(catga_function changed,
        const catga_value_entry *source, void *user)
{
    if (source == NULL) {
        ((${bucket.type}_changed *)changed)(NULL, user);
        return;
    }
    ${bucket.type}_entry entry = ${bucket.type}_entry_of(source);
    ((${bucket.type}_changed *)changed)(&entry, user);
}

catga_status ${bucket.type}_watch(catga_bus *bus, const char *pattern,
        catga_watch_start start, ${bucket.type}_changed *changed, void *user,
        catga_bucket_watcher **watcher)
{
    return catga_values_watch(bus, &${bucket.type}_values, pattern, start,
        ${bucket.type}_deliver_change, (catga_function)changed, user, watcher);
}
% end
%#
%# ---- Object stores
% for store in module.object_stores

/* ---- Object store ${store.name} ---- */

const catga_object_store ${store.type}_store = {
    "${store.server}",
    ${store.max_age_ms}, /* milliseconds until an object is deleted; 0: never */
    ${store.max_bytes}, /* greatest size; 0: no limit */
    ${store.replicas}, /* replicas; 0: the option of the bus */
    ${store.in_memory}, /* in memory */
    false, /* created elsewhere */
    ${store.prefixed}, /* the prefix of a bus precedes the name */
    0, /* milliseconds without progress; 0: the default */
};
% end
%#
%# ---- The streams of stored events
% for stream in module.streams

/* ---- Stream ${stream.name} ---- */

static const char *const ${stream.type}_subjects[] = {
  % for event in stream.events
    "${event.subject}",
  % end
};

  % if stream.has_settings
static const catga_declared_stream ${stream.type}_settings = {
    ${stream.is_named}, /* the schema names it at the server */
    ${stream.max_age_ms}, /* max_age in milliseconds; here and below 0: not declared */
    ${stream.max_bytes}, /* max_bytes */
    ${stream.max_messages}, /* max_messages */
    ${stream.replicas}, /* replicas */
    ${stream.storage},
    ${stream.retention},
};

  % end
static const catga_stream ${stream.type}_stream = {
    "${stream.name}",
    ${stream.type}_subjects,
    ${stream.event_count}, /* subjects */
    ${stream.window_ms}, /* milliseconds in which an id is stored once */
    ${stream.declared}, /* settings */
};
% end
%#
%# ---- Messages
% for message in module.messages

/* ---- ${message.word} ${message.name} ---- */

  % if message.is_stored
static const catga_delivery ${message.type}_delivery = {
    &${message.stream_type}_stream,
    ${message.backoff_ms}, /* milliseconds before the second attempt */
    ${message.backoff_longest_ms}, /* longest back-off in milliseconds */
    ${message.dead_letter}, /* dead letter */
    ${message.once}, /* exactly once */
};

  % end
  % if message.is_idempotent
static const catga_claims ${message.type}_claims = {
    "${message.bucket}",
    ${message.keep_ms}, /* milliseconds until the first answer is dropped */
};

  % end
  % if message.key_fields
static const uint16_t ${message.type}_key_fields[] = {
    % for key in message.key_fields
    ${key.id}, /* ${key.name} */
    % end
};

static const catga_keys ${message.type}_keys = {
    ${message.type}_key_fields,
    ${message.key_count}, /* keys */
    "${message.subjects}",
    catga_keys_put,
};

  % end
const catga_message ${message.type}_message_descriptor = {
    "${message.subject}",
    &${message.type}_descriptor,
    ${message.result_descriptor}, /* result */
    ${message.errors}, /* errors */
    ${message.kind},
    ${message.timeout_ms}, /* timeout in milliseconds */
    ${message.retries}, /* retries */
  % if message.is_event
    0, /* milliseconds before the first retry of a call */
    0, /* longest pause in milliseconds */
  % else
    ${message.backoff_ms}, /* milliseconds before the first retry of a call */
    ${message.backoff_longest_ms}, /* longest pause in milliseconds */
  % end
    ${message.delivery}, /* delivery */
    ${message.claims}, /* claims */
    ${message.encoding}, /* encoding */
    ${message.keys}, /* keys */
};
  % if not message.is_event

catga_status ${message.type}_call(catga_bus *bus,
        const ${message.type} *input, ${message.result}_reply *reply)
{
    catga_reply answer;
    catga_status status = catga_call(bus, &${message.type}_message_descriptor, input, &answer);
    reply->view.table = answer.table;
    reply->error = answer.error;
    reply->received = answer.received;
    return status;
}

    % if message.is_idempotent
catga_status ${message.type}_call_with_id(catga_bus *bus, catga_string id,
        const ${message.type} *input, ${message.result}_reply *reply)
{
    catga_reply answer;
    catga_status status =
        catga_call_with_id(bus, &${message.type}_message_descriptor, id, input, &answer);
    reply->view.table = answer.table;
    reply->error = answer.error;
    reply->received = answer.received;
    return status;
}

    % end
catga_status ${message.type}_send(catga_bus *bus,
        const ${message.type} *input, ${message.result}_callback *callback, void *user)
{
    return catga_send(bus, &${message.type}_message_descriptor, input,
        ${message.result}_deliver, (catga_function)callback, user);
}
  % end
% end
%#
%# ---- Services
% for service in module.services
  % for fetch in service.fetches

/* ---- Service ${service.name}: fetch ${fetch.name} ---- */
    % if fetch.is_bound

static const catga_binding ${service.type}_${fetch.name}_binding = {
      % if fetch.subject
    "${fetch.subject}",
      % else
    NULL, /* every message */
      % end
      % if fetch.group
    "${fetch.group}",
      % else
    NULL, /* the consumer is named after the service and the fetch */
      % end
};
    % end

static const catga_handler ${service.type}_${fetch.name}_consumer = {
    "${fetch.name}", &${fetch.type}_message_descriptor, CATGA_GROUP, 0, NULL,
    % if fetch.is_bound
    &${service.type}_${fetch.name}_binding,
    % else
    NULL, /* every message */
    % end
};

static const catga_service ${service.type}_${fetch.name}_descriptor = {
    "${service.group}", &${service.type}_${fetch.name}_consumer, 1, 0, NULL,
};

catga_status ${service.type}_${fetch.name}_fetch(catga_bus *bus,
        catga_fetched *events, size_t n, int wait_ms, size_t *count)
{
    return catga_fetch(bus, &${service.type}_${fetch.name}_descriptor, events, n, wait_ms, count);
}

catga_status ${service.type}_${fetch.name}_stop(catga_bus *bus)
{
    return catga_service_stop(bus, &${service.type}_${fetch.name}_descriptor);
}
  % end
  % if service.is_served

/* ---- Service ${service.name} ---- */
    % for handler in service.handlers
      % if handler.is_first

static catga_status ${service.type}_run_${handler.name}(const void *handlers,
        catga_context *context, const uint8_t *table)
{
        % if handler.is_family
    catga_event event = catga_event_of(context, table);
    return ((const ${service.type} *)handlers)->${handler.name}(context, &event);
        % else
    ${handler.type}_view view = {table};
    return ((const ${service.type} *)handlers)->${handler.name}(context, view);
        % end
}
      % end
    % end
    % for watch in service.watches

static void ${service.type}_run_${watch.name}(const void *handlers, catga_bus *bus,
        const catga_value_entry *source, void *user)
{
    const ${service.type} *service = (const ${service.type} *)handlers;
    if (source == NULL) {
        service->${watch.name}(bus, NULL, user);
        return;
    }
    ${watch.type}_entry entry = ${watch.type}_entry_of(source);
    service->${watch.name}(bus, &entry, user);
}
    % end
    % if service.handlers

    % for handler in service.handlers
      % if handler.is_bound
static const catga_binding ${service.type}_binding_${handler.name} = {
        % if handler.subject
    "${handler.subject}",
        % else
    NULL, /* every message */
        % end
        % if handler.group
    "${handler.group}",
        % else
    NULL, /* the group is named after the service and the handler */
        % end
};

      % end
    % end
static const catga_handler ${service.type}_handlers[] = {
    /* name, message, sharing,
     * offset in the struct of the service, run, binding */
    % for handler in service.handlers
    {"${handler.consumer}", &${handler.type}_message_descriptor, ${handler.sharing},
      % if handler.is_bound
     offsetof(${service.type}, ${handler.name}), ${service.type}_run_${handler.name},
     &${service.type}_binding_${handler.name}},
      % else
     offsetof(${service.type}, ${handler.name}), ${service.type}_run_${handler.name}, NULL},
      % end
    % end
};
    % end
    % if service.watches

static const catga_service_watch ${service.type}_watches[] = {
    /* name, bucket, pattern of keys, offset in the struct of the service, run */
      % for watch in service.watches
        % if watch.pattern
    {"${watch.name}", &${watch.type}_values, "${watch.pattern|c_string}",
        % else
    {"${watch.name}", &${watch.type}_values, NULL,
        % end
     offsetof(${service.type}, ${watch.name}), ${service.type}_run_${watch.name}},
      % end
};

static const catga_service_watches ${service.type}_watching = {
    ${service.type}_watches,
    ${service.watch_count}, /* watches */
    catga_watching_begin,
    catga_watching_end,
};
    % end

static const catga_service ${service.type}_descriptor = {
    "${service.group}",
    ${service.handler_list},
    ${service.handler_count}, /* handlers */
    sizeof(${service.type}),
    ${service.watching}, /* watches */
};

catga_status ${service.type}_serve(catga_bus *bus,
        const ${service.type} *handlers, void *user)
{
    return catga_serve(bus, &${service.type}_descriptor, handlers, user);
}

catga_status ${service.type}_stop(catga_bus *bus)
{
    return catga_service_stop(bus, &${service.type}_descriptor);
}
  % end
% end
