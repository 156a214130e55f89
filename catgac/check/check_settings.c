/* check_settings.c -- checks the settings block of streams, buckets and object stores. */
#include "check/checker.h"
#include "model/settings.h"

/* The block that is checked. */
typedef struct settings_draft {
    checker *c;
    const symbol *of;
    setting_place place;
    model_settings *settings;
} settings_draft;

static bool refuse(const settings_draft *d, const ast_expression *written, const char *rule)
{
    diag_report(d->c->diags, DIAG_BAD_SETTING, written->place, "%s", rule);
    return false;
}

/* ---- Values ---------------------------------------------------------------------------------- */

static bool read_number(const settings_draft *d, const setting_rule *rule,
                        const ast_expression *written, uint64_t *made)
{
    const model_type duration = {.kind = TYPE_DURATION, .scalar = SCALAR_I64};
    const model_type number = {.kind = TYPE_SCALAR, .scalar = SCALAR_U64};
    model_value value;

    if (!check_evaluate(d->c, d->of->scope, written,
                        rule->form == FORM_DURATION ? &duration : &number, &value))
        return false;
    bool is_negative = value.kind == VALUE_SIGNED && value.as_signed < 0;
    *made = is_negative ? 0 : value.as_unsigned;
    bool is_even = rule->form == FORM_ODD && *made % 2 == 0;
    if (*made < rule->least || *made > rule->most || is_even)
        return refuse(d, written, rule->rule);
    return true;
}

static bool report_word(const settings_draft *d, const setting_rule *rule,
                        const ast_expression *written, suggestion *search)
{
    buffer words = buffer_in(d->c->memory);

    for (size_t i = 0; setting_word_at(rule, i).length > 0; i++)
        buffer_printf(&words, "%s%.*s", i == 0 ? "" : " or ",
                      SLICE_PRINT(setting_word_at(rule, i)));
    diag_report(d->c->diags, DIAG_BAD_SETTING, written->place, "%.*s is %.*s",
                SLICE_PRINT(rule->word), SLICE_PRINT(buffer_slice(&words)));
    diag_suggest(d->c->diags, written->place, search);
    return false;
}

static bool read_word(const settings_draft *d, const setting_rule *rule,
                      const ast_expression *written, uint64_t *made)
{
    slice word = written->kind == EXPRESSION_NAME ? written->name.text : SLICE("");
    suggestion search = suggestion_for(word);

    for (size_t i = 0; setting_word_at(rule, i).length > 0; i++) {
        suggestion_consider(&search, setting_word_at(rule, i));
        *made = i;
        if (slice_equal(word, setting_word_at(rule, i)))
            return true;
    }
    return report_word(d, rule, written, &search);
}

static bool is_name_at_server(slice text, const setting_rule *rule)
{
    if (text.length < rule->least || text.length > rule->most)
        return false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.data[i];
        bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!is_letter && !(c >= '0' && c <= '9') && c != '_' && c != '-')
            return false;
    }
    return true;
}

static bool read_name(const settings_draft *d, const setting_rule *rule,
                      const ast_expression *written)
{
    const model_type text = {.kind = TYPE_STRING};
    model_value value;

    if (!check_evaluate(d->c, d->of->scope, written, &text, &value))
        return false;
    d->settings->name = value.as_text;
    return is_name_at_server(value.as_text, rule) || refuse(d, written, rule->rule);
}

static bool read_value(const settings_draft *d, const setting_rule *rule,
                       const ast_expression *written, uint64_t *made)
{
    if (rule->form == FORM_WORD)
        return read_word(d, rule, written, made);
    if (rule->form == FORM_TEXT)
        return read_name(d, rule, written);
    return read_number(d, rule, written, made);
}

/* ---- The block ------------------------------------------------------------------------------- */

/* Returns SETTING_COUNT, after a report, for a setting that the declaration cannot have. */
static setting_kind kind_of(const settings_draft *d, const ast_name *name)
{
    suggestion search = suggestion_for(name->text);

    for (setting_kind kind = 0; kind < SETTING_COUNT; kind++) {
        const setting_rule *rule = setting_rule_of(kind);
        if ((rule->places & (unsigned)d->place) == 0)
            continue;
        if (slice_equal(rule->word, name->text))
            return kind;
        suggestion_consider(&search, rule->word);
    }
    diag_report(d->c->diags, DIAG_BAD_SETTING, name->place, "%s has no setting '%.*s'",
                check_kind_text(d->of->declaration->kind), SLICE_PRINT(name->text));
    diag_suggest(d->c->diags, name->place, &search);
    return SETTING_COUNT;
}

