/* check_delivery.c -- checks delivery: quality of service, timeouts, retries, idempotency,
 * de-duplication, dead letters.
 *
 * Undeclared settings get their defaults here, so that the model is complete. Then the settings are
 * compared with each other, because valid settings can contradict each other.
 */
#include "check/checker.h"

enum {
    RETRY_LIMIT = 100,
    STORED_RETRIES = 3 /* default */
};

static const uint64_t millisecond = 1000000;
static const uint64_t second = 1000000000;
static const uint64_t minute = UINT64_C(60000000000);
static const uint64_t day = UINT64_C(86400000000000);

/* The message that is checked. */
typedef struct delivery_draft {
    checker *c;
    const symbol *of;
    const annotation_set *set;
    model_message *message;
} delivery_draft;

/* ---- Durations ------------------------------------------------------------------------------- */

/* Evaluates a duration and checks its limits. Returns false after a report; `rule` is its text. */
static bool read_duration(const delivery_draft *d, const ast_expression *written, uint64_t shortest,
                          uint64_t longest, diag_code code, const char *rule, uint64_t *nanoseconds)
{
    const model_type duration = {.kind = TYPE_DURATION, .scalar = SCALAR_I64};
    model_value value;

    if (!check_evaluate(d->c, d->of->scope, written, &duration, &value))
        return false;
    if (value.as_signed < (int64_t)shortest || value.as_signed > (int64_t)longest) {
        diag_report(d->c->diags, code, written->place, "%s", rule);
        return false;
    }
    *nanoseconds = (uint64_t)value.as_signed;
    return true;
}

static const char *duration_text(const delivery_draft *d, uint64_t nanoseconds)
{
    buffer text = buffer_in(d->c->memory);

    model_print_duration(nanoseconds, &text);
    return text.data;
}

/* ---- @qos, and annotations for stored events only -------------------------------------------- */

static void read_qos(const delivery_draft *d)
{
    static const char *const words[] = {"at_most_once", "at_least_once", "exactly_once"};
    const ast_annotation *annotation = d->set->of[ANNOTATION_QOS];

    const ast_expression *argument =
        annotation == NULL ? NULL : check_single_argument(d->c, annotation);
    if (argument == NULL)
        return;
    slice word = argument->kind == EXPRESSION_NAME ? argument->name.text : SLICE("");
    suggestion search = suggestion_for(word);
    for (unsigned i = 0; i < 3; i++) {
        suggestion_consider(&search, slice_of(words[i]));
        if (!slice_is(word, words[i]))
            continue;
        d->message->qos = (model_qos)i;
        return;
    }
    diag_report(d->c->diags, DIAG_BAD_ARGUMENTS, argument->place,
                "'@qos' takes at_most_once, at_least_once or exactly_once");
    diag_suggest(d->c->diags, argument->place, &search);
}

/* Reports annotations for storage on an event that is not stored. */
static void refuse_if_not_stored(const delivery_draft *d, annotation_kind kind)
{
    const ast_annotation *annotation = d->set->of[kind];

    if (annotation == NULL || d->message->kind != MESSAGE_EVENT || model_is_stored(d->message))
        return;
    diag_report(d->c->diags, DIAG_NOT_STORED, annotation->place,
                "'@%.*s' has no effect on an at_most_once event: declare @qos(at_least_once) or "
                "@qos(exactly_once)",
                SLICE_PRINT(annotation->name.text));
    if (d->message->annotations.qos.source != 0)
        diag_note(d->c->diags, d->message->annotations.qos, "it is at_most_once because of this");
}

static void check_stored_only(const delivery_draft *d)
{
    static const annotation_kind kinds[] = {ANNOTATION_TIMEOUT, ANNOTATION_RETRY,
                                            ANNOTATION_DEAD_LETTER, ANNOTATION_DEDUP,
                                            ANNOTATION_STREAM};
    const ast_annotation *qos = d->set->of[ANNOTATION_QOS];
    const ast_argument *level = qos == NULL ? NULL : qos->arguments.first;

    bool is_readable =
        level == NULL || level->value == NULL ||
        (level->value->kind == EXPRESSION_NAME &&
         (model_is_stored(d->message) || slice_is(level->value->name.text, "at_most_once")));
    for (size_t i = 0; is_readable && i < sizeof kinds / sizeof kinds[0]; i++)
        refuse_if_not_stored(d, kinds[i]);
}

/* ---- @timeout, @retry ------------------------------------------------------------------------ */

static void read_timeout(const delivery_draft *d)
{
    const ast_annotation *annotation = d->set->of[ANNOTATION_TIMEOUT];

    const ast_expression *argument =
        annotation == NULL ? NULL : check_single_argument(d->c, annotation);
    if (argument != NULL)
        read_duration(d, argument, millisecond, day, DIAG_BAD_TIMEOUT,
                      "a timeout is from 1ms to 1d", &d->message->timeout_ns);
}

static void read_retries(const delivery_draft *d, const ast_expression *written)
{
    const model_type u32 = {.kind = TYPE_SCALAR, .scalar = SCALAR_U32};
    model_value value;

    if (!check_evaluate(d->c, d->of->scope, written, &u32, &value))
        return;
    if (value.as_unsigned > RETRY_LIMIT)
        diag_report(d->c->diags, DIAG_BAD_RETRY, written->place, "retries are 0 to %d",
                    RETRY_LIMIT);
    else
        d->message->retries = (uint32_t)value.as_unsigned;
}

static void read_backoff(const delivery_draft *d, const ast_argument *range)
{
    static const char rule[] = "a pause is from 1ms to 1d";
    model_message *message = d->message;
    uint64_t first = 0;
    uint64_t longest = 0;

    message->annotations.backoff = range->place;
    if (!read_duration(d, range->value, millisecond, day, DIAG_BAD_BACKOFF, rule, &first) ||
        !read_duration(d, range->high, millisecond, day, DIAG_BAD_BACKOFF, rule, &longest))
        return;
    if (first > longest) {
        diag_report(d->c->diags, DIAG_BAD_BACKOFF, range->place,
                    "the first pause is longer than the longest pause");
        return;
    }
    message->backoff_ns = first;
    message->backoff_longest_ns = longest;
}

static void read_retry(const delivery_draft *d)
{
    static const argument_rule taken[] = {{"", ARGUMENT_VALUE}, {"backoff", ARGUMENT_RANGE}};
    const ast_annotation *annotation = d->set->of[ANNOTATION_RETRY];
    const ast_argument *found[2];

    if (annotation == NULL || !check_arguments(d->c, annotation, taken, 2, found))
        return;
    if (found[0] == NULL) {
        diag_report(d->c->diags, DIAG_BAD_ARGUMENTS, annotation->place,
                    "'@retry' takes the number of retries: @retry(3)");
        return;
    }
    read_retries(d, found[0]->value);
    if (found[1] != NULL)
        read_backoff(d, found[1]);
}

/* ---- @dedup, @idempotent --------------------------------------------------------------------- */

/* Reads the only argument `key` of an annotation, a duration. */
static void read_window(const delivery_draft *d, annotation_kind kind, const char *key,
                        bool is_needed, uint64_t *window)
{
    const ast_annotation *annotation = d->set->of[kind];
    const argument_rule taken[] = {{key, ARGUMENT_VALUE}};
    const ast_argument *found[1];

    if (annotation == NULL || !check_arguments(d->c, annotation, taken, 1, found))
        return;
    if (found[0] != NULL)
        read_duration(d, found[0]->value, 100 * millisecond, 7 * day, DIAG_BAD_WINDOW,
                      "a window is from 100ms to 7d", window);
    else if (is_needed)
        diag_report(d->c->diags, DIAG_BAD_ARGUMENTS, annotation->place,
                    "'@%.*s' takes a duration: @%.*s(%s: 5m)", SLICE_PRINT(annotation->name.text),
                    SLICE_PRINT(annotation->name.text), key);
}

/* ---- Annotation spans and defaults ----------------------------------------------------------- */

static void set_annotation_spans(const delivery_draft *d)
{
    model_annotation_spans *spans = &d->message->annotations;

    spans->timeout = check_place_of(d->set->of[ANNOTATION_TIMEOUT]);
    spans->retry = check_place_of(d->set->of[ANNOTATION_RETRY]);
    spans->qos = check_place_of(d->set->of[ANNOTATION_QOS]);
    spans->dead_letter = check_place_of(d->set->of[ANNOTATION_DEAD_LETTER]);
    spans->dedup = check_place_of(d->set->of[ANNOTATION_DEDUP]);
    spans->idempotent = check_place_of(d->set->of[ANNOTATION_IDEMPOTENT]);
    spans->stream = check_place_of(d->set->of[ANNOTATION_STREAM]);
    spans->encoding = check_place_of(d->set->of[ANNOTATION_ENCODING]);
    spans->subject = check_place_of(d->set->of[ANNOTATION_SUBJECT]);
    spans->http = check_place_of(d->set->of[ANNOTATION_HTTP]);
}

static void set_defaults(model_message *message)
{
    bool is_event = message->kind == MESSAGE_EVENT;

    if (is_event && !model_is_stored(message))
        return;
    message->timeout_ns = 5 * second;
    if (!is_event)
        return;
    message->retries = STORED_RETRIES;
    message->backoff_ns = second;
    message->backoff_longest_ns = minute;
}