static void read_setting(const settings_draft *d, const ast_member *line)
{
    setting_kind kind = kind_of(d, &line->name);

    if (kind == SETTING_COUNT)
        return;
    if (d->settings->places[kind].source != 0) {
        diag_report(d->c->diags, DIAG_DUPLICATE_NAME, line->name.place,
                    "the setting '%.*s' is repeated", SLICE_PRINT(line->name.text));
        diag_note(d->c->diags, d->settings->places[kind], "first given here");
        return;
    }
    d->settings->places[kind] = line->name.place;
    uint64_t value = 0;
    if (read_value(d, setting_rule_of(kind), line->value, &value))
        d->settings->values[kind] = value;
}

/* Names a store after its file and its declaration: SHOP_ORDERS_V1_Payments. */
static void set_default_name(const settings_draft *d)
{
    buffer name = buffer_in(d->c->memory);
    slice declared = d->of->declaration->name.text;
    const setting_rule *rule = setting_rule_of(SETTING_NAME);

    buffer_printf(&name, "%.*s_%.*s", SLICE_PRINT(check_stream_name(d->c, d->of->scope->module)),
                  SLICE_PRINT(declared));
    d->settings->name = buffer_slice(&name);
    if (d->settings->name.length > rule->most)
        diag_report(d->c->diags, DIAG_BAD_SETTING, d->of->declaration->name.place,
                    "the name '%.*s' is too long for a server: declare a shorter one with 'name'",
                    SLICE_PRINT(d->settings->name));
}

static setting_place place_of(ast_kind kind)
{
    return kind == AST_STREAM ? IN_STREAM : kind == AST_BUCKET ? IN_BUCKET : IN_OBJECTS;
}

void check_settings(checker *c, const symbol *s, model_settings *settings)
{
    const settings_draft d = {
        .c = c, .of = s, .place = place_of(s->declaration->kind), .settings = settings};

    for (const ast_member *line = s->declaration->members.first; line != NULL; line = line->next)
        read_setting(&d, line);
    if (settings->places[SETTING_NAME].source == 0)
        set_default_name(&d);
}

/* ---- Buckets --------------------------------------------------------------------------------- */

static void check_value_type(checker *c, const symbol *s)
{
    const ast_type *written = s->declaration->type;
    model_type *type = &s->bucket->value;

    if (!check_type(c, s->scope, written, POSITION_TABLE, type))
        return;
    if (type->kind != TYPE_TABLE && type->kind != TYPE_STRING && type->kind != TYPE_BYTES)
        diag_report(c->diags, DIAG_BAD_TYPE, written->place,
                    "a value of a bucket is a table, a string or bytes");
}

/* The runtime puts "KV_" before the name, and keys behind it. */
static void check_bucket_name(const checker *c, const symbol *s)
{
    enum { NAME_MAX = 128 };
    const model_settings *settings = &s->bucket->settings;
    span written = settings->places[SETTING_NAME];

    if (settings->name.length > NAME_MAX)
        diag_report(c->diags, DIAG_BAD_SETTING,
                    written.source != 0 ? written : s->declaration->name.place,
                    "the name of a bucket at the server has at most %d bytes, and '%.*s' has %zu",
                    NAME_MAX, SLICE_PRINT(settings->name), settings->name.length);
}

static void check_value_encoding(const checker *c, const symbol *s)
{
    const model_settings *settings = &s->bucket->settings;
    model_type_kind kind = s->bucket->value.kind;

    if (settings->values[SETTING_ENCODING] != 0 && (kind == TYPE_STRING || kind == TYPE_BYTES))
        diag_report(c->diags, DIAG_BAD_SETTING, settings->places[SETTING_ENCODING],
                    "only tables have an encoding: a string or bytes are stored as they are");
}

void check_bucket(checker *c, const symbol *s)
{
    check_value_type(c, s);
    check_settings(c, s, &s->bucket->settings);
    check_bucket_name(c, s);
    check_value_encoding(c, s);
}