/* Returns how long after the first attempt the same message id can arrive again. */
static uint64_t horizon_of(const model_message *message)
{
    bool is_claimed = message->qos == QOS_EXACTLY_ONCE;

    return message->timeout_ns + (is_claimed ? model_backoff_total(message) : 0);
}

static uint64_t at_least(uint64_t window, uint64_t horizon)
{
    return window < horizon ? horizon : window;
}

/* ---- Contradictory settings ------------------------------------------------------------------ */

/* Returns the pause before the last retry; there is at least one retry. */
static uint64_t last_pause(const model_message *message)
{
    model_message before = *message;

    before.retries--;
    return model_backoff_total(message) - model_backoff_total(&before);
}

static void check_backoff(const delivery_draft *d)
{
    const model_message *message = d->message;

    if (message->annotations.backoff.source == 0 || message->backoff_ns == 0)
        return;
    uint64_t pauses = model_backoff_total(message);
    if (message->retries == 0)
        diag_report(d->c->diags, DIAG_BAD_BACKOFF, message->annotations.backoff,
                    "a backoff has no effect without retries");
    else if (message->kind != MESSAGE_EVENT && pauses >= message->timeout_ns)
        diag_report(
            d->c->diags, DIAG_BAD_BACKOFF, message->annotations.backoff,
            "the pauses before %u retries are %s together, and the caller gives up after %s",
            (unsigned)message->retries, duration_text(d, pauses),
            duration_text(d, message->timeout_ns));
    else if (last_pause(message) < message->backoff_longest_ns)
        diag_report(d->c->diags, DIAG_BACKOFF_UNREACHED, message->annotations.backoff,
                    "%u retries never reach the pause of %s: the last pause is %s",
                    (unsigned)message->retries, duration_text(d, message->backoff_longest_ns),
                    duration_text(d, last_pause(message)));
}

static void check_window(const delivery_draft *d, uint64_t window, span place, const char *what)
{
    uint64_t horizon = horizon_of(d->message);

    if (window >= horizon)
        return;
    diag_report(d->c->diags, DIAG_SHORT_WINDOW, place,
                "%s is remembered for %s, but can arrive again for %s", what,
                duration_text(d, window), duration_text(d, horizon));
}

static void read_event(const delivery_draft *d)
{
    model_message *message = d->message;
    uint64_t window = 0;

    read_window(d, ANNOTATION_DEDUP, "window", true, &window);
    if (d->set->of[ANNOTATION_DEAD_LETTER] != NULL)
        message->dead_letter = check_no_arguments(d->c, d->set->of[ANNOTATION_DEAD_LETTER]);
    if (!model_is_stored(message))
        return;
    if (window > 0)
        check_window(d, window, message->annotations.dedup, "the id of this event");
    message->dedup_window_ns = window > 0 ? window : at_least(2 * minute, horizon_of(message));
    check_stream(d->c, d->of, d->set->of[ANNOTATION_STREAM]);
    if (d->set->of[ANNOTATION_DEAD_LETTER] == NULL)
        diag_report(d->c->diags, DIAG_NO_DEAD_LETTER, message->origin.place,
                    "'%.*s' is lost when a handler fails %u times: declare @dead_letter to keep it",
                    SLICE_PRINT(message->origin.name), (unsigned)message->retries + 1);
}

static slice bucket_name(const delivery_draft *d)
{
    buffer name = buffer_in(d->c->memory);
    slice stream = check_stream_name(d->c, d->of->scope->module);

    buffer_printf(&name, "%.*s_%.*s", SLICE_PRINT(stream), SLICE_PRINT(d->message->origin.name));
    return buffer_slice(&name);
}

static void read_command(const delivery_draft *d)
{
    model_message *message = d->message;
    uint64_t window = 0;

    if (d->set->of[ANNOTATION_IDEMPOTENT] == NULL)
        return;
    read_window(d, ANNOTATION_IDEMPOTENT, "for", false, &window);
    if (window > 0)
        check_window(d, window, message->annotations.idempotent, "the answer to this command");
    message->bucket = bucket_name(d);
    message->idempotency_ns = window > 0 ? window : at_least(2 * minute, horizon_of(message));
}

void check_delivery(checker *c, const symbol *s, const annotation_set *set)
{
    delivery_draft d = {.c = c, .of = s, .set = set, .message = s->message};

    set_annotation_spans(&d);
    read_qos(&d);
    check_stored_only(&d);
    set_defaults(s->message);
    read_timeout(&d);
    read_retry(&d);
    check_backoff(&d);
    if (s->message->kind == MESSAGE_EVENT)
        read_event(&d);
    else
        read_command(&d);
}
